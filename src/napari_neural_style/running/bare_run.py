"""`Run`: the state, the signals and the switches of anything that the engine does. Qt-free."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Self

from psygnal import Signal

from napari_neural_style.arithmetic_mode import usual_arithmetic
from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled, EngineUnavailable, NeuralStyleError
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.running.awaiting import POLL_SECONDS, until
from napari_neural_style.running.states import OVER, State

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Run"]


class Run(ABC):
    """Something that the engine does for a while: its progress, and the switches to steer it.

    It knows nobody who listens to it. Whoever makes one connects to its signals: what lines it up,
    what drives it, what keeps it; see `napari_neural_style.api`. Everything here belongs to the
    thread that owns the viewer; the signals are emitted there as well. With a window that is the
    main thread; without one it is the thread that has begun the run, or any that waits for it.

    Parameters
    ----------
    name : str
    viewer : napari.Viewer or napari.components.ViewerModel or None
        The viewer that it belongs to, if it belongs to one.
    engine : Engine
        What does the work.

    Attributes
    ----------
    progress : Progress or None
        The latest.
    losses : list of dict
        The losses at each preview, each with its ``step``.
    notices : list of Notice
    error : NeuralStyleError or None
        Why the run failed.
    pump : callable
        Brings what is waiting for it into the viewer, if this is a thread that may; true if there
        may be more. Set by whatever drives the run.
    progressed, noticed, state_changed : psygnal.SignalInstance
        Emitted with each `Progress` that is shown, each `Notice`, each new state.
    arrived : psygnal.SignalInstance
        Emitted with each `Progress`, those among them that there is no time to show.
    started, begun, ended : psygnal.SignalInstance
        Emitted with the run when it wants a turn, when its turn has come, and when it is over.
        `ended` is emitted after `state_changed`, even if a listener of that has raised.
    """

    progressed = Signal(Progress)
    arrived = Signal(Progress)
    noticed = Signal(Notice)
    state_changed = Signal(str)
    started = Signal(object)
    begun = Signal(object)
    ended = Signal(object)

    def __init__(self, name: str, viewer: ViewerModel | None, engine: Any) -> None:
        self.name = name
        self.viewer: Any = viewer
        self.engine = engine
        self.progress: Progress | None = None
        self.losses: list[dict[str, float]] = []
        self.notices: list[Notice] = []
        self.error: NeuralStyleError | None = None
        self.pump: Callable[[], object] = lambda: None
        self._control = Control()
        self._state: State = "queued"
        self._process = os.getpid()
        self._over = threading.Event()
        self._inbox: deque[Any] = deque()
        self._receiving = False

    def __repr__(self) -> str:
        step = f", step {self.progress.step} of {self.progress.total}" if self.progress else ""
        return f"<{type(self).__name__} {self.name!r}: {self.state}{step}>"

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps the run takes in all."""

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
        self._process = os.getpid()
        self.started.emit(self)

    def begin(self) -> None:
        """Begin now; for the queue to call."""
        try:
            self._enter("running")
        finally:
            # No matter what others make of it, somebody has to drive it.
            self.begun.emit(self)

    def _start_again(self) -> None:
        """Start a run that is over once more."""
        self.error = None
        self._control = Control()
        self._over.clear()
        self._enter("queued")
        self.start()

    def pause(self) -> None:
        """Hold the run before its next step; the optimiser's state is kept."""
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
            self._enter("cancelled")
        elif not self.over:
            self._control.cancel()

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the run is over, keeping the viewer alive meanwhile; in any thread.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        Run
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
            if self._bring():
                continue  # There may be more.
            self._over.wait(POLL_SECONDS)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Self]:
        """Wait as `wait` does, in asyncio: ``await run``, in notebooks and IPython.

        Viewer and event loop live on meanwhile. A waiting task that is cancelled leaves the run to
        itself.
        """
        yield from until(lambda: self.over, self._bring).__await__()
        return self._outcome()

    def _bring(self) -> object:
        """Bring what is waiting into the viewer; true if there may be more."""
        if os.getpid() != self._process:
            raise EngineUnavailable(
                f"{self.name!r} is painted in the process that this one was forked from: wait for "
                f"it there, or begin a run of its own here."
            )
        return self.pump()

    def _outcome(self) -> Self:
        if self.error:
            raise self.error
        return self

    @abstractmethod
    def work(self) -> Generator[Any, None, None]:
        """Do the work; to be iterated over in a thread of its own.

        Yields
        ------
        object
            To be handed to `receive` on the main thread. Errors are yielded, never raised.
        """

    @usual_arithmetic
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
        self.notices.append(notice)
        self.noticed.emit(notice)

    @abstractmethod
    def _show(self, item: Any) -> None:
        """Bring what `work` yielded into the viewer."""

    def _enter(self, state: State) -> None:
        self._state = state
        if self.over:
            self._over.set()
        try:
            self.state_changed.emit(state)
        finally:
            # No matter what others make of it, those that wait shall have their turn.
            if state in OVER:
                self.ended.emit(self)
