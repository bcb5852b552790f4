"""How a run is steered: by its user, or as an earlier run was."""

from __future__ import annotations

from napari_neural_style.control import Control
from napari_neural_style.progress import Steering

__all__ = ["RunSteering"]


class RunSteering:
    """Collects the settings that change before each step, and keeps them for the record.

    Parameters
    ----------
    planned : tuple of (int, dict of str to float)
        As in `Job`.
    control : Control
        What the user says now; it counts where both change the same setting.
    """

    def __init__(self, planned: Steering, control: Control) -> None:
        self._planned = planned
        self._control = control
        #: All changes so far, as in `Job`.
        self.taken: Steering = ()

    def changes(self, done: int) -> dict[str, float]:
        """Return the settings that change after `done` steps."""
        found: dict[str, float] = {}
        for step, changes in self._planned:
            if step == done:
                found |= changes
        found |= self._control.take_changes()
        if found:
            self.taken += ((done, found),)
        return found
