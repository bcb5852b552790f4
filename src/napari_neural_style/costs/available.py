"""How much memory there is for a run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

__all__ = ["available_memory", "total_memory"]

#: Where Linux keeps the limit of a container, and what is used of it: version 2, version 1.
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def available_memory() -> int:
    """Return the bytes that can be had on the CPU without swapping, limits of containers included.

    Examples
    --------
    >>> 0 < available_memory() <= total_memory()
    True
    """
    found = [int(psutil.virtual_memory().available)]
    found += [max(0, limit - used) for limit, used in _limits()]
    return min(found)


def total_memory() -> int:
    """Return the bytes of the machine, or of the container that this runs in."""
    return min([int(psutil.virtual_memory().total), *(limit for limit, _ in _limits())])


def _limits() -> list[tuple[int, int]]:
    found = []
    for limit, used in _LIMITS:
        with suppress(OSError, ValueError):  # "max" where there is none
            found.append((int(Path(limit).read_text()), int(Path(used).read_text())))
    return found
