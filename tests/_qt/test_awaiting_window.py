"""``await run`` with a viewer that has a window: Qt lives on while asyncio waits."""

from __future__ import annotations

import asyncio
import time

import numpy as np
from qtpy.QtCore import QTimer

from conftest import Open
from napari_neural_style import stylize_layers
from pretended import PretendedEngine
from quick import PATIENCE, QUICK


def test_qt_and_other_tasks_go_on_while_a_run_is_awaited(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    seen: list[str] = []

    def before(*_: object) -> None:
        # Each step waits for Qt to have shown a sign of life.
        while "qt" not in seen:
            time.sleep(0.01)

    QTimer.singleShot(50, lambda: seen.append("qt"))

    async def note() -> None:
        await asyncio.sleep(0)
        seen.append("task")

    async def main() -> None:
        options = {**QUICK, "steps": 3, "update_every": 1, "engine": PretendedEngine(before)}
        run = stylize_layers(widget.viewer, "photo", "painting", **options)
        await asyncio.wait_for(asyncio.gather(run, note()), PATIENCE)
        assert run.state == "finished"
        np.testing.assert_array_equal(run.layer.data, 255 - photo)

    asyncio.run(main())
    assert {"qt", "task"} <= set(seen)
