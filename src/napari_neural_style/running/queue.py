"""Runs take turns: further ones line up behind the present one. Qt-free."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal

from napari_neural_style.forks import in_forked_child
from napari_neural_style.job import Engine
from napari_neural_style.process import engine_process
from napari_neural_style.running.bare_run import Run

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["RunQueue", "run_queue"]


class RunQueue:
    """The runs of one thread that wait for one engine.

    It belongs to that thread, as its viewers do: in napari, the main thread. Those of several
    threads, in a server, share the engine, which takes one run at a time from whichever it comes.

    Attributes
    ----------
    current : Run or None
        The run whose turn it is.
    changed : psygnal.SignalInstance
        Emitted when a run comes, goes, begins or changes places.

    Examples
    --------
    >>> queue = run_queue()
    >>> [run.name for run in queue.waiting], queue.current
    ([], None)
    """

    changed = Signal()

    def __init__(self) -> None:
        self.current: Run | None = None
        self._waiting: list[Run] = []
        # Without a window, another thread may wait for a run, and so bring on the next one.
        self._turns = threading.RLock()

    @property
    def waiting(self) -> list[Run]:
        """The runs that have not begun, the next one first."""
        return list(self._waiting)

    def add(self, run: Run) -> None:
        """Begin a run now, or when those before it are over."""
        with self._turns:
            self._waiting.append(run)
            run.pump = self._pump  # Whoever waits for its turn keeps the present one going.
            self._go_on()
        self.changed.emit()

    def move(self, run: Run, place: int) -> None:
        """Give a waiting run another place.

        Parameters
        ----------
        run : Run
        place : int
            Counted from 0, the next one's.
        """
        if run in self._waiting:
            self._waiting.remove(run)
            self._waiting.insert(place, run)
            self.changed.emit()

    def remove(self, run: Run) -> None:
        """Cancel a run, waiting or not."""
        run.cancel()

    def leave(self, viewer: ViewerModel) -> None:
        """Cancel what waits for a viewer that closes."""
        for run in self.waiting:
            if run.viewer is viewer:
                run.cancel()

    def ended(self, run: Run) -> None:
        """Take note that a run is over: the next one begins, if it was this one's turn."""
        with self._turns:
            if run is self.current:
                self.current = None
                self._go_on()
            elif run in self._waiting:
                self._waiting.remove(run)
            else:
                return
        self.changed.emit()

    def _go_on(self) -> None:
        if self.current is None and self._waiting:
            self.current = self._waiting.pop(0)
            self.current.begin()

    def _pump(self) -> object:
        # Until something drives the present one, it has this very pump, and nothing to bring.
        if self.current is None or self.current.pump == self._pump:
            return None
        return self.current.pump()


class _Here(threading.local):
    """The queues of the present thread."""

    def __init__(self) -> None:
        self.queues: WeakKeyDictionary[Engine, RunQueue] = WeakKeyDictionary()


_here = _Here()
# The runs of the process that this one was forked from go on there.
in_forked_child(lambda: _here.queues.clear())


def run_queue(engine: Engine | None = None) -> RunQueue:
    """Return this thread's queue of an engine; by default of the one that everything here shares.

    Examples
    --------
    >>> run_queue().waiting
    []
    """
    return _here.queues.setdefault(engine_process() if engine is None else engine, RunQueue())
