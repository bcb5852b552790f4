"""Drives runs where there is no window: a thread does the work, whoever waits takes it in."""

from __future__ import annotations

import queue
import threading
from typing import Any

from napari_neural_style.errors import Cancelled
from napari_neural_style.running.bare_run import Run

__all__ = ["drive"]


def drive(run: Run) -> None:
    """Let a run that has its turn work in a thread of its own.

    What comes of it is taken in, one thing after the other, by `run.pump`, which `run.wait` calls:
    by whichever thread waits, and by one at a time.
    """
    items: queue.SimpleQueue[Any] = queue.SimpleQueue()
    taking = threading.RLock()

    def collect() -> None:
        for item in run.work():
            if item is not None:
                items.put(item)
        items.put(None)

    def pump() -> bool:
        if not taking.acquire(blocking=False):
            return False  # Another thread waits as well, and is at it.
        try:
            if items.empty():
                return False
            item = items.get()
            if item is None and run.pump is pump and not run.over:
                # Ctrl+C, while it was taken in, has cost the run its last word.
                item = Cancelled("The run was interrupted.")
            run.receive(item)
        finally:
            taking.release()
        return True

    run.pump = pump
    threading.Thread(target=collect, name="neural-style-run", daemon=True).start()
