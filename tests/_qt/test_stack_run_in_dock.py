"""A run over all slices in a viewer with a window: threads, bars, and taking it up again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_neural_style import stylize_layers
from napari_neural_style._qt.panel import RunPanel
from napari_neural_style.control import Control
from napari_neural_style.running.queue import run_queue
from pretended import PretendedEngine
from quick import QUICK


@pytest.fixture
def viewer(make_napari_viewer_proxy) -> Any:
    viewer = make_napari_viewer_proxy(show=False)
    rng = np.random.default_rng(0)
    viewer.add_image(rng.integers(0, 256, (4, 12, 16), np.uint8), name="embryo")
    viewer.add_image(rng.random((25, 25, 3)), name="painting", rgb=True)
    viewer.dims.set_current_step(0, 1)
    return viewer


def test_a_cancelled_stack_is_taken_up_again_and_the_panel_follows(qtbot, viewer: Any) -> None:
    def stop(job: int, control: Control) -> None:
        if job == 2:
            control.cancel()

    engine = PretendedEngine(before=stop)
    panel = RunPanel(run_queue(engine))
    qtbot.addWidget(panel)
    settings = {**QUICK, "steps": 3, "update_every": 1}
    run = stylize_layers(viewer, "embryo", "painting", slices="all", **settings, engine=engine)
    panel.follow(run)
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    assert run.state == "cancelled"
    assert run.missing == [3, 0]
    assert panel.status.text().startswith("Cancelled at step")
    painted = run.layer.data[..., 3].any(axis=(1, 2))
    np.testing.assert_array_equal(painted, [False, True, True, False])

    run.resume()
    assert not panel.pause_button.isHidden()
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    assert run.state == "finished"
    assert (run.layer.data[..., 3] == 255).all()
    assert panel.status.text().startswith("Done: 6 steps")
    assert panel.pause_button.isHidden()
