"""Runs that are begun and waited for in any thread, any event loop, and in forked processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_neural_style import StyleRun, stylize_layers
from napari_neural_style.errors import EngineUnavailable
from napari_neural_style.running.queue import run_queue
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

pytestmark = pytest.mark.usefixtures("without_qt")

SETTINGS = {**QUICK, "steps": 6, "update_every": 1}


def photo(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)


def begin(engine: PretendedEngine, seed: int = 0) -> StyleRun:
    viewer = ViewerModel()
    viewer.add_image(photo(seed), name="photo", rgb=True)
    viewer.add_image(photo(100), name="painting", rgb=True)
    return stylize_layers(viewer, "photo", "painting", **SETTINGS, engine=engine)


def is_painted(run: StyleRun, seed: int = 0) -> bool:
    return run.state == "finished" and np.array_equal(run.layer.data, 255 - photo(seed))


def in_a_thread(function: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result(PATIENCE)


def awaited(run: StyleRun) -> StyleRun:
    async def main() -> StyleRun:
        return await run

    return asyncio.run(main())


def awaited_in_another_thread(run: StyleRun) -> StyleRun:
    async def main() -> StyleRun:
        return await asyncio.to_thread(run.wait, PATIENCE)

    return asyncio.run(main())


WAYS: dict[str, Callable[[StyleRun], StyleRun]] = {
    "wait": lambda run: run.wait(PATIENCE),
    "await": awaited,
    "to_thread": awaited_in_another_thread,
    "wait in a thread": lambda run: in_a_thread(lambda: run.wait(PATIENCE)),
    "await in a thread": lambda run: in_a_thread(lambda: awaited(run)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("begun", ["here", "in a thread"])
def test_a_run_is_waited_for_wherever_it_was_begun(begun: str, way: str) -> None:
    engine = PretendedEngine()
    run = begin(engine) if begun == "here" else in_a_thread(lambda: begin(engine))
    assert WAYS[way](run) is run
    assert is_painted(run)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_the_same_within_a_thread_of_a_server(way: str) -> None:
    run = in_a_thread(lambda: WAYS[way](begin(PretendedEngine())))
    assert is_painted(run)


def test_two_runs_of_a_thread_take_turns_there(without_qt: None) -> None:
    def serve() -> list[StyleRun]:
        first, second = begin(engine, 1), begin(engine, 2)
        assert run_queue(engine).waiting == [second]
        second.wait(PATIENCE)
        return [first, second]

    engine = PretendedEngine()
    first, second = in_a_thread(serve)
    assert is_painted(first, 1)
    assert is_painted(second, 2)


def test_what_waits_in_one_thread_holds_up_no_other() -> None:
    """Its results are taken in by nobody, for nobody waits; the engine itself is free again."""
    engine = PretendedEngine()
    forgotten = begin(engine, 1)
    run = in_a_thread(lambda: begin(engine, 2).wait(PATIENCE))
    assert is_painted(run, 2)
    assert run_queue(engine).current is forgotten
    assert is_painted(forgotten.wait(PATIENCE), 1)


def test_queues_of_windows_hear_nothing_of_other_threads() -> None:
    engine = PretendedEngine()
    heard: list[threading.Thread] = []
    run_queue(engine).changed.connect(lambda: heard.append(threading.current_thread()))
    in_a_thread(lambda: begin(engine).wait(PATIENCE))
    assert heard == []
    begin(engine).wait(PATIENCE)
    assert set(heard) == {threading.current_thread()}


def test_many_threads_at_once_get_their_own_pictures() -> None:
    engine = PretendedEngine()
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(lambda k=k: begin(engine, k).wait(PATIENCE)) for k in range(24)]
        runs = [job.result(PATIENCE) for job in jobs]
    assert all(is_painted(run, k) for k, run in enumerate(runs))


def test_many_threads_wait_for_one_run_and_hear_everything_once() -> None:
    gate = threading.Event()
    engine = PretendedEngine(lambda job, control: gate.wait(PATIENCE))
    run = begin(engine)
    steps: list[int] = []
    run.arrived.connect(lambda progress: steps.append(progress.step))
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(run.wait, PATIENCE) for _ in range(6)]
        gate.set()
        assert [job.result(PATIENCE) for job in waiting] == [run] * 6
    assert steps == [1, 2, 3, 4, 5, 6]
    assert is_painted(run)


def test_a_timeout_holds_in_a_thread_too() -> None:
    gate = threading.Event()
    run = begin(PretendedEngine(lambda job, control: gate.wait(PATIENCE)))
    with pytest.raises(TimeoutError):
        in_a_thread(lambda: run.wait(0.1))
    gate.set()
    assert is_painted(run.wait(PATIENCE))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
class TestForked:
    """What a forked process does with the runs of the process it was forked from, and its own."""

    @staticmethod
    def in_fork(function: Callable[[], Any]) -> Any:
        context = multiprocessing.get_context("fork")
        results = context.SimpleQueue()

        def tell() -> None:
            try:
                results.put(function())
            except Exception as error:  # noqa: BLE001
                results.put(error)

        child = context.Process(target=tell, daemon=True)
        child.start()
        child.join(PATIENCE)
        assert not child.is_alive()
        return results.get()

    @pytest.mark.parametrize("way", ["wait", "await", "wait in a thread"])
    def test_a_run_of_the_parent_is_not_waited_for(self, way: str) -> None:
        gate = threading.Event()
        run = begin(PretendedEngine(lambda job, control: gate.wait(PATIENCE)))
        error = self.in_fork(lambda: WAYS[way](run).state)
        assert isinstance(error, EngineUnavailable)
        assert "was forked from" in str(error)
        gate.set()
        assert is_painted(run.wait(PATIENCE))
        assert self.in_fork(lambda: WAYS[way](run).state) == "finished", "it is over here as well"

    def test_runs_of_its_own_do_not_wait_for_those_of_the_parent(self) -> None:
        gate = threading.Event()
        engine = PretendedEngine(lambda job, control: job or gate.wait(PATIENCE))
        first = begin(engine, 1)
        while not engine.jobs:
            pass
        assert self.in_fork(lambda: is_painted(begin(engine, 2).wait(PATIENCE), 2)) is True
        gate.set()
        assert is_painted(first.wait(PATIENCE), 1)
