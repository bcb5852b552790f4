"""Wait in a window until something has come about: `until`."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtTest import QTest

__all__ = ["until"]

_PATIENCE = 1200.0


def until(condition: Callable[[], object]) -> None:
    """Let the window go on until `condition` is true; for twenty minutes at most."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("It did not come to that.")
        QTest.qWait(20)
