"""An engine that is stopped, as by a debugger or a batch system, keeps nobody waiting."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled
from napari_neural_style.job import Job
from napari_neural_style.process import EngineProcess, client, interpreter
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")

PRETENDED = Path(__file__).with_name("pretended_server.py")
#: As soon as cancelling promises, and some more for a busy machine.
SOON = 10.0


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineProcess]:
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, str(PRETENDED)])
    # Other tests of this process may have an engine of their own.
    before = psutil.Process().children()
    engine = EngineProcess()
    yield engine
    engine.close()
    assert not set(psutil.Process().children()) - set(before)


def job(steps: int = 3, pixels: int = 4) -> Job:
    image = np.full((pixels, pixels, 3), 0.5, np.float32)
    return Job(image, image, Settings(steps=steps))


def paint(engine: EngineProcess) -> list[int]:
    return [u.step for u in engine.stylize_steps(job()) if isinstance(u, Progress)]


def stop(engine: EngineProcess) -> int:
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    return pid


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


@pytest.mark.parametrize("pixels", [4, 2000], ids=["a small job", "more than a pipe holds"])
def test_a_run_that_does_not_begin_is_cancelled(engine: EngineProcess, pixels: int) -> None:
    paint(engine)
    pid = stop(engine)
    control = Control()
    updates = engine.stylize_steps(job(pixels=pixels), control)
    assert [next(updates) for _ in range(5)] == [None] * 5
    start = time.monotonic()
    control.cancel()
    with pytest.raises(Cancelled):
        list(updates)
    assert time.monotonic() - start < SOON
    assert is_gone(pid)
    assert paint(engine) == [1, 2, 3]


def test_a_run_in_the_middle_is_cancelled(engine: EngineProcess) -> None:
    control = Control()
    updates = engine.stylize_steps(job(steps=100_000), control)
    next(u for u in updates if isinstance(u, Progress))
    pid = stop(engine)
    while next(updates) is not None:
        pass  # What was on its way still arrives.
    for _ in range(2000):
        control.steer({"style_strength": 0.5})  # Its pipe is full sooner or later.
        control.pause()
        control.resume()
    start = time.monotonic()
    control.cancel()
    with pytest.raises(Cancelled):
        list(updates)
    assert time.monotonic() - start < SOON
    assert is_gone(pid)
    assert paint(engine) == [1, 2, 3]


def test_one_that_was_dropped_is_replaced(
    engine: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_DROP_SECONDS", 0.5)
    updates = engine.stylize_steps(job(steps=100_000))
    next(u for u in updates if isinstance(u, Progress))
    pid = stop(engine)
    updates.close()
    assert paint(engine) == [1, 2, 3]
    assert is_gone(pid)


def test_one_that_goes_on_again_is_kept(engine: EngineProcess) -> None:
    updates = engine.stylize_steps(job(steps=500))
    next(u for u in updates if isinstance(u, Progress))
    pid = stop(engine)
    threading.Timer(0.3, os.kill, (pid, signal.SIGCONT)).start()
    assert [u.step for u in updates if isinstance(u, Progress)][-1] == 500
    assert engine.pid == pid


def test_it_ends_with_the_program(engine: EngineProcess) -> None:
    paint(engine)
    pid = stop(engine)
    start = time.monotonic()
    engine.close()
    assert time.monotonic() - start < SOON
    assert is_gone(pid)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_that_end_programs_are_for_the_parent(engine: EngineProcess, name: str) -> None:
    updates = engine.stylize_steps(job(steps=500))
    next(u for u in updates if isinstance(u, Progress))
    os.kill(engine.pid or 0, getattr(signal, name))
    assert [u.step for u in updates if isinstance(u, Progress)][-1] == 500


def test_a_terminals_signals_do_not_even_reach_it(engine: EngineProcess) -> None:
    """They may come before it has begun to ignore them."""
    engine.warm_up()
    assert os.getsid(engine.pid or 0) != os.getsid(0)


def test_one_that_is_killed_in_the_moment_it_is_called_is_replaced(engine: EngineProcess) -> None:
    paint(engine)
    pid = stop(engine)
    control = Control()
    updates = engine.stylize_steps(job(), control)
    assert next(updates) is None
    control.pause()
    assert next(updates) is None
    os.kill(pid, signal.SIGKILL)
    threading.Timer(1.0, control.resume).start()
    assert [u.step for u in updates if isinstance(u, Progress)] == [1, 2, 3]
    assert engine.pid != pid
