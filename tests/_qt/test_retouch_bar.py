"""The brush in the dock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conftest import Open
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.presets.catalogue import settings
from pretended import PretendedEngine


@pytest.fixture
def widget(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray, quick: dict
) -> NeuralStyleWidget:
    """A dock with a finished result, which shows the photo itself."""
    widget = open_widget(photo, painting, engine=PretendedEngine())
    widget.form.settings = settings("balanced", **quick).replace(steps=2, update_every=1)
    run = widget.run()
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    run.layer.data = photo
    return widget


def _draw(widget: NeuralStyleWidget, rows: slice, columns: slice) -> None:
    mask = widget.retouch_bar.drawing
    mask.data[rows, columns] = 1
    mask.events.paint(value=[])


def test_a_stroke_is_painted_and_taken_back(
    qtbot, widget: NeuralStyleWidget, photo: np.ndarray
) -> None:
    bar, layer = widget.retouch_bar, widget.current_run.layer
    assert not bar.undo_button.isEnabled()
    bar.brush_button.click()
    assert bar.drawing.mode == "paint"
    assert bar.drawing in widget.viewer.layers
    _draw(widget, slice(0, 20), slice(0, 15))
    qtbot.waitUntil(bar.undo_button.isEnabled, timeout=20_000)
    assert not bar.drawing.data.any(), "ready for the next one"
    assert (layer.data[:, :5] != photo[:, :5]).any()
    np.testing.assert_array_equal(layer.data[:, 15:], photo[:, 15:])
    bar.undo_button.click()
    np.testing.assert_array_equal(layer.data, photo)
    bar.brush_button.click()
    assert bar.drawing is None
    assert "brush" not in [other.name for other in widget.viewer.layers]


def test_without_a_result_it_says_what_to_do(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting, engine=PretendedEngine())
    widget.retouch_bar.brush_button.click()
    assert not widget.retouch_bar.brush_button.isChecked()
    assert "result first" in widget.panel.notice.text()


@pytest.mark.parametrize("which", ["brush", "result"])
def test_removing_a_layer_puts_the_brush_away(widget: NeuralStyleWidget, which: str) -> None:
    bar = widget.retouch_bar
    bar.brush_button.click()
    layer: Any = bar.drawing if which == "brush" else widget.current_run.layer
    widget.viewer.layers.remove(layer)
    assert not bar.brush_button.isChecked()
    assert [name for name in (a.name for a in widget.viewer.layers) if name == "brush"] == []


def test_a_click_without_paint_does_no_harm(qtbot, widget: NeuralStyleWidget) -> None:
    bar = widget.retouch_bar
    bar.brush_button.click()
    bar.drawing.events.paint(value=[])
    qtbot.waitUntil(lambda: "brush" in widget.panel.notice.text())
    assert not bar.undo_button.isEnabled()
