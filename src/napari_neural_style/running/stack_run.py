"""`StackRun`: every slice of a stack or a film stylised, one after the other. Qt-free."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.control import Control
from napari_neural_style.errors import (
    Cancelled,
    EngineDied,
    EngineFailed,
    NeuralStyleError,
    NothingToPaint,
    SettingsError,
    WeightsError,
)
from napari_neural_style.job import Engine
from napari_neural_style.looks.look import Look
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.records.records import KEY
from napari_neural_style.records.schema import OwnRecord
from napari_neural_style.running.pacing import PreviewPace, StackClock
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.stack_layer import StackLayer
from napari_neural_style.running.states import State
from napari_neural_style.tasks.layer_tasks import LayerTasks, placed, sized
from napari_neural_style.viewing.films import Film

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["StackRun"]


class _Preview(NamedTuple):
    """A picture of one slice, on its way to the viewer."""

    number: int
    done: bool
    progress: Progress
    pixels: NDArray[np.uint8] | None


class _Failure(NamedTuple):
    """A slice that could not be painted."""

    number: int
    error: NeuralStyleError


class _End(NamedTuple):
    """There is nothing left to do."""


class StackRun(BaseRun):
    """A run over every slice: its result layer is a stack that lies over the original.

    Made by `napari_neural_style.stylize_layers` with ``slices="all"``. It begins with the slice
    that the viewer shows, goes on to the last, and then from there back to the first. The stack is
    transparent where nothing is painted yet, so that the original shows. A slice that cannot be
    painted is reported and left out. After a cancelled or failed run the finished slices stay, and
    `resume` paints the missing ones.

    Parameters
    ----------
    viewer, tasks, engine
        As for `BaseRun`.

    Attributes
    ----------
    layer : napari.layers.Image or None
        The result, RGBA of uint8; None until the first preview.
    progress : Progress or None
        The latest, counted over the whole stack; its image is that of the present slice.
    losses : list of dict
        As in `StyleRun`, and ``slice``, the number of the slice.
    failures : dict of int to NeuralStyleError
        Why slices were left out.

    Examples
    --------
    >>> run = stylize_layers(viewer, "film", "painting", slices="all", size=64, steps=3)
    >>> run.wait().layer.data.shape
    (2, 30, 46, 4)
    """

    def __init__(self, viewer: ViewerModel, tasks: LayerTasks, engine: Engine) -> None:
        super().__init__(viewer, tasks, engine)
        self.failures: dict[int, NeuralStyleError] = {}
        self._tasks: LayerTasks | None = tasks
        self._slices = slices = tasks.slices()
        self._stack = StackLayer(slices, sized(self.settings, slices.placement))
        self._done: set[int] = set()
        consistency = self.request.temporal_consistency
        self._film = Film(slices, consistency) if consistency else None
        self._look = isinstance(tasks.taken.styles, Look)
        self._todo = slices.order()
        self._unfinished: int | None = None

    @property
    def slices(self) -> int:
        """How many slices the stack has."""
        return len(self._slices)

    @property
    def missing(self) -> list[int]:
        """Numbers of the slices that are not painted yet, in the order they are to be."""
        return [number for number in self._slices.order() if number not in self._done]

    @property
    def steps(self) -> int:
        """How many steps the run takes in all."""
        return self._slice_steps * len(self._todo)

    @property
    def _slice_steps(self) -> int:
        return 1 if self._look else self.settings.steps

    def resume(self) -> None:
        """Let a paused run go on, or paint the slices that a run has left out when it ended."""
        if not self.over:
            super().resume()
        elif self.missing:
            if self.layer is not None and self.layer not in self.viewer.layers:
                self.viewer.add_layer(self.layer)  # With the slices that are painted already.
            self._todo = self.missing
            self.failures.clear()
            self._start_again()

    def _for_engine(self, changes: dict[str, float]) -> dict[str, float]:
        if self._film and "temporal_weight" in changes:
            return {**changes, "temporal_weight": self._film.weight(changes["temporal_weight"])}
        return changes

    def work(self) -> Generator[Any, None, None]:
        """Paint the slices one after the other; to be iterated over in a thread of its own.

        Yields
        ------
        object
            To be handed to `receive` on the main thread. Errors are yielded, never raised.
        """
        control = self._control
        clock = StackClock([self._slice_steps] * len(self._todo))
        deaths = 0
        for number in self._todo:
            if control.cancelled:
                yield Cancelled("The run was cancelled.")
                return
            try:
                yield from self._paint(number, control, clock)
                deaths = 0
            except (Cancelled, SettingsError, WeightsError) as error:
                yield error  # It would be the same with every other slice.
                return
            except NeuralStyleError as error:
                deaths += isinstance(error, EngineDied)
                if deaths > 1:
                    yield error
                    return
                yield _Failure(number, error)
            except Exception as error:  # noqa: BLE001 (a worker thread has nobody else to tell)
                sentence = f"The run failed with {type(error).__name__}: {error}"
                yield _Failure(number, EngineFailed(sentence))
            clock.next_slice()
        yield _End()

    def _paint(
        self, number: int, control: Control, clock: StackClock
    ) -> Generator[_Preview | Notice | None, None, None]:
        assert self._tasks
        start = time.perf_counter()
        content, placement = self._slices.read(number)
        task = self._tasks.make(content, placement, self._slices.sliders_at(number))
        placement = placed(task, placement)
        job = task.job
        if self._steered:
            job = replace(job, settings=job.settings.replace(**self._steered))
        if self._film and not self._look:
            yield None
            job = self._film.continued(number, content, job)
        clock.prepared(time.perf_counter() - start)
        pace = PreviewPace()
        for update in self.engine.stylize_steps(job, control):
            if isinstance(update, Progress):
                if self._film and update.finished:
                    if self._look:
                        image = self._film.steadied(number, content, update.image)
                        update = replace(update, image=image)
                    self._film.painted(number, content, update.image)
                pixels = pace.picture(update, placement.picture)
                yield _Preview(number, update.finished, clock.over_all(update), pixels)
            else:
                yield update

    def _show(self, item: _Preview | _Failure | _End) -> None:
        if isinstance(item, _End):
            if self._control.cancelled and self.missing:
                self._enter("cancelled")  # The last slice was done before it was heard of.
            elif self._done:
                self._enter("finished")
            else:
                self.error = next(iter(self.failures.values()))
                self._enter("failed")
        elif isinstance(item, _Failure):
            self.failures[item.number] = item.error
            self._clear_unfinished()
            text = f"{self._named(item.number)} was left out: {item.error}"
            # A mask that is painted in some slices only is no reason for a warning in the others.
            self._take(Notice(text, important=not isinstance(item.error, NothingToPaint)))
        elif item.done or not self._control.cancelled:
            self._show_preview(item)

    def _show_preview(self, item: _Preview) -> None:
        self.progress = item.progress
        self.arrived.emit(item.progress)
        losses = {"step": item.progress.step, "slice": item.number, **item.progress.losses}
        self.losses.append(losses)
        newer = any(isinstance(o, _Preview) and o.pixels is not None for o in self._inbox)
        if newer and not item.done:
            return  # A newer one is waiting already: the viewer shall not fall behind.
        if item.pixels is not None:
            if not self._lay(item.number, item.pixels):
                self.cancel()  # The user has removed the result.
                return
            self._unfinished = None if item.done else item.number
            if item.done:
                self._done.add(item.number)
            assert self.layer is not None
            record = self._record(item.progress)
            self.layer.metadata[KEY] = OwnRecord(record, slices=sorted(self._done))
        self.progressed.emit(item.progress)

    def _lay(self, number: int, pixels: NDArray[np.uint8]) -> bool:
        """Put a picture into its slice of the result layer; return whether there is one."""
        if self.layer is None:
            self.layer = self._stack.new(self.name)
            self._stack.show(self.layer, number, pixels)
            self.viewer.add_layer(self.layer)
        elif self._stack.is_there(self.viewer, self.layer):
            self._stack.show(self.layer, number, pixels)
        else:
            return False
        return True

    def _record(self, progress: Progress) -> dict[str, Any]:
        # The steps are those of a slice: what was steered counts from the first one of the next.
        if self._steered:
            progress = replace(progress, steering=((0, dict(self._steered)),))
        return super()._record(progress)

    def _enter(self, state: State) -> None:
        if state in ("cancelled", "failed"):
            self._clear_unfinished()
        super()._enter(state)
        if self.over and not self.missing:
            # The viewer's history keeps the run, and nobody will ask for a slice again.
            self._tasks = self._film = None
            self._slices = self._slices.without_data()
            self._stack = replace(self._stack, slices=self._slices)

    def _clear_unfinished(self) -> None:
        """Take back the preview of a slice that will not be finished."""
        number, self._unfinished = self._unfinished, None
        if number is None or self.layer is None:
            return
        if self._stack.is_there(self.viewer, self.layer):
            self._stack.clear(self.layer, number)

    def _named(self, number: int) -> str:
        place = ", ".join(str(k) for k in self._slices.index(number))
        return f"Slice {place} of {self.name!r}"
