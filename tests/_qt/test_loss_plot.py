"""The plot of the losses: what it shows of a run, when, and in which colours."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from napari.components import ViewerModel
from napari.utils.theme import get_theme

from napari_neural_style._qt.loss_plot import LossPlot
from napari_neural_style.api import layer_run
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.request import Request
from pretended import PretendedEngine, pretended_progress


@pytest.fixture
def run(photo: np.ndarray) -> StyleRun:
    """A run that has not begun; the tests bring its news."""
    viewer = ViewerModel()
    viewer.add_image(photo, name="photo", rgb=True)
    return layer_run(viewer, Request.of("photo", "photo"), PretendedEngine())


def tell(run: StyleRun, step: int, size: int, total: int = 40, **losses: float) -> None:
    """Bring the news of one preview, as the worker thread does."""
    losses = {"total": 1.0 / step, "content": 0.1, "style": 2.0 / step, "tv": 0.0, **losses}
    image = np.zeros((size, size // 2, 3), np.float32)
    progress = pretended_progress(step, total, losses=losses, image=image)
    run.receive((progress, np.zeros((20, 30, 3), np.uint8)))


def test_each_term_is_drawn_at_its_steps(qtbot, run: StyleRun) -> None:
    plot = LossPlot("dark")
    qtbot.addWidget(plot)
    plot.follow(run)
    for step in (1, 10, 40):
        tell(run, step, 32)
    lines = {line.get_label(): line for line in plot.axes.get_lines()}
    np.testing.assert_array_equal(lines["total"].get_xdata(), [1, 10, 40])
    np.testing.assert_allclose(lines["style"].get_ydata(), [2.0, 0.2, 0.05])
    assert np.isnan(lines["variation"].get_ydata()).all()  # switched off: not at minus infinity


def test_changes_of_scale_are_marked(qtbot, run: StyleRun) -> None:
    plot = LossPlot("dark")
    qtbot.addWidget(plot)
    plot.follow(run)
    for step, size in ((1, 16), (10, 16), (20, 24), (30, 24), (40, 32)):
        tell(run, step, size)
    marks = [line.get_xdata()[0] for line in plot.axes.get_lines() if len(line.get_xdata()) == 2]
    assert marks == [20, 40]


def test_another_run_starts_a_new_plot(qtbot, run: StyleRun) -> None:
    plot = LossPlot("dark")
    qtbot.addWidget(plot)
    plot.follow(run)
    tell(run, 10, 16)
    tell(run, 20, 32)
    other = layer_run(run.viewer, run.request, run.engine)
    plot.follow(other)
    assert all(not len(line.get_xdata()) for line in plot.axes.get_lines())
    tell(run, 30, 32)
    assert all(not len(line.get_xdata()) for line in plot.axes.get_lines())


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_colours_are_those_of_the_theme(qtbot, theme: str) -> None:
    plot = LossPlot(theme)
    qtbot.addWidget(plot)
    assert to_hex(plot.figure.get_facecolor()) == get_theme(theme).background.as_hex(format="long")


def test_many_previews_are_drawn_once(qtbot, run: StyleRun) -> None:
    plot = LossPlot("dark")
    qtbot.addWidget(plot)
    plot.show()
    drawn = []
    plot._canvas.mpl_connect("draw_event", drawn.append)
    plot.follow(run)
    for step in range(1, 30):
        tell(run, step, 32)
    qtbot.waitUntil(lambda: bool(drawn), timeout=5000)
    assert len(drawn) <= 3
