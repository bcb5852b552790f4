"""What stopped the reading or writing of a file, and what helps, in words."""

from __future__ import annotations

import errno

from napari_neural_style.one_line import first_line

__all__ = ["fault", "remedy"]


def fault(error: BaseException) -> str:
    """Return what stands in the way of a file, as a part of a sentence.

    Parameters
    ----------
    error : BaseException
        As the system or a library has raised it.

    Examples
    --------
    >>> fault(OSError(28, "No space left on device", "out.png"))
    'no space left on device'
    """
    if getattr(error, "errno", None) == errno.EFBIG:
        return _too_large()
    if told := getattr(error, "strerror", None):
        return f"{told[:1].lower()}{told[1:]}"
    return first_line(error) or type(error).__name__


def remedy(error: BaseException, usual: str) -> str:
    """Return what helps, as a part of a sentence: `usual`, where that does not miss the point.

    Examples
    --------
    >>> remedy(OSError(28, "No space left on device"), "choose another place")
    'make room there'
    """
    number = getattr(error, "errno", None)
    if number == errno.EFBIG:
        return "lift that limit" if _limit() is not None else "choose another place"
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return "make room there"
    return usual


def _too_large() -> str:
    if (limit := _limit()) is not None:
        return f"no file may have more than {limit} bytes here, as the command ulimit -f has set it"
    return "the file is larger than its disk can hold"


def _limit() -> int | None:
    """Return how many bytes files of this process may have; None if as many as there is room."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return None if limit == resource.RLIM_INFINITY else int(limit)
