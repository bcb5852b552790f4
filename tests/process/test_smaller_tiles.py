"""A run whose engine is killed for lack of memory goes on by itself, in smaller tiles."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_neural_style.control import Control
from napari_neural_style.costs import estimate_for, kills
from napari_neural_style.costs.measured import known_costs
from napari_neural_style.errors import EngineDied
from napari_neural_style.job import Job
from napari_neural_style.process import EngineProcess, interpreter, smaller_tiles
from napari_neural_style.process.smaller_tiles import SmallerTiles, killed_for_memory
from napari_neural_style.progress import Notice, Progress, Update
from napari_neural_style.settings import Settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")

PRETENDED = Path(__file__).with_name("pretended_server.py")
LARGEST = "NEURAL_STYLE_TESTS_LARGEST_TILE"


def job(pixels: int = 1024, steps: int = 6, **settings: object) -> Job:
    image = np.full((pixels, pixels // 2, 3), 0.5, np.float32)
    return Job(image, image, Settings(size=pixels, steps=steps, features="builtin", **settings))


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system counts: so far, one process was killed for lack of memory."""
    counts = tmp_path / "vmstat"
    counts.write_text("nr_free_pages 12345\noom_kill 1\nunevictable 0\n")
    monkeypatch.setattr(smaller_tiles, "_COUNTS", counts)
    return counts


@pytest.fixture
def little_memory(counted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which every run is a large one; its system does not count."""
    counted.unlink()
    monkeypatch.setattr(smaller_tiles, "total_memory", lambda: 2**28)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineProcess]:
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, str(PRETENDED)])
    engine = EngineProcess()
    yield engine
    engine.close()


def painted(
    engine: EngineProcess, job: Job, control: Control | None = None
) -> tuple[list[Progress], list[str]]:
    """Return the steps and the sentences that a run brings."""
    updates: list[Update] = [u for u in engine.stylize_steps(job, control) if u]
    steps = [update for update in updates if isinstance(update, Progress)]
    return steps, [update.text for update in updates if isinstance(update, Notice)]


def pids(steps: list[Progress]) -> list[float]:
    """Return the processes that have painted, in their order."""
    return list(dict.fromkeys(step.losses["pid"] for step in steps))


def test_it_goes_on_where_it_stood_in_tiles_that_fit(
    engine: EngineProcess, little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LARGEST, "300")
    steps, said = painted(engine, job())
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.total for step in steps} == {6}
    assert len(pids(steps)) == 2
    # Once for each size of tile; and what every engine says when it begins, once.
    sentence = (
        "The memory ran out, and the engine process was killed: the run goes on from step 2, in "
        "tiles of {} pixels."
    )
    assert said == ["It begins.", sentence.format(512), sentence.format(256)]


def test_tiles_that_were_asked_for_become_half_of_that(
    engine: EngineProcess, little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LARGEST, "200")
    steps, said = painted(engine, job(tile=384))
    assert steps[-1].finished
    assert [text for text in said if "tiles of" in text] == [said[-1]]
    assert "tiles of 192 pixels" in said[-1]


def test_where_the_smallest_tiles_do_not_fit_the_run_ends(
    engine: EngineProcess, little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LARGEST, "10")
    with pytest.raises(EngineDied, match="most likely because memory ran out"):
        painted(engine, job(tile=256))


def test_what_the_system_has_counted_was_for_memory_however_small_the_run(
    engine: EngineProcess, counted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LARGEST, "300")
    counts = iter([1, 2, 3])
    monkeypatch.setattr(smaller_tiles, "killed_for_memory", lambda: next(counts))
    steps, _ = painted(engine, job())
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]


def test_a_small_run_that_somebody_kills_ends(engine: EngineProcess, counted: Path) -> None:
    """Whoever kills it wants an end of it."""
    updates = engine.stylize_steps(job(pixels=64, steps=100_000))
    next(update for update in updates if isinstance(update, Progress))
    os.kill(engine.pid or 0, signal.SIGKILL)
    with pytest.raises(EngineDied, match="it was killed"):
        list(updates)


def test_it_stays_steered_and_paused(
    engine: EngineProcess, little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LARGEST, "600")
    control = Control()
    control.steer({"style_strength": 0.25})
    planned = ((0, {"tv_weight": 1.0}), (4, {"tv_weight": 2.0}))
    steps, _ = painted(engine, replace(job(), steering=planned), control)
    steering = dict(steps[-1].steering)
    assert steering[0]["tv_weight"] == 1.0
    assert steering[4] == {"tv_weight": 2.0}
    assert [c["style_strength"] for c in steering.values() if "style_strength" in c] == [0.25]


@pytest.mark.parametrize(
    ("code", "last_words", "goes_on"),
    [
        (-9, "", True),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'", True),
        (-6, "Check failed: it is broken", False),
        (-11, "", False),
        (1, "ModuleNotFoundError: No module named 'tensorflow'", False),
        (None, "", False),
    ],
)
def test_only_a_lack_of_memory_is_gone_on_from(
    little_memory: None, code: int | None, last_words: str, goes_on: bool
) -> None:
    course = SmallerTiles(job())
    assert bool(course.after(code, last_words)) is goes_on


@pytest.mark.parametrize("counted_by_the_system", [True, False])
def test_the_next_run_is_planned_with_more_if_it_was_memory_for_certain(
    counted: Path, monkeypatch: pytest.MonkeyPatch, counted_by_the_system: bool
) -> None:
    monkeypatch.setattr(smaller_tiles, "total_memory", lambda: 2**28)
    large = job(pixels=2048)
    free = estimate_for(large.content.shape, large.settings).bytes * 3
    monkeypatch.setattr(kills, "available_memory", lambda: free)
    before = known_costs(large.settings).bytes_per_pixel
    course = SmallerTiles(large)
    if counted_by_the_system:
        counted.write_text("oom_kill 2\n")
    assert course.after(-9, "")
    after = known_costs(large.settings).bytes_per_pixel
    # Half as much again at most: others may have had a part in it.
    assert after == pytest.approx((1.5 if counted_by_the_system else 1.0) * before)
    monkeypatch.setattr(kills, "available_memory", lambda: free // 10)
    counted.write_text("oom_kill 3\n")
    SmallerTiles(large).after(-9, "")
    assert known_costs(large.settings).bytes_per_pixel == after, "what is free tells of no more"


def test_a_look_has_no_tiles_to_make_smaller(little_memory: None) -> None:
    look = Job(job().content, (), look=object())
    assert SmallerTiles(look).after(-9, "") is None


def test_linux_counts_or_nobody_does(counted: Path) -> None:
    assert killed_for_memory() == 1
    counted.write_text("nr_free_pages 12345\n")
    assert killed_for_memory() is None
    counted.unlink()
    assert killed_for_memory() is None


def test_the_real_engine_paints_the_picture_that_it_would_have(
    little_memory: None, picture: Callable[..., np.ndarray]
) -> None:
    settings = Settings(
        features="builtin",
        content_layers={"block2_conv1": 1.0},
        style_layers={"block1_conv1": 0.5, "block2_conv1": 0.5},
        style_loss="gram",
        precision="float32",
        optimizer="adam",
        size=144,
        smallest_scale=72,
        steps=30,
        update_every=1,
        device="cpu",
    )
    there = Job(picture(144, 100, seed=1), picture(100, 120, seed=2), settings)
    engine = EngineProcess()
    try:
        steps: list[Progress] = []
        said: list[str] = []
        for update in engine.stylize_steps(there):
            if isinstance(update, Progress):
                steps.append(update)
                if update.step == 10 and not said:
                    os.kill(engine.pid or 0, signal.SIGKILL)
            elif update:
                said.append(update.text)
        # What was painted between the last word and the kill is painted again, and nothing twice.
        assert [step.step for step in steps] == list(range(1, 31))
        (sentence,) = (text for text in said if "memory ran out" in text)
        assert "in tiles of 72 pixels" in sentence
        whole, _ = painted(engine, there)
        assert steps[-1].losses["total"] < 1.1 * whole[-1].losses["total"]
        assert np.abs(steps[-1].image - whole[-1].image).mean() < 0.05
    finally:
        engine.close()
