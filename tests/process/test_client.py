"""A real child process: its answers, its errors, its end. They share one."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import psutil
import pytest

from napari_neural_style.control import Control
from napari_neural_style.engine import stylize_steps
from napari_neural_style.errors import (
    Cancelled,
    EngineDied,
    EngineFailed,
    EngineUnavailable,
    ImageError,
    SettingsError,
    WeightsError,
)
from napari_neural_style.job import Job
from napari_neural_style.process import (
    EngineProcess,
    child,
    client,
    engine_process,
    interpreter,
    server,
)
from napari_neural_style.process.messages import IDLE_EXIT, Start
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings
from without_tensorflow import SERVER

pytestmark = pytest.mark.usefixtures("engines_are_started")
posix = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    shared = EngineProcess()
    yield shared
    shared.close()


@pytest.fixture
def job(picture):
    """Small and shallow, as a function of the settings that differ."""

    def make(**changes) -> Job:
        settings = {
            "features": "builtin",
            "content_layers": {"block2_conv1": 1.0},
            "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
            "precision": "float32",
            "size": 48,
            "steps": 4,
            "update_every": 1,
            "smallest_scale": 24,
            "device": "cpu",
        }
        return Job(
            picture(48, 36, seed=1), picture(40, 48, seed=2), Settings(**{**settings, **changes})
        )

    return make


def steps(engine: EngineProcess, job: Job, control: Control | None = None) -> list[Progress]:
    return [u for u in engine.stylize_steps(job, control) if isinstance(u, Progress)]


def first_step(updates) -> Progress:
    return next(update for update in updates if isinstance(update, Progress))


def is_gone(pid: int) -> bool:
    """Whether a process ended; one whose new parent has not taken note of it counts as well."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        if is_gone(pid):
            return True
        time.sleep(0.1)
    return False


def test_child_paints_the_same_picture_as_the_engine_here(engine, job):
    found = steps(engine, job())
    expected = list(stylize_steps(job()))
    assert engine.pid != os.getpid()
    assert [update.step for update in found] == [1, 2, 3, 4]
    for here, there in zip(expected, found, strict=True):
        np.testing.assert_array_equal(there.image, here.image)
        assert there.losses == here.losses


def test_the_engine_is_told_when_the_first_preview_has_been_taken_in(engine, job, monkeypatch):
    told = []
    order = child.Child.order

    def told_as_well(self, run, what, *rest):
        told.append(what)
        order(self, run, what, *rest)

    monkeypatch.setattr(child.Child, "order", told_as_well)
    updates = engine.stylize_steps(job())
    first_step(updates)
    assert told == []  # Whoever has it may still be at work on it.
    list(updates)
    assert told == ["saw"]


def test_the_engine_waits_with_its_second_step_for_that(job):
    class Patient(Control):
        asked: ClassVar[list[int]] = []

        def wait_until_seen(self, timeout: float) -> None:
            assert timeout < 1  # A window that is busy with something else keeps nothing waiting.
            self.asked.append(len(sent))

    sent: list[object] = []

    class Answers(io.BytesIO):
        def flush(self) -> None:
            sent.append(None)

    assert server._serve(Start(1, job()), Patient(), Answers()) is None
    assert len(sent) > 2
    assert Patient.asked == [1]
    # The last preview has no step after it.
    assert server._serve(Start(2, job(steps=1)), Patient(), Answers()) is None
    assert Patient.asked == [1]


def niceness_of_session(pid: int) -> int | None:
    """What Linux holds of the process's session; None where it shares out by other groups."""
    try:
        text = Path(f"/proc/{pid}/autogroup").read_text(encoding="ascii")
    except OSError:
        return None
    return int(text.split()[-1]) if text.strip() else None


def test_windows_go_first(engine, job):
    steps(engine, job(steps=1))
    assert psutil.Process(engine.pid).nice() > psutil.Process().nice()


def test_windows_go_first_though_the_engine_is_a_session_of_its_own(engine, job):
    steps(engine, job(steps=1))
    theirs = niceness_of_session(engine.pid)
    if theirs is None:
        pytest.skip("no niceness of sessions here")
    # A process that was never in a session but the first has none of its own: it counts as 0.
    assert theirs > (niceness_of_session(os.getpid()) or 0)


def test_errors_come_back_as_what_they_are(engine, job, tmp_path):
    steps(engine, job(steps=1))
    pid = engine.pid
    bad = job()
    bad.content[0, 0, 0] = np.nan
    with pytest.raises(ImageError, match="The content has NaN"):
        steps(engine, bad)
    missing = tmp_path / "missing.h5"
    with pytest.raises(WeightsError, match=r"There is no weights file .*missing\.h5"):
        steps(engine, job(features="vgg19", weights=str(missing)))
    with pytest.raises(SettingsError, match="does not see the device 'gpu:7'"):
        steps(engine, job(device="gpu:7"))
    assert steps(engine, job())[-1].finished
    assert engine.pid == pid


def test_unexpected_errors_come_back_with_their_traceback(engine, job):
    with pytest.raises(EngineFailed, match="The engine failed with AttributeError") as error:
        steps(engine, Job("no array", job().style))
    assert "Traceback" in error.value.details
    assert "stylize_steps" in error.value.details
    assert steps(engine, job())[-1].finished


def test_cancelled_run_leaves_the_child_warm_for_the_next(engine, job):
    control = Control()
    updates = engine.stylize_steps(job(steps=100_000), control)
    first_step(updates)
    pid = engine.pid
    control.cancel()
    with pytest.raises(Cancelled):
        list(updates)
    assert [update.step for update in steps(engine, job())] == [1, 2, 3, 4]
    assert engine.pid == pid


def test_paused_run_yields_nothing_new_until_it_is_resumed(engine, job):
    control = Control()
    updates = engine.stylize_steps(job(steps=150, smallest_scale=0), control)
    first_step(updates)
    control.pause()
    quiet = 0
    for update in updates:  # What was on its way still arrives.
        quiet = 0 if update else quiet + 1
        if quiet == 20:
            break
    control.resume()
    rest = [update.step for update in updates if update]
    assert 1 < len(rest) < 150
    assert rest == list(range(rest[0], 151))


def test_cancel_ends_a_paused_run(engine, job):
    control = Control()
    updates = engine.stylize_steps(job(steps=100_000), control)
    first_step(updates)
    control.pause()
    next(update for update in updates if update is None)
    control.cancel()
    with pytest.raises(Cancelled):
        list(updates)


def test_dropped_generator_ends_its_run(engine, job):
    updates = engine.stylize_steps(job(steps=100_000))
    first_step(updates)
    pid = engine.pid
    updates.close()
    # The child takes one job at a time: this one would wait for ever behind the dropped one.
    assert [update.step for update in steps(engine, job())] == [1, 2, 3, 4]
    assert engine.pid == pid


def test_second_run_waits_for_its_turn(engine, job):
    updates = engine.stylize_steps(job(steps=100_000))
    first_step(updates)
    done: list[Progress] = []
    second = threading.Thread(target=lambda: done.extend(steps(engine, job())))
    second.start()
    second.join(0.5)
    assert not done
    updates.close()
    second.join(120)
    assert done[-1].finished


def test_waiting_run_can_be_cancelled(engine, job):
    updates = engine.stylize_steps(job(steps=100_000))
    first_step(updates)
    control = Control()
    waiting = engine.stylize_steps(job(), control)
    assert next(waiting) is None
    control.cancel()
    with pytest.raises(Cancelled):
        list(waiting)
    assert first_step(updates).step > 1
    updates.close()


def test_child_is_told_what_the_user_prefers(engine, job, monkeypatch):
    monkeypatch.setattr(client, "surroundings", lambda: {"NAPARI_NEURAL_STYLE_OFFLINE": ""})
    steps(engine, job(steps=1))
    pid = engine.pid
    monkeypatch.setattr(client, "surroundings", lambda: {"NAPARI_NEURAL_STYLE_OFFLINE": "1"})
    with pytest.raises(WeightsError, match="the preferences say to stay offline"):
        steps(engine, job(features="vgg19", weights="imagenet"))
    assert engine.pid == pid


@posix
def test_killed_child_is_said_and_replaced(engine, job):
    updates = engine.stylize_steps(job(steps=100_000))
    first_step(updates)
    pid = engine.pid
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineDied, match="it was killed, most likely because memory ran out"):
        list(updates)
    assert is_gone(pid)
    assert [update.step for update in steps(engine, job())] == [1, 2, 3, 4]
    assert engine.pid not in (None, pid)


@posix
def test_what_has_ended_it_is_said_by_name(engine, job):
    updates = engine.stylize_steps(job(steps=100_000))
    first_step(updates)
    os.kill(engine.pid, signal.SIGXCPU)
    with pytest.raises(EngineDied, match="ended by the signal SIGXCPU"):
        list(updates)


def test_one_that_talks_nonsense_is_ended_and_said(job, monkeypatch):
    nonsense = "import time; print('no pickle', flush=True); time.sleep(600)"
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, "-c", nonsense])
    monkeypatch.setattr(child, "_LAST_SECONDS", 0.2)
    engine = EngineProcess()
    with pytest.raises(
        EngineUnavailable, match=r"ended while it was starting \(what it said could not"
    ):
        steps(engine, job())
    assert engine.pid is None
    engine.close()


def test_cancel_while_the_child_starts_does_not_wait_for_it(job):
    engine, control = EngineProcess(), Control()
    try:
        updates = engine.stylize_steps(job(), control)
        assert next(updates) is None
        pid = engine.pid
        control.cancel()
        with pytest.raises(Cancelled):
            list(updates)
        # Importing TensorFlow cannot be interrupted: that child is given up for a fresh one.
        assert is_gone(pid)
        assert steps(engine, job())[-1].finished
        last = engine.pid
        assert last != pid
    finally:
        engine.close()
    assert engine.pid is None
    assert not psutil.pid_exists(last)


def test_close_ends_a_child_that_is_still_starting():
    engine = EngineProcess()
    engine.warm_up()
    pid = engine.pid
    engine.close()
    assert not psutil.pid_exists(pid)
    engine.close()


def test_engine_process_is_shared():
    assert engine_process() is engine_process()


@posix
def test_child_dies_with_its_parent():
    script = (
        "import time\n"
        "from napari_neural_style.process import EngineProcess\n"
        "engine = EngineProcess(); engine.warm_up()\n"
        "print(engine.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    with parent:
        pid = int(parent.stdout.readline())
        assert not is_gone(pid)
        parent.kill()
    assert wait_until_gone(pid)


def test_idle_child_ends_itself_and_the_next_run_starts_another(job, monkeypatch):
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_IDLE_MINUTES", "0.005")
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, str(SERVER)])
    engine = EngineProcess()
    try:
        engine.warm_up()
        first = engine._child
        assert first.process.wait(120) == IDLE_EXIT
        assert engine.pid is None
        # It may end in the very moment in which it is called: then it still counts as alive.
        monkeypatch.setattr(type(first), "alive", property(_once_more(first)))
        assert steps(engine, job())[-1].finished
        assert engine._child is not first
    finally:
        engine.close()


def _once_more(child):
    answers = iter([True])
    return lambda self: self.process.poll() is None or (self is child and next(answers, False))
