"""Runs where there is no window: a plain thread does the work, and whoever waits takes it in."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_neural_style.running.run import BaseRun

__all__ = ["drive_without_qt"]


def drive_without_qt(run: BaseRun) -> Callable[[], bool]:
    """Start a run in a thread of its own.

    Parameters
    ----------
    run : BaseRun

    Returns
    -------
    callable
        Takes in one thing that has come of it; False if there is none.
    """
    items: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def collect() -> None:
        for item in run.work():
            if item is not None:
                items.put(item)

    def pump() -> bool:
        if items.empty():
            return False
        run.receive(items.get())
        return True

    threading.Thread(target=collect, name="neural-style-run", daemon=True).start()
    return pump
