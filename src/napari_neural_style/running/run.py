"""`BaseRun`: what every run that paints in a viewer has. Qt-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.job import Engine
from napari_neural_style.progress import Progress
from napari_neural_style.records.records import make_record
from napari_neural_style.running.bare_run import Run
from napari_neural_style.running.notebook import InNotebooks
from napari_neural_style.settings import STEERABLE
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["BaseRun"]


class BaseRun(Run, InNotebooks):
    """A run that paints: its result layer, its progress, and the switches to steer it.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        Where the result layer appears.
    tasks : LayerTasks
        What was asked, read.
    engine : Engine
        What does the work.

    Attributes
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    name : str
        That of the result layer.
    request : Request
        What was asked.
    inputs : dict
        What went in, for the record.
    settings : Settings
        As they are now; `steer` changes them.
    layer : napari.layers.Image or None
        The result; None until the first preview.
    losses : list of dict
        The losses at each preview: ``step``, ``total``, ``content``, ``style``, ``tv`` ...
    """

    viewer: ViewerModel
    engine: Engine

    def __init__(self, viewer: ViewerModel, tasks: LayerTasks, engine: Engine) -> None:
        super().__init__(tasks.name, bare(viewer), engine)
        self.request = tasks.request
        self.inputs = dict(tasks.inputs)
        self.settings = tasks.request.settings
        self.layer: Image | None = None
        self._steered: dict[str, float] = {}

    @property
    def steps(self) -> int:
        """How many steps the run takes in all."""
        return self.settings.steps

    def steer(self, **changes: float) -> None:
        """Change settings while the run goes on; the picture follows from the next step on.

        Parameters
        ----------
        **changes
            Any of ``style_strength``, ``content_weight``, ``style_weight``, ``tv_weight``,
            ``temporal_weight`` and ``learning_rate``.

        Raises
        ------
        SettingsError
            If a setting is none of these, or its value cannot be.
        """
        for name in changes:
            if name not in STEERABLE:
                names = ", ".join(STEERABLE)
                raise SettingsError(f"{name} cannot change during a run; these can: {names}.")
        self.settings = self.settings.replace(**changes)
        self._steered |= changes
        self._control.steer(self._for_engine(changes))

    def _for_engine(self, changes: dict[str, float]) -> dict[str, float]:
        """Return what a change of the settings is for the job that is at work."""
        return changes

    def _record(self, progress: Progress) -> dict[str, Any]:
        return make_record(self.request.settings, progress, self.notices, self.inputs)
