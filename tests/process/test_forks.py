"""What a forked process has of its own, whatever its parent was doing when it was forked.

The engine here is a real process, but one that knows nothing of TensorFlow: it answers each job
with a picture that says which job it was, and which process the engine is.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_neural_style.errors import EngineDied, EngineUnavailable
from napari_neural_style.job import Job
from napari_neural_style.process import EngineProcess, engine_process, interpreter
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

PRETENDED = Path(__file__).with_name("pretended_server.py")
SECONDS = 60.0


@pytest.fixture(autouse=True)
def _pretended_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_process().close()  # Other tests may have left a real one.
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, str(PRETENDED)])


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess()
    yield engine
    engine.close()


def job(value: float, steps: int = 3) -> Job:
    return Job(np.full((4, 5, 3), value, np.float32), np.zeros((2, 2, 3), np.float32), _of(steps))


def _of(steps: int) -> Settings:
    return Settings(steps=steps)


def painted(engine: EngineProcess, value: float) -> tuple[float, int]:
    """Return what the picture says, and the engine's process."""
    *_, last = (u for u in engine.stylize_steps(job(value)) if isinstance(u, Progress))
    return float(last.image[0, 0, 0]), int(last.losses["pid"])


def in_fork(function: Callable[[], Any]) -> Any:
    """Return what a function returns in a forked process, or the error it raises there."""
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()

    def tell() -> None:
        try:
            results.put(function())
        except Exception as error:  # noqa: BLE001
            results.put(error)

    child = context.Process(target=tell)
    child.start()
    child.join(SECONDS)
    if child.is_alive():
        child.kill()
        raise AssertionError("the forked process hangs")
    return results.get()


def test_a_fork_after_a_run_has_an_engine_of_its_own(engine: EngineProcess) -> None:
    assert painted(engine, 0.25) == (0.25, engine.pid)
    value, pid = in_fork(lambda: painted(engine, 0.75))
    assert value == 0.75
    assert pid != engine.pid
    assert painted(engine, 0.5) == (0.5, engine.pid), "the parent's goes on as if nothing had been"


def test_a_fork_before_the_first_run_is_the_same(engine: EngineProcess) -> None:
    assert in_fork(lambda: painted(engine, 0.75))[0] == 0.75
    assert painted(engine, 0.5)[0] == 0.5


def test_a_fork_of_a_fork(engine: EngineProcess) -> None:
    painted(engine, 0.25)

    def again() -> Any:
        first = painted(engine, 0.5)
        return first, in_fork(lambda: painted(engine, 0.75)), painted(engine, 0.5)

    (one, pid), (other, inner), (last, same) = in_fork(again)
    assert (one, other, last) == (0.5, 0.75, 0.5)
    assert len({engine.pid, pid, inner}) == 3
    assert same == pid


def test_a_fork_in_the_middle_of_another_threads_run(engine: EngineProcess) -> None:
    updates = engine.stylize_steps(job(0.25, steps=10_000))
    going = threading.Event()
    done: list[Any] = []

    def work() -> None:
        for update in updates:
            if isinstance(update, Progress):
                done.append(update)
                going.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert going.wait(SECONDS)
    # The thread holds the lock that makes runs take turns, and that of the reading of the pipe.
    for value in (0.5, 0.75):
        assert in_fork(lambda value=value: painted(engine, value))[0] == value
    thread.join(SECONDS)
    assert [update.step for update in done] == list(range(1, 10_001))
    assert {float(update.image[0, 0, 0]) for update in done} == {0.25}


def test_a_fork_in_the_middle_of_its_own_run_is_told_so(engine: EngineProcess) -> None:
    updates = engine.stylize_steps(job(0.25, steps=2000))
    next(u for u in updates if isinstance(u, Progress))

    def go_on() -> Any:
        try:
            list(updates)
        except EngineDied as error:
            return error, painted(engine, 0.75)[0]

    error, value = in_fork(go_on)
    assert isinstance(error, EngineUnavailable)
    assert "forked in the middle of a run" in str(error)
    assert value == 0.75
    assert [u.step for u in updates if isinstance(u, Progress)][-1] == 2000


def test_a_generator_that_a_fork_drops_does_not_cancel_the_parents_run(
    engine: EngineProcess,
) -> None:
    updates = engine.stylize_steps(job(0.25, steps=2000))
    next(u for u in updates if isinstance(u, Progress))
    assert in_fork(updates.close) is None
    assert [u.step for u in updates if isinstance(u, Progress)][-1] == 2000


@pytest.mark.parametrize("lock", ["_lock", "_starting"])
def test_locks_that_are_held_across_a_fork_hold_nobody_up(engine: EngineProcess, lock: str) -> None:
    with getattr(engine, lock):
        assert in_fork(lambda: painted(engine, 0.75))[0] == 0.75
    assert painted(engine, 0.5)[0] == 0.5


def test_a_fork_that_ends_leaves_the_parents_engine_alone(engine: EngineProcess) -> None:
    painted(engine, 0.25)
    pid = engine.pid
    assert in_fork(engine.close) is None
    assert in_fork(lambda: engine.pid) is None
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert painted(engine, 0.5) == (0.5, pid)


def test_the_shared_engine_is_shared_within_a_process_only() -> None:
    pid = painted(engine_process(), 0.25)[1]
    try:
        assert in_fork(lambda: painted(engine_process(), 0.5))[1] != pid
    finally:
        engine_process().close()


def test_the_engine_of_a_fork_ends_with_it(engine: EngineProcess) -> None:
    import psutil

    _, pid = in_fork(lambda: painted(engine, 0.75))
    end = time.monotonic() + SECONDS
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_pools_of_forked_workers() -> None:
    _, pid = painted(engine_process(), 0.25)
    try:
        with multiprocessing.get_context("fork").Pool(3) as pool:
            found = pool.map(_paint, [0.125, 0.25, 0.5, 0.75, 1.0, 0.0])
    finally:
        engine_process().close()
    assert [value for value, _ in found] == [0.125, 0.25, 0.5, 0.75, 1.0, 0.0]
    assert pid not in {pid for _, pid in found}


def _paint(value: float) -> tuple[float, int]:
    return painted(engine_process(), value)


def test_a_plain_fork_that_ends_like_any_program(tmp_path: Path) -> None:
    """As gunicorn's workers are: what is registered for the end of Python is called there too."""
    script = tmp_path / "script.py"
    script.write_text(_PLAIN_FORK.format(folder=str(PRETENDED.parent), server=str(PRETENDED)))
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", str(script)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout.split() == ["parent", "0.25", "child", "0.75", "parent", "0.5"]
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


_PLAIN_FORK = """
import os, sys
sys.path[:0] = [{folder!r}, os.path.dirname({folder!r})]
from napari_neural_style.process import interpreter, engine_process
interpreter.command = lambda: [sys.executable, {server!r}]
from test_forks import painted
print("parent", painted(engine_process(), 0.25)[0], flush=True)
if not (child := os.fork()):
    print("child", painted(engine_process(), 0.75)[0], flush=True)
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
print("parent", painted(engine_process(), 0.5)[0], flush=True)
"""
