"""How a caller pauses, steers or cancels a run from another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from napari_neural_style.errors import Cancelled

__all__ = ["Control"]


class Control:
    """Switches and dials that the engine looks at before every step.

    All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._changes: dict[str, float] = {}

    def steer(self, changes: Mapping[str, float]) -> None:
        """Change settings before the next step; of several changes of one, the last counts.

        Parameters
        ----------
        changes : dict of str to float
            Of those that `napari_neural_style.settings.STEERABLE` names.
        """
        with self._lock:
            self._changes.update(changes)

    def take_changes(self) -> dict[str, float]:
        """Return what `steer` was told since the last call."""
        with self._lock:
            changes, self._changes = self._changes, {}
        return changes

    def pause(self) -> None:
        """Hold the run before its next step."""
        self._going.clear()

    def resume(self) -> None:
        """Let a paused run go on."""
        self._going.set()

    def cancel(self) -> None:
        """End the run before its next step, paused or not."""
        self._cancelled.set()
        self._going.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    @property
    def paused(self) -> bool:
        """Whether the run is, or will be, held."""
        return not self._going.is_set()

    def checkpoint(self) -> float:
        """Wait while paused.

        Returns
        -------
        float
            Seconds spent waiting.

        Raises
        ------
        Cancelled
            If the run was cancelled.
        """
        waited = 0.0
        if not self._going.is_set():
            start = time.perf_counter()
            self._going.wait()
            waited = time.perf_counter() - start
        if self._cancelled.is_set():
            raise Cancelled("The run was cancelled.")
        return waited
