"""`Child`: one engine process, fed and listened to by two threads, so that nobody waits for it."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from typing import IO, Any

from napari_neural_style.control import Guides
from napari_neural_style.errors import EngineUnavailable
from napari_neural_style.process import interpreter
from napari_neural_style.process.messages import Command, Order, Ready, receive, send

__all__ = ["GONE", "Child"]

_EXIT_SECONDS = 1.0
#: How long a process may live on whose pipe has ended.
_LAST_SECONDS = 5.0

#: What is received from a child that is no more.
GONE = object()


class Child:
    """One child process.

    Nothing here waits for the child, which may be stopped or busy, but `kill`, `wait` and `close`.

    Attributes
    ----------
    process : subprocess.Popen
    python : str
        What it runs.
    ready : bool
        Whether it has got so far that it can work.
    foreign : bool
        Whether it belongs to the process that this one was forked from.

    Raises
    ------
    EngineUnavailable
        If it cannot be started.
    """

    def __init__(self) -> None:
        self.ready = False
        self.foreign = False
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._log = _log()
        command = interpreter.command()
        self.python = command[0]
        try:
            self.process = subprocess.Popen(
                command,
                # Without buffers there is nothing that a forked process could write a second time.
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if self._log is None else self._log,
                env=interpreter.environment(),
                cwd=interpreter.folder(),
                # Ctrl+C in a terminal, and its end, are for the parent, which has yet to save.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
                | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except (OSError, ValueError) as error:
            raise EngineUnavailable(
                f"The engine process could not be started ({error}): check that this machine has "
                f"memory, processes and open files left, and that its Python is still there."
            ) from error
        try:
            self._reader = _thread(self._read)
            self._writer = _thread(self._write)
        except RuntimeError as error:  # The limit of threads, or Python is about to end.
            self.process.kill()
            raise EngineUnavailable(
                f"The engine process could not be started ({error}): end other programs, or wait "
                f"for this run before the program ends."
            ) from error

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def send(self, message: Any) -> None:
        """Send a message as soon as the child takes it."""
        self._outbox.put(message)

    def order(
        self,
        run: int,
        what: Command,
        told: Mapping[str, float] | Guides | None = None,
    ) -> None:
        """Send an order for a run."""
        self.send(Order(run, what, told))

    def receive(self, timeout: float) -> Any:
        """Return the next message, None if there is none in time, or `GONE`."""
        try:
            message = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None
        if message is GONE:
            self._inbox.put(GONE)
        return message

    def kill(self) -> None:
        """End the child now, and wait until it has."""
        self.process.kill()
        self.process.wait()

    def wait(self) -> int | None:
        """Wait until the child has ended, as its pipes have; return its exit code.

        One that goes on, though what it says cannot be understood, is of no use: it is ended, and
        None is returned.
        """
        try:
            return self.process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def close(self) -> None:
        """Ask the child to end by closing its input, and see to it that it does."""
        self._outbox.put(GONE)
        try:
            self.process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        for thread in (self._reader, self._writer):
            thread.join(_EXIT_SECONDS)
        if self.process.stdout and not self._reader.is_alive():
            self.process.stdout.close()
        if self._log:
            self._log.close()

    def leave(self) -> None:
        """Let go of the child in a process that was forked: it is the parent's, and stays that."""
        self.foreign = True
        # Their threads are not in this process, and their locks may be held for ever.
        self._inbox, self._outbox = queue.SimpleQueue(), queue.SimpleQueue()
        self._inbox.put(GONE)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        self.process.returncode = 0  # Python would warn that it still runs, as it shall.

    def last_words(self) -> str:
        """Return the last line the child wrote to its standard error."""
        if self._log is not None:
            with contextlib.suppress(OSError, ValueError):
                self._log.seek(0)
                lines = self._log.read().decode(errors="replace").strip().splitlines()
                return lines[-1][:400] if lines else ""
        return ""

    def _read(self) -> None:
        assert self.process.stdout is not None
        inbox = self._inbox
        # The reader's buffer is this thread's own: a forked process has none of it.
        with (
            open(self.process.stdout.fileno(), "rb", closefd=False) as stream,
            contextlib.suppress(EOFError),
        ):
            while True:
                message = receive(stream)
                if isinstance(message, Ready):
                    self.ready = True
                else:
                    inbox.put(message)
                del message  # Pictures are large, and the next one may be long in coming.
        inbox.put(GONE)

    def _write(self) -> None:
        assert self.process.stdin is not None
        outbox = self._outbox
        # A child that is gone is noticed by the reader, with its exit code.
        with contextlib.suppress(OSError, ValueError):
            while (message := outbox.get()) is not GONE:
                with open(self.process.stdin.fileno(), "wb", closefd=False) as stream:
                    send(stream, message)
                del message  # A job's images are large, and the next one may be long in coming.
        with contextlib.suppress(OSError):
            self.process.stdin.close()


def _log() -> IO[bytes] | None:
    """Return where the child's last words go; None where there is no place for them."""
    with contextlib.suppress(OSError):
        return tempfile.TemporaryFile()
    with contextlib.suppress(OSError, AttributeError):  # Only Linux has files that are in memory.
        return open(os.memfd_create("neural-style-engine"), "w+b")
    return None


def _thread(target: Any) -> threading.Thread:
    thread = threading.Thread(target=target, name="neural-style-engine", daemon=True)
    thread.start()
    return thread
