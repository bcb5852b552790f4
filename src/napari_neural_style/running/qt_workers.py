"""napari's worker threads, such that they leave Python's warnings alone and end before Qt does."""

from __future__ import annotations

import atexit
import inspect
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from napari.qt.threading import FunctionWorker, GeneratorWorker
from napari.qt.threading import create_worker as create_napari_worker
from superqt.utils import WorkerBase

__all__ = ["create_worker", "waited_for"]

_END_MILLISECONDS = 10_000

#: What worker threads wait for: it is set when Python ends, so that they can.
waited_for: WeakSet[threading.Event] = WeakSet()


def create_worker(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return what calls the function in a thread, as `napari.qt.threading.create_worker` does."""
    kind = _Generator if inspect.isgeneratorfunction(function) else _Function
    return create_napari_worker(function, *arguments, _worker_class=kind, **options)


class _LeavesWarningsAlone:
    """A worker that does not have all warnings of Python for itself while it runs.

    superqt puts a function of each worker's own in the place of `warnings.showwarning`, and back.
    Of two that overlap, the last one puts back that of the first, which is gone by then: from then
    on a warning anywhere is lost, or raises.
    """

    def run(self: Any) -> None:
        """Do the work and tell of it; called by Qt, in the thread."""
        self.started.emit()
        self._running = True
        try:
            result = self.work()
            if isinstance(result, RuntimeError):
                # Qt has deleted the signals, it must be feared: nothing more can be told by them.
                warnings.warn(f"RuntimeError in aborted thread: {result}", stacklevel=2)
                return
            if isinstance(result, Exception):
                raise result
            if not self.abort_requested:
                self.returned.emit(result)
        except Exception as error:  # noqa: BLE001 (a thread has nobody else to tell)
            self.errored.emit(error)
        self._running = False
        self.finished.emit()
        self._finished.emit(self)


class _Function(_LeavesWarningsAlone, FunctionWorker):  # type: ignore[misc] # napari has no types
    pass


class _Generator(_LeavesWarningsAlone, GeneratorWorker):  # type: ignore[misc]
    pass


@atexit.register
def _end_before_qt() -> None:
    """Let all worker threads end, and write what they are writing.

    A script may be over in the middle of a run, and Qt with it: a thread that then speaks to Qt
    ends with the whole process.
    """
    for event in tuple(waited_for):
        event.set()
    with suppress(RuntimeError):  # It takes longer.
        WorkerBase.await_workers(_END_MILLISECONDS)
