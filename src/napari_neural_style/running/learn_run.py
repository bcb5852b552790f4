"""`LearnRun`: a look that is being learnt, or has been. Qt-free."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from napari_neural_style.errors import EngineFailed, LookError, NeuralStyleError
from napari_neural_style.learn_job import LearnJob, Learnt
from napari_neural_style.looks.look import Look
from napari_neural_style.running.bare_run import Run

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["LearnRun"]


class LearnRun(Run):
    """A look that is being learnt: its progress, the switches, and what has been learnt by now.

    Made by `napari_neural_style.learn`. Its ``progress.image`` is the content that it learns from,
    as it is painted by now. `cancel` keeps what has been learnt.

    Parameters
    ----------
    job : LearnJob
    name : str
        That of the look.
    record : mapping
        What it is learnt from, for the look's record.
    viewer : napari.Viewer or napari.components.ViewerModel or None
        The viewer whose window shows the progress, if there is one.
    engine : EngineProcess
        What does the work.

    Attributes
    ----------
    look : Look or None
        What has been learnt by now; None before the first progress.
    progress : Learnt or None
        The latest.

    Examples
    --------
    >>> run = learn((photo, painted), steps=2, name="night").wait()
    >>> run.state, run.look.name
    ('finished', 'night')
    """

    def __init__(
        self,
        job: LearnJob,
        name: str,
        record: Mapping[str, Any],
        viewer: ViewerModel | None,
        engine: Any,
    ) -> None:
        super().__init__(name, viewer, engine)
        self._job = job
        self._record = dict(record)
        self._done: Learnt | None = None  # by the stages before this one
        self.look: Look | None = None

    @property
    def steps(self) -> int:
        """How many steps it takes in all."""
        return self._job.steps + (self._done.step if self._done else 0)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save what has been learnt by now, as `Look.save` does.

        Parameters
        ----------
        path : path
            ``.look`` is added where it is missing.

        Raises
        ------
        LookError
            If nothing has been learnt yet, or it cannot be written.

        Examples
        --------
        >>> learn((photo, painted), steps=2).wait().save("mine").name
        'mine.look'
        """
        if self.look is None:
            raise LookError("Nothing has been learnt yet: wait() for it.")
        return self.look.save(path)

    def continue_for(self, steps: int) -> Self:
        """Go on learning where it has ended, finished, cancelled or failed; returns at once.

        Parameters
        ----------
        steps : int
            How many more.

        Returns
        -------
        LearnRun
            This run.

        Raises
        ------
        LookError
            If it is not over, or has learnt nothing.

        Examples
        --------
        >>> run = learn((photo, painted), steps=2).wait()
        >>> run.continue_for(2).wait().progress.step
        4
        """
        if not self.over:
            raise LookError("The look is still being learnt: continue it when it is over.")
        if self.look is None or not isinstance(self.progress, Learnt):
            raise LookError("Nothing has been learnt yet: learn it anew.")
        self._done = self.progress
        # Other crops than before.
        seed = self._job.seed + 1
        self._job = replace(self._job, steps=steps, start=self.look.network, seed=seed)
        self._start_again()
        return self

    def work(self) -> Generator[Any, None, None]:
        """Learn on the engine; to be iterated over in a thread of its own.

        Yields
        ------
        object
            To be handed to `receive` on the main thread. Errors are yielded, never raised.
        """
        try:
            yield from self.engine.learn_steps(self._job, self._control)
        except NeuralStyleError as error:
            yield error
        except Exception as error:  # noqa: BLE001 (a worker thread has nobody else to tell)
            yield EngineFailed(f"Learning failed with {type(error).__name__}: {error}")

    def _show(self, item: Learnt) -> None:
        finished = item.finished
        if self._done:
            item = replace(
                item,
                step=self._done.step + item.step,
                total=self._done.step + item.total,
                seconds=self._done.seconds + item.seconds,
            )
        self.progress = item
        self.look = Look.of(item, self.name, **self._record)
        self.losses.append({"step": item.step, **item.losses})
        try:
            self.arrived.emit(item)
            self.progressed.emit(item)
        finally:
            if finished and not self.over:
                self._enter("finished")
