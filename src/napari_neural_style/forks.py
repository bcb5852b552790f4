"""What a forked process must not share with the one it was forked from."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["in_forked_child"]


def in_forked_child(function: Callable[[], object]) -> None:
    """Have a function called in every process that is forked from this one, before anything else.

    A fork copies locks as they are, held by threads that the copy does not have, and the ends of
    pipes that two processes then read and write at once. Whoever has such things replaces them.

    Parameters
    ----------
    function : callable
        Must not wait for anything.
    """
    if hasattr(os, "register_at_fork"):  # Windows has no fork.
        os.register_at_fork(after_in_child=function)
