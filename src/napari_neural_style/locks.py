"""Locks between processes."""

from __future__ import annotations

from filelock import BaseFileLock

__all__ = ["acquire"]


def acquire(lock: BaseFileLock, *, timeout: float = -1.0) -> None:
    """Acquire a lock, or say why not as files do that cannot be written.

    Parameters
    ----------
    lock : BaseFileLock
    timeout : float
        Seconds to wait for a process that holds it; for ever if negative.

    Raises
    ------
    OSError
        If its file cannot be written, or lies on a file system without locks, which filelock
        calls not implemented. `filelock.Timeout` is one as well.
    """
    try:
        lock.acquire(timeout=timeout)
    except NotImplementedError as error:
        raise OSError(str(error)) from error
