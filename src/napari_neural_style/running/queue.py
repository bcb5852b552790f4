"""Runs take turns: further ones line up behind the present one. Qt-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from psygnal import Signal

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_neural_style.running.run import BaseRun

__all__ = ["RunQueue", "run_queue"]

_queues: WeakKeyDictionary[Any, RunQueue] = WeakKeyDictionary()


class RunQueue:
    """The runs that wait for one engine; on the main thread only.

    Attributes
    ----------
    current : BaseRun or None
        The run whose turn it is.
    changed : psygnal.SignalInstance
        Emitted when a run comes, goes, begins or changes places.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.current: BaseRun | None = None
        self._waiting: list[BaseRun] = []

    @property
    def waiting(self) -> list[BaseRun]:
        """The runs that have not begun, the next one first."""
        return list(self._waiting)

    def add(self, run: BaseRun) -> None:
        """Begin a run now, or when those before it are over."""
        self._waiting.append(run)
        self._go_on()
        self.changed.emit()

    def move(self, run: BaseRun, place: int) -> None:
        """Give a waiting run another place.

        Parameters
        ----------
        run : BaseRun
        place : int
            Counted from 0, the next one's.
        """
        if run in self._waiting:
            self._waiting.remove(run)
            self._waiting.insert(place, run)
            self.changed.emit()

    def remove(self, run: BaseRun) -> None:
        """Cancel a run, waiting or not."""
        run.cancel()

    def drop(self, run: BaseRun) -> None:
        """Forget a run that waits no longer."""
        if run in self._waiting:
            self._waiting.remove(run)
            self.changed.emit()

    def leave(self, viewer: ViewerModel) -> None:
        """Cancel what waits for a viewer that closes."""
        for run in self.waiting:
            if run.viewer is viewer:
                run.cancel()

    def turn_over(self, run: BaseRun) -> None:
        """Let the next one begin, if this run has had its turn; for the run to call."""
        if run is self.current:
            self.current = None
            self._go_on()
            self.changed.emit()

    def _go_on(self) -> None:
        if self.current is None and self._waiting:
            self.current = self._waiting.pop(0)
            self.current.begin()


def run_queue(engine: Any = None) -> RunQueue:
    """Return the queue of an engine; by default of the one that everything here shares."""
    if engine is None:
        from napari_neural_style.process import engine_process

        engine = engine_process()
    return _queues.setdefault(engine, RunQueue())
