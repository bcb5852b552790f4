"""`StyleRun`: a running or finished stylisation in a viewer. Qt-free."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import EngineFailed, NeuralStyleError
from napari_neural_style.job import Engine, Job
from napari_neural_style.pictures.images import FloatImage, fit, resize
from napari_neural_style.progress import Notice, Progress, Steering
from napari_neural_style.records.records import KEY, make_record, recorded_settings
from napari_neural_style.running.kept_inputs import KEPT_BYTES, keep_inputs
from napari_neural_style.running.pacing import PreviewPace, ShownPicture
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.states import State
from napari_neural_style.tasks.array_tasks import Task
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.live_mask import LiveMask
from napari_neural_style.viewing.placement import Placement

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["StyleRun"]

#: What the thread that waits on the engine passes to the thread that owns the viewer.
_Item = Notice | tuple[Progress, ShownPicture | None] | NeuralStyleError | None


class StyleRun(BaseRun):
    """One stylisation: its result layer, its progress, and the switches to steer it.

    Made by `napari_neural_style.stylize_layers`. Everything here belongs to the main thread, the
    one that owns the viewer; the signals are emitted there as well.

    Parameters
    ----------
    viewer, tasks, engine
        As for `BaseRun`.
    again : callable, optional
        Reads job and placement once more, from the layers as they are by then, in case that the run
        is to be continued when its inputs are kept no more; see
        `napari_neural_style.running.kept_inputs`.

    Examples
    --------
    >>> run = stylize_layers(viewer, "photo", "painting", size=64, steps=5)
    >>> run.steer(style_strength=0.8)
    >>> run.wait().state, run.settings.style_strength
    ('finished', 0.8)
    """

    def __init__(
        self,
        viewer: ViewerModel,
        tasks: LayerTasks,
        engine: Engine,
        again: Callable[[], tuple[Job, Placement]] | None = None,
    ) -> None:
        super().__init__(viewer, tasks, engine)
        task, self._placement = tasks.current()
        self._job: Job | None = task.job
        self._again = again
        self._mask = LiveMask(tasks, self._placement)
        self._stage_steps = task.job.settings.steps
        self._longest: int = max(task.job.content.shape[:2])
        self.inputs["fingerprint"] = task.job.fingerprint()
        self._done: Progress | None = None  # by the stages before this one
        self._stages: list[dict[str, Any]] = []
        self._changes: dict[str, Any] = {}

    @property
    def steps(self) -> int:
        """How many steps the run takes in all."""
        return self._stage_steps + (self._done.step if self._done else 0)

    @property
    def size(self) -> int:
        """Longest side of the picture at its finest scale, in pixels."""
        return min(self.settings.size, self._longest)

    def plan(self, steering: Steering) -> None:
        """See to it that a run that has not begun is steered as an earlier one was."""
        self._job = replace(self._read_job(), steering=steering)

    @property
    def mask(self) -> Layer | None:
        """The layer that says where to paint; None if there is none, or no more."""
        return self._mask.layer

    def take_mask(self) -> bool:
        """Go on with the mask as it is painted by now; the picture follows from the next step on.

        Returns
        -------
        bool
            Whether it has changed. A run that is over takes none.

        Raises
        ------
        ImageError
            If there is no mask layer, it is empty, or this run can take no other.
        """
        finish = self._placement.finish
        if self.over or self._job is None or finish is None:
            return False
        task = self._mask.taken_by(Task(self._job, finish))
        if task is None:
            return False
        self._job, self._placement = task.job, replace(self._placement, finish=task.finish)
        # The inputs are those that it is continued from; that they were others is told beside it.
        self.inputs["fingerprint"] = task.job.fingerprint()
        if self.state != "queued":
            step = self.progress.step if self.progress else 0
            self.inputs["mask_painted"] = [*self.inputs.get("mask_painted", ()), step]
            shape = fit(task.job.content.shape, self.size)
            guides = [region.guide for region in task.job.regions]
            self._control.guide(
                tuple(resize(g[..., np.newaxis], shape)[..., 0] for g in guides if g is not None)
            )
        return True

    def continue_for(self, steps: int, *, steering: Steering = ()) -> Self:
        """Go on painting where a run has ended, finished, cancelled or failed, for more steps.

        Returns at once. The picture goes on changing in its layer; if that was removed, in a new
        one. A run that was cancelled on the way goes on at the size where it stood.

        Parameters
        ----------
        steps : int
            How many more.
        steering : tuple of (int, dict of str to float), optional
            Settings that change on the way, as in `napari_neural_style.job.Job`.

        Returns
        -------
        StyleRun
            This run.

        Raises
        ------
        NeuralStyleError
            If the run is not over, has no picture to go on from, or its inputs are kept no more and
            its layers have changed.
        SettingsError
            If there cannot be so many steps.
        """
        if not self.over:
            raise NeuralStyleError("The run is not over yet: continue it when it is.")
        if self.progress is None:
            raise NeuralStyleError("The run ended before its first picture: start a new one.")
        image, job = self.progress.image, self._read_job()
        changes = {
            "steps": steps,
            "init": "image",
            "smallest_scale": size if (size := max(image.shape)) < self.size else 0,
        }
        record = self._record(self.progress)
        painted_with = recorded_settings(record)
        settings = painted_with.replace(**changes)
        # What was steered too late for this stage opens the next one, and so gets into its record.
        late = {n: value for n, value in self._steered.items() if getattr(settings, n) != value}
        if late:
            steering = ((0, late), *steering)
        self._stages, self._changes = record["stages"], changes
        self.settings, self._steered = painted_with.replace(**late), {}
        self._job = replace(job, settings=settings, init=image, steering=steering)
        self._stage_steps = settings.steps
        self._done = self.progress
        if self.layer not in self.viewer.layers:
            self.layer = None
        self._start_again()
        return self

    def picture(self, dtype: Any = np.uint8) -> NDArray[Any] | None:
        """Return the last preview or the result as pixels; None before the first.

        Parameters
        ----------
        dtype : dtype
            uint8, as the layer has it, or uint16, which holds more shades.

        Raises
        ------
        NeuralStyleError
            If it takes the content to make it, and that is neither kept nor as it was.
        """
        if self.progress is None:
            return None
        return self._whole_placement().picture(self.progress.image, dtype)

    def camera(self) -> Callable[[Any], NDArray[Any]]:
        """Return what gives the pixels of the picture as it is now; in any thread, at any time.

        It is called with the dtype, as `picture` is, and holds all that it needs.

        Raises
        ------
        NeuralStyleError
            If there is no picture yet; or as for `picture`.
        """
        if self.progress is None:
            raise NeuralStyleError("The run has no picture yet.")
        return partial(self._whole_placement().picture, self.progress.image)

    def content(self) -> FloatImage:
        """Return what is painted, RGB in [0, 1], at its own size.

        Raises
        ------
        NeuralStyleError
            If it is kept no more, and its layer has changed.
        """
        return self._read_job().content

    def work(self) -> Generator[_Item, None, None]:
        """Run the job on the engine; to be iterated over in a thread of its own.

        Yields
        ------
        object
            To be handed to `receive` on the main thread. Errors are yielded, never raised.
        """
        pace = PreviewPace()
        try:
            for update in self.engine.stylize_steps(self._read_job(), self._control):
                if isinstance(update, Progress):
                    yield update, pace.picture(update, self._placement.shown)
                else:
                    yield update
        except NeuralStyleError as error:
            yield error
        except Exception as error:  # noqa: BLE001 (a worker thread has nobody else to tell)
            yield EngineFailed(f"The run failed with {type(error).__name__}: {error}")

    def _show(self, item: tuple[Progress, ShownPicture | None]) -> None:
        progress, picture = item
        if self._control.cancelled and not progress.finished:
            return  # It was on its way when the user cancelled.
        if self._done:
            progress = replace(
                progress,
                step=self._done.step + progress.step,
                total=self._done.step + progress.total,
                seconds=self._done.seconds + progress.seconds,
            )
        self.progress = progress
        self.losses.append({"step": progress.step, **progress.losses})
        try:
            self.arrived.emit(progress)
            if any(isinstance(item, tuple) and item[1] is not None for item in self._inbox):
                return  # A newer one is waiting already: the viewer shall not fall behind.
            if picture is not None and not self._lay(progress, picture):
                self.cancel()  # The user has removed the result.
                if progress.finished:
                    self._enter("cancelled")  # The engine has no more to say.
                return
            self.progressed.emit(progress)
        finally:
            # Whatever a listener has raised: the engine has no more to say.
            if progress.finished and not self.over:
                self._enter("finished")

    def _lay(self, progress: Progress, picture: ShownPicture) -> bool:
        """Put a picture into the result layer; return whether there is one."""
        if self.layer is None:
            self.layer = self._placement.layer_of(picture, name=self.name)
            active = self.viewer.layers.selection.active
            self.viewer.add_layer(self.layer)
            if active is not None and active is self.mask:
                self.viewer.layers.selection.active = active  # Whoever paints on it goes on.
        elif self.layer in self.viewer.layers:
            self.layer.data = picture
        else:
            return False
        self.layer.metadata[KEY] = self._record(progress)
        return True

    def _enter(self, state: State) -> None:
        super()._enter(state)
        if self.over:
            self._placement.release()  # The viewer's history keeps the run.
            keep_inputs(self)

    def inputs_kept(self) -> list[NDArray[Any]]:
        """Return the arrays that the run keeps to go on from."""
        finish, alpha = self._placement.finish, self._placement.alpha
        found: list[NDArray[Any]] = [] if self._job is None else list(self._job.arrays)
        found += finish.arrays if finish else []
        return found if alpha is None else [*found, alpha]

    def let_inputs_go(self) -> None:
        """Keep them no more, if they can be had again."""
        if self.over and self._again:
            self._job = None
            self._placement = replace(self._placement, finish=None, alpha=None)

    def _whole_placement(self) -> Placement:
        """Return the placement with what a picture is made with: colours, detail, transparency."""
        if self._job is not None:
            return self._placement
        self._read_job("give the picture anew")
        placement = self._placement
        self.let_inputs_go()
        return placement

    def _read_job(self, purpose: str = "go on") -> Job:
        """Return the job; once its inputs are kept no more, with what the layers show now.

        Raises
        ------
        NeuralStyleError
            If that is something else by now.
        """
        if self._job is None:
            assert self._again
            try:
                job, placement = self._again()
            except NeuralStyleError as error:
                problem = str(error)
            else:
                same = job.fingerprint() == self.inputs.get("fingerprint")
                problem = "" if same else "A layer that it was painted from has changed since."
            if problem:
                raise NeuralStyleError(
                    f"The run cannot {purpose}, for its inputs are kept no more "
                    f"({KEPT_BYTES // 10**6} MB are, of the latest runs). {problem} "
                    f"Start a new run from its picture."
                )
            self._job, self._placement = job, placement
        return self._job

    def _record(self, progress: Progress) -> dict[str, Any]:
        return make_record(
            self.request.settings,
            progress,
            self.notices,
            self.inputs,
            earlier=self._stages,
            changes=self._changes,
        )
