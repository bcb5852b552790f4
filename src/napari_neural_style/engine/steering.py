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
    begun : int
        Steps that another engine has done before this one goes on.
    """

    def __init__(self, planned: Steering, control: Control, begun: int = 0) -> None:
        self._planned = planned
        self._control = control
        #: All changes so far, as in `Job`.
        self.taken: Steering = tuple(entry for entry in planned if entry[0] < begun)
        self._earlier = {n: value for _, changes in self.taken for n, value in changes.items()}

    def changes(self, done: int) -> dict[str, float]:
        """Return the settings that change after `done` steps."""
        found: dict[str, float] = {}
        for step, changes in self._planned:
            if step == done:
                found |= changes
        found |= self._control.take_changes()
        if found:
            self.taken += ((done, found),)
        earlier, self._earlier = self._earlier, {}
        return earlier | found
