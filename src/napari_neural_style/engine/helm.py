"""How a run is steered: now, by its user, or as an earlier one was."""

from __future__ import annotations

from napari_neural_style.control import Control
from napari_neural_style.progress import Steering

__all__ = ["Helm"]


class Helm:
    """Collects what is to change before each step, and remembers it for the record.

    Parameters
    ----------
    planned : tuple of (int, dict of str to float)
        As in `Job`.
    control : Control
        What the user says now; it counts where both change the same.
    """

    def __init__(self, planned: Steering, control: Control) -> None:
        self._planned = planned
        self._control = control
        self.taken: Steering = ()

    def changes(self, done: int) -> dict[str, float]:
        """Return the settings that change before the next step, of which `done` are done."""
        found: dict[str, float] = {}
        for step, changes in self._planned:
            if step == done:
                found |= changes
        found |= self._control.take_changes()
        if found:
            self.taken += ((done, found),)
        return found
