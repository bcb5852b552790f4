"""Runs line up, on a bare viewer model."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from napari.components import ViewerModel
from psygnal import EmitLoopError

from napari_neural_style import StyleRun, stylize_layers
from napari_neural_style.control import Control
from napari_neural_style.errors import EngineFailed, NeuralStyleError, SettingsError
from napari_neural_style.hooks import Extensions, hookimpl, manager
from napari_neural_style.records.records import recorded_settings
from napari_neural_style.running.queue import RunQueue, run_queue
from napari_neural_style.settings import Settings
from pretended import PretendedEngine
from quick import PATIENCE, QUICK, wait_until

Start = Callable[..., StyleRun]


class Gate:
    """Holds the engine before each step until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.fails: set[int] = set()

    def __call__(self, job: int, control: Control) -> None:
        if job in self.fails:
            raise EngineFailed("It broke.")
        while not self.open.wait(0.01):
            if control.cancelled:
                return


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def engine(gate: Gate, monkeypatch: pytest.MonkeyPatch, without_qt: None) -> PretendedEngine:
    engine = PretendedEngine(gate)
    return engine


@pytest.fixture
def queue(engine: PretendedEngine) -> RunQueue:
    return run_queue(engine)


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    pixels = np.random.default_rng(2).integers(0, 256, (2, 12, 16, 3), np.uint8)
    viewer.add_image(pixels[0], name="photo", rgb=True)
    viewer.add_image(pixels[1], name="painting", rgb=True)
    return viewer


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The states that an extension observes."""
    states: list[str] = []

    class Diary:
        @hookimpl
        def run_state_changed(self, state: str) -> None:
            states.append(state)

    known = Extensions()
    known.register(Diary(), "diary")
    monkeypatch.setattr(manager, "_extensions", known)
    return states


@pytest.fixture
def start(viewer: ViewerModel, engine: PretendedEngine) -> Start:
    def start_(name: str, **settings: object) -> StyleRun:
        return stylize_layers(
            viewer, "photo", "painting", name=name, **{**QUICK, **settings}, engine=engine
        )

    return start_


def names(queue: RunQueue) -> list[str]:
    return [run.name for run in queue.waiting]


def test_further_runs_wait_and_go_in_order(
    start: Start, queue: RunQueue, gate: Gate, engine: PretendedEngine
) -> None:
    runs = [start(name) for name in "abc"]
    assert [run.state for run in runs] == ["running", "queued", "queued"]
    assert queue.current is runs[0]
    assert names(queue) == ["b", "c"]
    assert not any(run.over for run in runs)
    gate.open.set()
    runs[2].wait(timeout=PATIENCE)  # which lets those before it go on
    assert [run.state for run in runs] == ["finished"] * 3
    assert queue.current is None
    assert len(engine.jobs) == 3


def test_they_can_be_put_in_another_order_and_removed(
    start: Start, queue: RunQueue, gate: Gate, viewer: ViewerModel
) -> None:
    a, b, c, d = (start(name) for name in "abcd")
    changes: list[list[str]] = []
    queue.changed.connect(lambda: changes.append(names(queue)))
    queue.move(d, 0)
    assert names(queue) == ["d", "b", "c"]
    queue.remove(b)
    assert b.state == "cancelled"
    assert names(queue) == ["d", "c"]
    assert changes == [["d", "b", "c"], ["d", "c"]]
    gate.open.set()
    for run in (a, c, d):
        run.wait(timeout=PATIENCE)
    assert [layer.name for layer in viewer.layers[2:]] == ["a", "d", "c"]
    assert b.wait(timeout=1) is b
    assert b.layer is None


@pytest.mark.parametrize("how", ["cancel", "fail"])
def test_the_next_begins_however_the_present_one_ends(
    start: Start, queue: RunQueue, gate: Gate, how: str
) -> None:
    if how == "fail":
        gate.fails.add(0)
    a, b = start("a"), start("b")
    if how == "cancel":
        a.cancel()
    wait_until_over(a)
    assert a.state == {"cancel": "cancelled", "fail": "failed"}[how]
    assert queue.current is b
    gate.open.set()
    assert b.wait(timeout=PATIENCE).state == "finished"


def wait_until_over(run: StyleRun) -> None:
    with contextlib.suppress(NeuralStyleError):
        run.wait(timeout=PATIENCE)


def test_a_viewer_that_closes_takes_its_runs_out_of_the_line(
    start: Start, queue: RunQueue, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    a, b = start("a"), start("b")
    other = ViewerModel()
    for layer in list(viewer.layers):
        other.add_layer(layer)
    c = stylize_layers(other, "photo", "painting", name="c", **QUICK, engine=engine)
    queue.leave(viewer)
    assert [run.state for run in (a, b, c)] == ["running", "cancelled", "queued"]
    queue.remove(c)
    a.cancel()
    wait_until_over(a)


def test_a_run_that_waits_cannot_be_paused(start: Start, queue: RunQueue) -> None:
    a, b = start("a"), start("b")
    b.pause()
    b.resume()
    assert b.state == "queued"
    for run in (b, a):
        run.cancel()
        wait_until_over(run)


def test_a_finished_run_goes_on_in_its_layer(
    start: Start, gate: Gate, engine: PretendedEngine, viewer: ViewerModel
) -> None:
    gate.open.set()
    run = start("a", steps=12).wait(timeout=PATIENCE)
    layer, first = run.layer, run.progress
    assert run.continue_for(5) is run
    assert run.wait(timeout=PATIENCE).state == "finished"
    assert run.layer is layer
    assert len(viewer.layers) == 3
    assert (run.progress.step, run.progress.total, run.steps) == (17, 17, 17)
    assert run.progress.seconds > first.seconds
    second = engine.jobs[1]
    np.testing.assert_array_equal(second.init, first.image)
    assert (second.settings.steps, second.settings.init) == (5, "image")
    assert second.settings.smallest_scale == 0
    record = layer.metadata["neural_style"]
    assert Settings.from_json(record["settings"]) == run.settings
    assert run.settings.steps == 12
    assert record["step"] == 17
    assert [stage["step"] for stage in record["stages"]] == [12, 5]
    assert record["stages"][1]["changes"]["steps"] == 5
    assert [losses["step"] for losses in run.losses][-1] == 17


def test_a_run_whose_layer_was_removed_goes_on_in_a_new_one(
    start: Start, gate: Gate, viewer: ViewerModel
) -> None:
    gate.open.set()
    run = start("a").wait(timeout=PATIENCE)
    viewer.layers.remove(run.layer)
    run.continue_for(2).wait(timeout=PATIENCE)
    assert viewer.layers[-1] is run.layer


def test_only_what_is_over_and_has_a_picture_goes_on(start: Start, gate: Gate) -> None:
    run = start("a")
    with pytest.raises(NeuralStyleError, match="not over"):
        run.continue_for(5)
    run.cancel()
    wait_until_over(run)
    with pytest.raises(NeuralStyleError, match="before its first picture"):
        run.continue_for(5)
    gate.open.set()
    run = start("b").wait(timeout=PATIENCE)
    with pytest.raises(SettingsError, match="steps"):
        run.continue_for(0)
    assert run.state == "finished"


def test_steering_is_checked_and_shows_in_the_settings(
    start: Start, gate: Gate, engine: PretendedEngine
) -> None:
    run = start("a", style_strength=0.5)
    with pytest.raises(SettingsError, match="size cannot change"):
        run.steer(size=512)
    with pytest.raises(SettingsError, match="style_strength"):
        run.steer(style_strength=2)
    run.steer(style_strength=0.75)
    assert run.settings.style_strength == 0.75
    gate.open.set()
    run.wait(timeout=PATIENCE)


def test_a_real_run_is_steered_and_remembers_it(viewer: ViewerModel) -> None:
    settings = {**QUICK, "steps": 100_000, "update_every": 1, "style_strength": 0.1}
    run = stylize_layers(viewer, "photo", "painting", **settings)
    wait_until(run, lambda: run.progress and run.progress.step > 5)
    before = run.losses[-1]["style"]
    run.pause()
    run.steer(style_strength=0.95)
    run.resume()
    wait_until(run, lambda: run.progress.steering and run.losses[-1]["style"] < 0.9 * before)
    run.cancel()
    run.wait(timeout=PATIENCE)
    record = run.layer.metadata["neural_style"]
    ((step, changes),) = record["stages"][0]["steering"]
    assert changes == {"style_strength": 0.95}
    assert 5 < step < record["step"]
    assert Settings.from_json(record["settings"]).style_strength == 0.1
    assert recorded_settings(record).style_strength == 0.95


def test_a_run_whose_layer_is_removed_before_its_last_picture_is_over(
    start: Start, gate: Gate, viewer: ViewerModel
) -> None:
    run, following = start("a", update_every=1), start("b")
    last = run.steps - 1
    run.progressed.connect(lambda seen: seen.step == last and viewer.layers.remove(run.layer))
    gate.open.set()
    assert following.wait(timeout=PATIENCE).state == "finished"
    assert run.state == "cancelled"
    assert run.progress.step == run.steps


def test_a_listener_that_raises_neither_stops_its_run_nor_the_next(
    start: Start, gate: Gate
) -> None:
    def grumble(_: object) -> None:
        raise ValueError("not today")

    run, following = start("a", steps=4), start("b")
    run.progressed.connect(grumble)
    run.state_changed.connect(grumble)
    gate.open.set()
    deadline = time.monotonic() + PATIENCE
    while not run.over and time.monotonic() < deadline:
        with contextlib.suppress(EmitLoopError):
            run.wait(timeout=1)
    assert run.state == "finished"
    assert following.wait(timeout=PATIENCE).state == "finished"


def test_a_run_may_be_continued_by_whoever_hears_of_its_end(
    start: Start, queue: RunQueue, gate: Gate
) -> None:
    ahead, run, following = (start(name) for name in "abc")
    ends: list[str] = []

    def go_on(state: str) -> None:
        if state == "finished":
            ends.append(state)
            if len(ends) == 1:
                run.continue_for(3)

    run.state_changed.connect(go_on)
    gate.open.set()
    for waited in (ahead, following, run):
        waited.wait(timeout=PATIENCE)
    assert ends == ["finished"] * 2
    assert queue.current is None


def test_what_was_steered_when_it_was_over_counts_from_there_and_is_recorded(
    start: Start, gate: Gate, engine: PretendedEngine
) -> None:
    gate.open.set()
    run = start("a", style_strength=0.5).wait(timeout=PATIENCE)
    run.steer(style_strength=0.75)
    run.continue_for(3, steering=((2, {"tv_weight": 1.0}),)).wait(timeout=PATIENCE)
    job = engine.jobs[-1]
    assert job.settings.style_strength == 0.5
    assert job.steering == ((0, {"style_strength": 0.75}), (2, {"tv_weight": 1.0}))
    assert run.settings.style_strength == 0.75
    painted_with = recorded_settings(run.layer.metadata["neural_style"])
    assert (painted_with.style_strength, painted_with.tv_weight) == (0.75, 1)
    run.continue_for(3).wait(timeout=PATIENCE)
    assert engine.jobs[-1].steering == ()
    assert engine.jobs[-1].settings == painted_with.replace(init="image", steps=3, smallest_scale=0)


def test_observers_hear_the_states_in_the_order_in_which_they_came(
    start: Start, gate: Gate, observed: list[str]
) -> None:
    run = start("a")
    extended: list[StyleRun] = []

    def go_on(state: str) -> None:
        if state == "finished" and not extended:
            extended.append(run.continue_for(2))

    run.state_changed.connect(go_on)
    gate.open.set()
    wait_until(run, lambda: run.over and len(extended) == 1)
    assert observed == ["running", "finished", "queued", "running", "finished"]


@pytest.mark.parametrize("signal", ["arrived", "progressed", "state_changed"])
def test_a_listener_that_raises_holds_nobody_up(
    signal: str, start: Start, gate: Gate, queue: RunQueue
) -> None:
    first, second = start("a", steps=4), start("b")

    def raises(_: object) -> None:
        raise OSError("the disk is full")

    getattr(first, signal).connect(raises)
    gate.open.set()
    for _ in range(100):  # each time that somebody waits, the error of a listener comes out
        with contextlib.suppress(Exception):
            first.wait(timeout=PATIENCE)
        if first.over:
            break
    assert first.state == "finished"
    assert second.wait(timeout=PATIENCE).state == "finished"
    assert queue.current is None
