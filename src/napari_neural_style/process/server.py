"""The engine process: takes jobs from its standard input, answers on its standard output.

Started by `napari_neural_style.process.child`; its first lines are in
`napari_neural_style.process.begin`. It ends when its standard input closes, and so when its parent
dies.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from napari_neural_style.control import Control
from napari_neural_style.errors import EngineFailed, ExtensionError, NeuralStyleError, portable
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.job import Job
from napari_neural_style.preferences import idle_seconds
from napari_neural_style.process.messages import (
    IDLE_EXIT,
    Ended,
    Order,
    Ready,
    Start,
    receive,
    send,
)
from napari_neural_style.progress import Progress, Update
from napari_neural_style.settings import Settings

__all__ = ["main"]

_PARENT_CHECK_SECONDS = 1.0
_NICENESS = 10
#: A window adds a layer for the first preview, which takes it long while the processor is busy.
_SIGHT_SECONDS = 0.25


def main() -> None:
    """Serve jobs until the parent is gone."""
    _leave_endings_to_the_parent()
    _yield_to_windows()
    orders, answers = _private_pipes()
    jobs: queue.Queue[Start] = queue.Queue()
    controls: dict[int, Control] = {}
    threading.Thread(target=_listen, args=(orders, jobs, controls), daemon=True).start()
    threading.Thread(target=_watch_parent, daemon=True).start()
    _prepare_tensorflow()
    send(answers, Ready())
    while True:
        try:
            start = jobs.get(timeout=idle_seconds())
        except queue.Empty:
            os._exit(IDLE_EXIT)  # Memory goes back to the system; the next run starts another.
        os.environ.update(start.surroundings)
        error = _serve(start, controls[start.run], answers)
        del controls[start.run]
        send(answers, Ended(start.run, error))


def _leave_endings_to_the_parent() -> None:
    """Ignore what a terminal or a batch system tells every process at once: the parent saves first.

    It is told the same, and this process ends with it.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _yield_to_windows() -> None:
    """Let napari's window go first where both want the processor."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        # Linux shares the processor out between sessions first, and niceness counts only within
        # one: as the head of its own, this process has to say so for the session (`man 7 sched`).
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS), encoding="ascii")


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the two pipes for ourselves: whatever else prints to standard output goes to the log."""
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return orders, answers


def _listen(orders: BinaryIO, jobs: queue.Queue[Start], controls: dict[int, Control]) -> None:
    while True:
        try:
            message = receive(orders)
        except EOFError:
            os._exit(0)  # The parent is gone or wants us gone; nothing here needs saving.
        if isinstance(message, Start):
            controls[message.run] = Control()
            jobs.put(message)
        elif isinstance(message, Order) and (control := controls.get(message.run)):
            arguments = [] if message.told is None else [message.told]
            getattr(control, message.what)(*arguments)


def _watch_parent() -> None:
    """End with the parent even if a forked relative of it keeps the pipe open."""
    parent = os.getppid()
    while os.name == "posix":
        time.sleep(_PARENT_CHECK_SECONDS)
        if os.getppid() != parent:
            os._exit(0)


def _prepare_tensorflow() -> None:
    # The engine's only output are its messages; TensorFlow's chatter helps nobody.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        tempfile.gettempdir()
    except OSError:  # Some of what is imported asks for its name; what is written there is nothing.
        tempfile.tempdir = os.path.abspath(os.sep)
    # Import ahead of the first job: it takes seconds, and the user is still choosing layers.
    with _without_garbage(), _without("keras"):
        import napari_neural_style.engine  # noqa: F401


@contextmanager
def _without_garbage() -> Iterator[None]:
    """Take all that is made here for no garbage, now and later.

    To look for some among the modules of TensorFlow is a fifth of the time that these take to
    import, and is nobody's wish while a picture is painted.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Have a package taken for one that is not installed, and no more afterwards.

    TensorFlow imports Keras, if it is there, for the sake of some registrations: a third of all the
    time, and the engine does without. An extension that needs it imports it then.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def _serve(start: Start, control: Control, answers: BinaryIO) -> Exception | None:
    """Run one job; return what ended it early, if anything did."""
    from napari_neural_style.engine import learn_steps, stylize_steps

    job = start.job
    try:
        if isinstance(job, Job):
            _check_extensions(job.settings)
            updates: Iterator[Update] = stylize_steps(job, control)
        else:
            updates = learn_steps(job, control)
        first = True
        for update in updates:
            send(answers, (start.run, update))
            # No step follows the last one, and films and live looks have no other.
            if first and isinstance(update, Progress) and not update.finished:
                first = False
                control.wait_until_seen(_SIGHT_SECONDS)
            del update  # Pictures are large, and the next one may be long in coming.
    except NeuralStyleError as error:
        return portable(error)
    except MemoryError:
        return EngineFailed("There is not enough memory for this size: choose a smaller one.")
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:  # noqa: BLE001 (reported to the user, with its traceback)
        return EngineFailed(_sentence(error), traceback.format_exc())
    return None


def _check_extensions(settings: Settings) -> None:
    """Refuse a network or loss that is registered where the job comes from, but not here."""
    here = extensions()
    for what, name, registered in (
        ("feature network", settings.features, {*here.feature_networks}),
        ("style loss", settings.style_loss, {"auto", *here.style_losses}),
        ("content loss", settings.content_loss, {*here.content_losses}),
    ):
        if name not in registered:
            problems = " ".join(problem.text for problem in here.problems)
            raise ExtensionError(
                f"The engine process knows no {what} {name!r}: install the extension that brings "
                f"it, or choose another one. {problems}".rstrip()
            )


def _sentence(error: Exception) -> str:
    if type(error).__name__ == "ResourceExhaustedError":
        return "There is not enough memory on the device for this size: choose a smaller one."
    text = str(error).strip().splitlines() or [""]
    return f"The engine failed with {type(error).__name__}: {text[0][:200]}"
