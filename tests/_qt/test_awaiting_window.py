"""Runs in a viewer that has a window: ``await run``, and a window that never waits for long."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import numpy as np
from napari.utils.progress import progress
from qtpy.QtCore import QTimer

from conftest import Open
from napari_neural_style import stylize_layers
from pretended import PretendedEngine
from quick import PATIENCE, QUICK


def test_qt_and_other_tasks_go_on_while_a_run_is_awaited(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    seen: list[str] = []

    def before(*_: object) -> None:
        # Each step waits for Qt to have shown a sign of life.
        while "qt" not in seen:
            time.sleep(0.01)

    engine = PretendedEngine(before)
    widget = open_widget(photo, painting, engine=engine)
    QTimer.singleShot(50, lambda: seen.append("qt"))

    async def note() -> None:
        await asyncio.sleep(0)
        seen.append("task")

    async def main() -> None:
        options = {**QUICK, "steps": 3, "update_every": 1}
        run = stylize_layers(widget.viewer, "photo", "painting", **options, engine=engine)
        await asyncio.wait_for(asyncio.gather(run, note()), PATIENCE)
        assert run.state == "finished"
        np.testing.assert_array_equal(run.layer.data, 255 - photo)

    asyncio.run(main())
    assert {"qt", "task"} <= set(seen)


def test_nothing_else_is_drawn_while_a_picture_is_laid(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    engine = PretendedEngine()
    widget = open_widget(photo, painting, engine=engine)
    options = {**QUICK, "steps": 3, "update_every": 1}
    run = stylize_layers(widget.viewer, "photo", "painting", **options, engine=engine)
    order: list[str] = []

    def arrived(*_: object) -> None:
        order.append("arrived")
        QTimer.singleShot(0, lambda: order.append("turn of the event loop"))

    run.arrived.connect(arrived)
    run.progressed.connect(lambda *_: order.append("shown"))
    run.wait(PATIENCE)
    at = [place for place, what in enumerate(order) if what == "arrived"]
    assert len(at) == 3
    assert [order[place + 1] for place in at] == ["shown"] * 3


def test_the_bar_in_the_activity_dock_says_how_far_a_run_is(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray, qtbot: Any
) -> None:
    widget = open_widget(photo, painting, engine=PretendedEngine())
    permits = threading.Semaphore(0)
    engine = PretendedEngine(lambda *_: permits.acquire(timeout=PATIENCE))
    options = {**QUICK, "steps": 3, "update_every": 1}
    run = stylize_layers(widget.viewer, "photo", "painting", **options, engine=engine)

    def told() -> list[tuple[str, int]]:
        return [(bar.desc.removesuffix(": "), bar.n) for bar in progress._all_instances]

    for step in range(3):
        qtbot.waitUntil(lambda step=step: told() == [(run.name, step)], timeout=1000 * PATIENCE)
        permits.release()
    run.wait(PATIENCE)
    assert not progress._all_instances
