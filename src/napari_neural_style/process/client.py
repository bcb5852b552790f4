"""The engine as its user's side sees it: `EngineProcess` starts, feeds and replaces the child."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from typing import IO, Any, Literal

from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled, EngineDied
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.job import Job
from napari_neural_style.preferences import surroundings
from napari_neural_style.process.messages import IDLE_EXIT, Ended, Order, Start, receive, send
from napari_neural_style.progress import Update

__all__ = ["EngineProcess", "engine_process"]

_POLL_SECONDS = 0.05
#: How long a cancelled run may take to say so before its process is killed.
_CANCEL_SECONDS = 1.2
_EXIT_SECONDS = 1.0


class EngineProcess:
    """A child process that runs the engine, kept warm between runs.

    All methods may be called from any thread. The child is started by the first run, or ahead of
    it by `warm_up`; one that dies is replaced by the next run. So is one that has ended itself,
    after as many idle minutes as the preferences say.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held by the run that uses the child
        self._starting = threading.Lock()
        self._child: _Child | None = None
        self._numbers = itertools.count(1)

    @property
    def pid(self) -> int | None:
        """Process number of the child, or None while there is none."""
        child = self._child
        return child.process.pid if child and child.alive else None

    def warm_up(self) -> None:
        """Start the child, if there is none, without waiting until it is ready."""
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
        NeuralStyleError
            Whatever the engine raises.
        """
        check_registered(job.settings)
        control = control or Control()
        while not self._lock.acquire(timeout=_POLL_SECONDS):
            if control.cancelled:
                raise Cancelled("The run was cancelled.")
            yield None
        try:
            yield from self._run(job, control)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the child and wait until it is gone."""
        with self._starting:
            child, self._child = self._child, None
        if child:
            child.close()

    def _alive_child(self) -> _Child:
        with self._starting:
            if self._child is None or not self._child.alive:
                if self._child:
                    self._child.close()
                self._child = _Child()
            return self._child

    def _run(self, job: Job, control: Control) -> Generator[Update | None, None, None]:
        number = next(self._numbers)
        child = self._alive_child()
        child.send(Start(number, job, surroundings()))
        held = heard = False
        done = False
        try:
            while not done:
                if control.cancelled:
                    done = True
                    self._cancel(child, number)
                if control.paused != held:
                    held = control.paused
                    child.order(number, "pause" if held else "resume")
                if changes := control.take_changes():
                    child.order(number, "steer", changes)
                message = child.receive(_POLL_SECONDS)
                if message is _GONE:
                    if not heard and child.wait() == IDLE_EXIT:
                        # It ended itself in the moment in which it was called.
                        child = self._alive_child()
                        child.send(Start(number, job, surroundings()))
                        continue
                    done = True
                    raise EngineDied(self._epitaph(child))
                if isinstance(message, Ended) and message.run == number:
                    done = True
                    if message.error:
                        raise message.error
                elif isinstance(message, tuple) and message[0] == number:
                    heard = True
                    yield message[1]
                else:
                    yield None
        finally:
            if not done:  # The caller dropped this generator: nobody waits for the run any more.
                child.order(number, "cancel")

    def _cancel(self, child: _Child, number: int) -> None:
        """Stop the run, or failing that the child, and raise `Cancelled`."""
        child.order(number, "cancel")
        deadline = time.monotonic() + _CANCEL_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            message = child.receive(left)
            if message is _GONE:
                break
            if isinstance(message, Ended) and message.run == number:
                raise Cancelled("The run was cancelled.")
        child.kill()
        self.warm_up()
        raise Cancelled("The run was cancelled.")

    def _epitaph(self, child: _Child) -> str:
        code = child.wait()
        if code == -9:
            cause = "it was killed, most likely because memory ran out; a smaller size needs less"
        else:
            cause = f"exit code {code}"
            if last := child.last_words():
                cause += f", last words: {last}"
        return f"The engine process ended during the run ({cause}). The next run starts a new one."


_GONE = object()


class _Child:
    """One child process, with a thread that reads what it says."""

    def __init__(self) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `close`)
        # -P: modules in the current folder must not shadow ours; the path is passed on instead.
        path = os.pathsep.join(p for p in sys.path if p)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "napari_neural_style.process.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # TensorFlow has the cores; numpy's threads would only spin against it.
            env={
                **os.environ,
                **surroundings(),
                "PYTHONPATH": path,
                "OPENBLAS_NUM_THREADS": "1",
            },
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._sending = threading.Lock()
        self._inbox: queue.Queue[Any] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="neural-style-engine", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, message: Any) -> None:
        # A child that is gone is noticed by the reader, with its exit code.
        with self._sending, contextlib.suppress(OSError, ValueError):
            assert self.process.stdin is not None
            send(self.process.stdin, message)  # type: ignore[arg-type]

    def order(
        self,
        run: int,
        what: Literal["pause", "resume", "cancel", "steer"],
        changes: Mapping[str, float] | None = None,
    ) -> None:
        self.send(Order(run, what, changes))

    def receive(self, timeout: float) -> Any:
        """Return the next message, None if there is none in time, or `_GONE`."""
        try:
            message = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None
        if message is _GONE:
            self._inbox.put(_GONE)
        return message

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        return self.process.wait()

    def close(self) -> None:
        """Ask the child to end by closing its input, and see to it that it does."""
        with self._sending, contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            self.process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join(_EXIT_SECONDS)
        if self.process.stdout and not self._reader.is_alive():
            self.process.stdout.close()
        self._log.close()

    def last_words(self) -> str:
        """Return the last line the child wrote to its standard error."""
        with contextlib.suppress(ValueError):
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").strip().splitlines()
            return lines[-1][:200] if lines else ""
        return ""

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(EOFError):
            while True:
                self._inbox.put(receive(self.process.stdout))  # type: ignore[arg-type]
        self._inbox.put(_GONE)


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
