"""The engine as its user's side sees it: `EngineProcess` starts, feeds and replaces the child."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import signal
import threading
import time
import weakref
from collections.abc import Generator

from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled, EngineDied, EngineUnavailable
from napari_neural_style.forks import in_forked_child
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.job import Job
from napari_neural_style.learn_job import LearnJob
from napari_neural_style.preferences import surroundings
from napari_neural_style.process.child import GONE, Child
from napari_neural_style.process.messages import Ended, Start
from napari_neural_style.process.smaller_tiles import SmallerTiles
from napari_neural_style.progress import Progress, Update

__all__ = ["EngineProcess", "engine_process"]

_POLL_SECONDS = 0.05
#: How long a cancelled run may take to say so before its process is killed.
_CANCEL_SECONDS = 1.2
#: The same for a run that was dropped, when the next one waits for it: nobody is looking on.
_DROP_SECONDS = 20.0


class EngineProcess:
    """A child process that runs the engine, kept warm between runs.

    All methods may be called from any thread. The child is started by the first run, or ahead of
    it by `warm_up`; one that dies is replaced by the next run. So is one that has ended itself,
    after as many idle minutes as the preferences say. A process that is forked from this one gets a
    child of its own.
    """

    def __init__(self) -> None:
        self._child: Child | None = None
        self._numbers = itertools.count(1)
        self._unlock()
        _engines.add(self)

    def _unlock(self) -> None:
        self._lock = threading.Lock()  # held by the run that uses the child
        self._starting = threading.Lock()
        #: A run that was dropped and has not said that it is over, and when it was.
        self._dropped: tuple[int, float] | None = None

    @property
    def pid(self) -> int | None:
        """Process number of the child, or None while there is none."""
        child = self._child
        return child.process.pid if child and child.alive else None

    def warm_up(self) -> None:
        """Start the child, if there is none, without waiting until it is ready."""
        with contextlib.suppress(EngineUnavailable):  # The run that needs it tells why.
            self._alive_child()

    def stylize_steps(
        self, job: Job, control: Control | None = None
    ) -> Generator[Update | None, None, None]:
        """Stylise in the child process.

        The same as `napari_neural_style.engine.stylize_steps`, with None in between whenever there
        is nothing new, so that the caller is never held for long. Runs take turns: one waits until
        those before it are over.

        Parameters
        ----------
        job : Job
        control : Control, optional
            Lets another thread pause or cancel the run; it is cancelled within two seconds, by
            ending the child if need be.

        Yields
        ------
        Progress, Notice or None

        Raises
        ------
        EngineDied
            If the child process ends in the middle of the run.
        EngineUnavailable
            If it cannot be started, or this process was forked in the middle of the run.
        NeuralStyleError
            Whatever the engine raises.
        """
        check_registered(job.settings)
        yield from self._in_turn(job, control or Control())

    def learn_steps(
        self, job: LearnJob, control: Control | None = None
    ) -> Generator[Update | None, None, None]:
        """Learn a look in the child process, as `stylize_steps` stylises in it.

        Parameters
        ----------
        job : LearnJob
        control : Control, optional
            Lets another thread pause or cancel it.

        Yields
        ------
        Learnt, Notice or None

        Raises
        ------
        EngineDied, EngineUnavailable, NeuralStyleError
            As `stylize_steps`.
        """
        yield from self._in_turn(job, control or Control())

    def _in_turn(
        self, job: Job | LearnJob, control: Control
    ) -> Generator[Update | None, None, None]:
        lock = self._lock  # A process that is forked in the middle of the run has another.
        while not lock.acquire(timeout=_POLL_SECONDS):
            if control.cancelled:
                raise Cancelled("The run was cancelled.")
            yield None
        try:
            yield from self._settled(control)
            yield from self._run(job, control)
        finally:
            lock.release()

    def close(self) -> None:
        """End the child and wait until it is gone."""
        with self._starting:
            child, self._child = self._child, None
        if child:
            child.close()

    def _alive_child(self) -> Child:
        with self._starting:
            if self._child is None or not self._child.alive:
                if self._child:
                    self._child.close()
                self._child, self._dropped = Child(), None
            return self._child

    def _settled(self, control: Control) -> Generator[None, None, None]:
        """See to it that the child is done with a run that was dropped, or else is replaced."""
        while self._dropped and (child := self._child) and child.alive:
            number, since = self._dropped
            message = child.receive(_POLL_SECONDS)
            if isinstance(message, Ended) and message.run == number:
                break
            if control.cancelled:
                raise Cancelled("The run was cancelled.")
            if time.monotonic() - since > _DROP_SECONDS:
                child.kill()
            yield None
        self._dropped = None

    def _run(self, job: Job | LearnJob, control: Control) -> Generator[Update | None, None, None]:
        number = next(self._numbers)
        child = self._alive_child()
        warm = child.ready
        course = SmallerTiles(job)
        child.send(Start(number, job, surroundings()))
        held = seen = done = False
        try:
            while not done:
                if control.cancelled:
                    done = True
                    self._cancel(child, number)
                if control.paused != held:
                    held = control.paused
                    child.order(number, "pause" if held else "resume")
                if changes := control.take_changes():
                    course.steered(changes)
                    child.order(number, "steer", changes)
                if guides := control.take_guides():
                    child.order(number, "guide", guides)
                message = child.receive(_POLL_SECONDS)
                if message is GONE:
                    if warm and not child.foreign:
                        # It ended, or was ended, in the moment in which it was called.
                        warm = held = seen = False
                        child.wait()
                        child = self._alive_child()
                        child.send(Start(number, job, surroundings()))
                        continue
                    code = None if child.foreign else child.wait()
                    if notice := course.after(code, child.last_words()):
                        held = seen = False
                        child = self._alive_child()
                        child.send(Start(number, course.job, surroundings()))
                        yield notice
                        continue
                    done = True
                    raise _epitaph(child, code)
                if isinstance(message, Ended) and message.run == number:
                    done = True
                    if message.error:
                        raise message.error
                elif isinstance(message, tuple) and message[0] == number:
                    warm = False  # From here on, it ends with the run.
                    if course.is_news(message[1]):
                        yield message[1]
                        if not seen and isinstance(message[1], Progress):
                            seen = True
                            child.order(number, "saw")
                else:
                    yield None
        finally:
            if not (done or child.foreign):
                # The caller dropped this generator: nobody waits for the run any more.
                child.order(number, "cancel")
                self._dropped = number, time.monotonic()

    def _cancel(self, child: Child, number: int) -> None:
        """Stop the run, or failing that the child, and raise `Cancelled`."""
        child.order(number, "cancel")
        deadline = time.monotonic() + _CANCEL_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            message = child.receive(left)
            if message is GONE:
                break
            if isinstance(message, Ended) and message.run == number:
                raise Cancelled("The run was cancelled.")
        if not child.foreign:
            child.kill()
            self.warm_up()
        raise Cancelled("The run was cancelled.")

    def _forked(self) -> None:
        """Leave to the process that this one was forked from what is its own."""
        self._unlock()
        child, self._child = self._child, None
        if child:
            child.leave()


def _epitaph(child: Child, code: int | None) -> EngineDied:
    """Return the error that says why a child is gone, with that exit code."""
    if child.foreign:
        return EngineUnavailable(
            "This process was forked in the middle of a run, which goes on in the process that "
            "began it: begin a run of its own here."
        )
    cause = _cause(code)
    if code != -9 and (last := child.last_words()):
        cause += f", last words: {last}"
    if child.ready or code == -9:
        text = f"The engine process ended during the run ({cause}). The next run starts a new one."
        return EngineDied(text)
    return EngineUnavailable(
        f"The engine process ended while it was starting ({cause}): mend that, and see to it that "
        f"{child.python} has TensorFlow and napari-neural-style."
    )


def _cause(code: int | None) -> str:
    """Return what an exit code says."""
    if code is None:
        return "what it said could not be understood"
    if code == -9:
        return (
            "it was killed, most likely because memory ran out; a smaller size, or tile=256, "
            "needs less"
        )
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"ended by the signal {signal.Signals(-code).name}"
    return f"exit code {code}"


_engines: weakref.WeakSet[EngineProcess] = weakref.WeakSet()
_engine: EngineProcess | None = None
_engine_lock = threading.Lock()


def engine_process() -> EngineProcess:
    """Return the engine process that everything in this Python process shares."""
    global _engine
    with _engine_lock:
        if _engine is None:
            _engine = EngineProcess()
            atexit.register(_engine.close)
        return _engine


def _forked() -> None:
    global _engine_lock
    _engine_lock = threading.Lock()
    for engine in list(_engines):
        engine._forked()


in_forked_child(_forked)
