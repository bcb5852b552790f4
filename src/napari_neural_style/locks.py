"""Locks between processes."""

from __future__ import annotations

from filelock import BaseFileLock

__all__ = ["acquire"]


def acquire(lock: BaseFileLock, *, timeout: float = -1.0) -> None:
    """Acquire a lock; wait `timeout` seconds for another process, or for ever if negative.

    Raises
    ------
    OSError
        If the lock's file cannot be written, or its file system has no locks (filelock raises
        `NotImplementedError` for that). `filelock.Timeout` is an `OSError` as well.
    """
    try:
        lock.acquire(timeout=timeout)
    except NotImplementedError as error:
        raise OSError(str(error)) from error
