"""What every run in a viewer has: its state, its news, and the switches to steer it. Qt-free."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Literal, Self

from psygnal import Signal

from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled, NeuralStyleError, SettingsError
from napari_neural_style.histories.autosave import autosave
from napari_neural_style.histories.history import history
from napari_neural_style.hooks.observing import Observed
from napari_neural_style.process import EngineProcess, engine_process
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.records.records import make_record
from napari_neural_style.running.awaiting import until_over
from napari_neural_style.running.plain_thread import drive_without_qt
from napari_neural_style.running.queue import run_queue
from napari_neural_style.settings import STEERABLE, Settings
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["OVER", "BaseRun", "State"]

State = Literal["queued", "running", "paused", "finished", "cancelled", "failed"]
#: The states of a run that has ended.
OVER: tuple[State, ...] = ("finished", "cancelled", "failed")

_POLL_SECONDS = 0.02


class BaseRun(ABC):
    """A run: its result layer, its progress, and the switches to steer it.

    Everything here belongs to the main thread, the one that owns the viewer; the signals are
    emitted there as well.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        Where the result layer appears.
    settings : Settings
    name : str
        Name of the result layer.
    engine : EngineProcess, optional
        The engine to use; by default the one that all runs share.

    Attributes
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    settings : Settings
        As they are now; `steer` changes them.
    inputs : dict
        What went in, for the record; see `napari_neural_style.tasks.layer_tasks.LayerTasks`.
    layer : napari.layers.Image or None
        The result; None until the first preview.
    progress : Progress or None
        The latest.
    losses : list of dict
        The losses at each preview: ``step``, ``total``, ``content``, ``style``, ``tv`` ...
    error : NeuralStyleError or None
        Why the run failed.
    progressed, noticed, state_changed : psygnal.SignalInstance
        Emitted with each `Progress`, each `Notice`, each new state.
    """

    progressed = Signal(Progress)
    noticed = Signal(Notice)
    state_changed = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        settings: Settings,
        name: str,
        engine: EngineProcess | None = None,
    ) -> None:
        self.name = name
        self.viewer = bare(viewer)
        self.settings = settings
        self.inputs: dict[str, Any] = {}
        self.layer: Image | None = None
        self.progress: Progress | None = None
        self.losses: list[dict[str, float]] = []
        self.notices: list[Notice] = []
        self.error: NeuralStyleError | None = None
        self._begun_with = settings
        self._steered: dict[str, float] = {}
        self.engine = engine or engine_process()
        self._control = Control()
        self._state: State = "queued"
        self._over = threading.Event()
        self._inbox: deque[Any] = deque()
        self._receiving = False
        self._pump: Callable[[], object] = self._wait_in_line
        self._observers = Observed(name, settings, self._notice)
        autosave(self)

    def __repr__(self) -> str:
        step = f", step {self.progress.step} of {self.progress.total}" if self.progress else ""
        return f"<{type(self).__name__} {self.name!r}: {self.state}{step}>"

    @property
    def steps(self) -> int:
        """How many steps the run takes in all."""
        return self.settings.steps

    @property
    def state(self) -> State:
        """Whether it is queued, running, paused, finished, cancelled or failed."""
        return self._state

    @property
    def over(self) -> bool:
        """Whether it is finished, cancelled or failed."""
        return self._state in OVER

    def start(self) -> None:
        """Begin, or line up behind the runs that are there already; returns at once."""
        history(self.viewer).add(self)
        run_queue(self.engine).add(self)

    def begin(self) -> None:
        """Begin now; for the queue to call.

        For a viewer with a window, napari's worker threads bring the results to the main thread.
        For a bare `ViewerModel`, a plain thread collects them, and `wait` applies them.
        """
        self._enter("running")
        if hasattr(self.viewer, "window"):
            from napari_neural_style.running.napari_worker import drive

            self._pump = drive(self)
        else:
            self._pump = drive_without_qt(self)

    def _start_again(self) -> None:
        """Start a run that is over once more."""
        self.error = None
        self._control = Control()
        self._over.clear()
        self._pump = self._wait_in_line
        self._enter("queued")
        self.start()

    def pause(self) -> None:
        """Hold the run before its next step; what it remembers is kept."""
        if self._state == "running":
            self._control.pause()
            self._enter("paused")

    def resume(self) -> None:
        """Let a paused run go on."""
        if self._state == "paused":
            self._control.resume()
            self._enter("running")

    def cancel(self) -> None:
        """End the run; the last preview stays in the viewer."""
        if self._state == "queued":
            run_queue(self.engine).drop(self)
            self._enter("cancelled")
        elif not self.over:
            self._control.cancel()

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

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the run is over, keeping the viewer alive meanwhile.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        BaseRun
            This run.

        Raises
        ------
        TimeoutError
            If it is not over by then; it goes on.
        NeuralStyleError
            If the run failed: the reason.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.over:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"{self!r} is not over after {timeout} seconds.")
            if threading.current_thread() is threading.main_thread() and self._pump():
                continue  # There may be more.
            self._over.wait(_POLL_SECONDS)
        if self.error:
            raise self.error
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        """Wait as `wait` does, in asyncio: ``await run``, in notebooks and IPython.

        Viewer and event loop live on meanwhile. A waiting task that is cancelled leaves the run to
        itself.
        """
        yield from until_over(self).__await__()
        if self.error:
            raise self.error
        return self

    @property
    def pump(self) -> Callable[[], object]:
        """Brings what is waiting for the main thread into the viewer; true if there may be more."""
        return self._pump

    def _wait_in_line(self) -> object:
        current = run_queue(self.engine).current
        return current._pump() if current and current is not self else None

    def _repr_png_(self) -> bytes | None:
        """Show the picture so far, in notebooks."""
        from napari_neural_style.running.notebook import run_png

        return run_png(self)

    def _repr_html_(self) -> str:
        """Show the picture so far and the main facts, in notebooks."""
        from napari_neural_style.running.notebook import run_html

        return run_html(self)

    @abstractmethod
    def work(self) -> Generator[Any, None, None]:
        """Do the work; to be iterated over in a thread of its own.

        Yields
        ------
        object
            To be handed to `receive` on the main thread. Errors are yielded, never raised.
        """

    def receive(self, item: Any) -> None:
        """Take in what `work` yielded; on the main thread only."""
        self._inbox.append(item)
        if self._receiving:
            return  # Whoever shows the one before has let Qt process its events.
        self._receiving = True
        try:
            while self._inbox:
                self._take(self._inbox.popleft())
        finally:
            self._receiving = False

    def _take(self, item: Any) -> None:
        if self.over or item is None:
            return
        if isinstance(item, Notice):
            self.tell(item)
        elif isinstance(item, Cancelled):
            self._enter("cancelled")
        elif isinstance(item, NeuralStyleError):
            self.error = item
            self._enter("failed")
        else:
            self._show(item)

    def tell(self, notice: Notice) -> None:
        """Tell the user, and whoever else listens, something about this run."""
        self._notice(notice)
        self._observers.tell(notice)

    def _notice(self, notice: Notice) -> None:
        self.notices.append(notice)
        self.noticed.emit(notice)

    @abstractmethod
    def _show(self, item: Any) -> None:
        """Bring what `work` yielded into the viewer."""

    def _record(self, progress: Progress) -> dict[str, Any]:
        return make_record(self._begun_with, progress, self.notices, self.inputs)

    def _enter(self, state: State) -> None:
        self._state = state
        if self.over:
            self._over.set()
        # Before the signal: whoever hears that may start the run again, which is later news.
        self._observers.tell(state)
        try:
            self.state_changed.emit(state)
        finally:
            # No matter what others make of it, those that wait shall have their turn.
            if state in OVER:
                run_queue(self.engine).turn_over(self)
