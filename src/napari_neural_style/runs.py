"""`StyleRun`: a running or finished stylisation in a viewer. Qt-free."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.base_run import BaseRun, State
from napari_neural_style.errors import EngineFailed, NeuralStyleError
from napari_neural_style.job import Job, Notice, Progress
from napari_neural_style.placement import Placement
from napari_neural_style.process import EngineProcess
from napari_neural_style.records import KEY

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["State", "StyleRun"]

#: What the thread that waits on the engine passes to the thread that owns the viewer.
_Item = Notice | tuple[Progress, NDArray[np.uint8]] | NeuralStyleError | None


class StyleRun(BaseRun):
    """One stylisation: its result layer, its progress, and the switches to steer it.

    Made by `napari_neural_style.stylize_layers`. Everything here belongs to the main thread, the
    one that owns the viewer; the signals are emitted there as well.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        Where the result layer appears.
    job : Job
    placement : Placement
        Where the result belongs.
    name : str
        Name of the result layer.
    engine : EngineProcess, optional
        The engine to use; by default the one that all runs share.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        job: Job,
        placement: Placement,
        name: str,
        engine: EngineProcess | None = None,
    ) -> None:
        super().__init__(viewer, job.settings, name, engine)
        self._job = job
        self._placement = placement

    def work(self) -> Generator[_Item, None, None]:
        """Run the job on the engine; to be iterated over in a thread of its own.

        Yields
        ------
        object
            To be handed to `receive` on the main thread. Errors are yielded, never raised.
        """
        try:
            for update in self._engine.stylize_steps(self._job, self._control):
                if isinstance(update, Progress):
                    yield update, self._placement.picture(update.image)
                else:
                    yield update
        except NeuralStyleError as error:
            yield error
        except Exception as error:  # noqa: BLE001 (a worker thread has nobody else to tell)
            yield EngineFailed(f"The run failed with {type(error).__name__}: {error}")

    def _show(self, item: tuple[Progress, NDArray[np.uint8]]) -> None:
        progress, picture = item
        if self._control.cancelled and not progress.finished:
            return  # It was on its way when the user cancelled.
        self.progress = progress
        self.losses.append({"step": progress.step, **progress.losses})
        self._observers.tell(progress)
        if any(isinstance(item, tuple) for item in self._inbox):
            return  # A newer one is waiting already: the viewer shall not fall behind.
        if self.layer is None:
            self.layer = self._placement.layer(progress.image, name=self.name)
            self._viewer.add_layer(self.layer)
        elif self.layer in self._viewer.layers:
            self.layer.data = picture
        else:
            self.cancel()  # The user has removed the result.
            return
        self.layer.metadata[KEY] = self._record(progress)
        self.progressed.emit(progress)
        if progress.finished:
            self._enter("finished")
