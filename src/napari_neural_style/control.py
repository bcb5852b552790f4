"""How a caller pauses, steers or cancels a run from another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import Cancelled

__all__ = ["Control", "Guides"]

#: How far each pixel of the content belongs to each region of a job, in [0, 1], at any size.
Guides = tuple[NDArray[np.float32], ...]


class Control:
    """Pause, steering and cancellation of a run; the engine checks it before every step.

    All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._cancelled = threading.Event()
        self._seen = threading.Event()
        self._lock = threading.Lock()
        self._changes: dict[str, float] = {}
        self._guides: Guides | None = None

    def steer(self, changes: Mapping[str, float]) -> None:
        """Change settings in `napari_neural_style.settings.STEERABLE` before the next step.

        If a setting is changed several times, the last change counts.
        """
        with self._lock:
            self._changes.update(changes)

    def take_changes(self) -> dict[str, float]:
        """Return the changes since the last call."""
        with self._lock:
            changes, self._changes = self._changes, {}
        return changes

    def guide(self, guides: Guides) -> None:
        """Give the regions of the job other guides before the next step: its mask was painted on.

        If that happens several times, the last one counts.
        """
        with self._lock:
            self._guides = guides

    def take_guides(self) -> Guides | None:
        """Return the guides that were given since the last call; None if there were none."""
        with self._lock:
            guides, self._guides = self._guides, None
        return guides

    def pause(self) -> None:
        """Stop the run before its next step, until `resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Continue a paused run."""
        self._going.set()

    def cancel(self) -> None:
        """End the run before its next step, paused or not."""
        self._cancelled.set()
        self._going.set()
        self._seen.set()

    def saw(self) -> None:
        """Tell that the first preview has been taken in, and the next step may begin."""
        self._seen.set()

    def wait_until_seen(self, timeout: float) -> None:
        """Wait for `saw`, for so many seconds at most."""
        self._seen.wait(timeout)

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    @property
    def paused(self) -> bool:
        """Whether the run is paused, or will be before its next step."""
        return not self._going.is_set()

    def checkpoint(self) -> float:
        """Wait while paused, and return the seconds spent waiting.

        Raises
        ------
        Cancelled
            If the run was cancelled.
        """
        waited = 0.0
        if self.paused:
            start = time.perf_counter()
            self._going.wait()
            waited = time.perf_counter() - start
        if self.cancelled:
            raise Cancelled("The run was cancelled.")
        return waited
