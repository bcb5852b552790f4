"""The Compare dock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from qtpy.compat import isalive
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_neural_style._qt.compare import CompareWidget
from napari_neural_style.comparing.comparison import Comparison
from napari_neural_style.settings import Settings
from napari_neural_style.viewing.layers import bare

SHAPE = (20, 30, 3)


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    """A viewer with a photo, a painting and three results."""
    viewer = make_napari_viewer_proxy(show=False)
    rng = np.random.default_rng(0)
    for name in ("photo", "painting"):
        viewer.add_image(rng.integers(0, 256, SHAPE, np.uint8), name=name, rgb=True)
    for seed in range(3):
        _add_result(viewer, seed)
    return viewer


def _add_result(viewer, seed: int) -> None:
    inputs = {"content": "photo", "style": "painting"}
    record = {"settings": Settings(seed=seed).to_json(), "inputs": inputs}
    pixels = np.full(SHAPE, 50 * seed, np.uint8)
    viewer.add_image(pixels, name=f"r{seed}", rgb=True, metadata={"neural_style": record})


@pytest.fixture
def dock(viewer) -> CompareWidget:
    dock = CompareWidget(viewer)
    viewer.window.add_dock_widget(dock, name="Compare")
    return dock


def _look(viewer) -> list:
    return [
        [(layer.name, layer.visible) for layer in viewer.layers],
        {layer.name for layer in viewer.layers.selection},
        viewer.canvas.grid.model_dump(),
        viewer.scene.camera.model_dump(),
    ]


def _captions(dock: CompareWidget) -> list[str]:
    return [caption.split("\n")[0] for *_, caption in dock.view._pictures]


def test_the_modes_follow_each_other_and_touch_no_layer(dock: CompareWidget, viewer) -> None:
    before = _look(viewer)
    assert _captions(dock) == []
    dock.modes["grid"].click()
    assert _captions(dock) == ["content: photo", "style: painting", "seed 0", "seed 1", "seed 2"]
    assert dock.slider.isHidden()
    dock.modes["swipe"].click()
    assert _captions(dock) == ["photo | r2"]
    dock.modes["difference"].click()
    assert _captions(dock) == ["|r2 - photo|"]
    dock.other_combo.setCurrentText("r0")
    dock.other_combo.activated.emit(1)
    assert _captions(dock) == ["|r2 - r0|"]
    assert _look(viewer) == before
    dock.modes["off"].click()
    assert _captions(dock) == []
    assert _look(viewer) == before
    assert dock.modes["off"].isChecked()


def test_the_checked_results_alone_are_compared(dock: CompareWidget) -> None:
    results = dock.results
    dock.modes["grid"].click()
    results.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert _captions(dock)[2:] == ["seed 0", "seed 2"]
    results.none_button.click()
    assert dock.modes["off"].isChecked()
    dock.modes["grid"].click()
    assert "no result to compare" in dock.error.text()
    assert dock.modes["off"].isChecked()
    results.all_button.click()
    dock.modes["grid"].click()
    assert len(_captions(dock)) == 5
    assert dock.error.isHidden()


def _pixels(dock: CompareWidget) -> np.ndarray:
    return np.rint(dock.view._pictures[0][0][..., :3] * 255).astype(np.uint8)


def test_the_slider_and_the_mouse_move_the_line(qtbot, dock: CompareWidget, viewer) -> None:
    dock.modes["swipe"].click()
    dock.slider.setValue(0)
    assert (_pixels(dock) == 100).all()
    dock.slider.setValue(1000)
    np.testing.assert_array_equal(_pixels(dock), viewer.layers["photo"].data)
    view = dock.view
    view.resize(300, 200)
    drawn = view.drawn(0)
    place = QPoint(round(drawn.left() + drawn.width() / 4), round(drawn.center().y()))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    assert dock.slider.value() == pytest.approx(250, abs=5)


def test_a_comparison_from_the_console_is_drawn_in_the_dock(dock: CompareWidget, viewer) -> None:
    comparison = Comparison(viewer, ["r0", "r1"])
    comparison.grid(inputs=False)
    assert _captions(dock) == ["seed 0", "seed 1"]
    assert [layer.name for layer in dock.results.chosen] == ["r0", "r1"]
    assert dock.modes["grid"].isChecked()
    viewer.layers["r0"].data = np.full(SHAPE, 77, np.uint8)
    assert (_pixels(dock) == 77).all()


def test_a_comparison_from_the_console_opens_the_dock(viewer) -> None:
    Comparison(viewer).grid()
    docks = bare(viewer).window.dock_widgets.values()
    (opened,) = [widget for widget in docks if isinstance(widget, CompareWidget)]
    assert len(_captions(opened)) == 5


def test_results_that_come_and_go_are_followed(dock: CompareWidget, viewer) -> None:
    results = dock.results
    results.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    _add_result(viewer, 3)
    assert [results.list.item(row).text() for row in range(4)] == ["r0", "r1", "r2", "r3"]
    assert [layer.name for layer in results.chosen] == ["r1", "r2", "r3"], "choices are kept"
    dock.modes["grid"].click()
    viewer.layers.remove("r2")
    assert _captions(dock)[2:] == ["seed 1", "seed 3"]
    assert results.list.count() == 3
    assert dock.modes["grid"].isChecked()


def test_a_comparison_that_ends_elsewhere_shows_in_the_buttons(dock: CompareWidget, viewer) -> None:
    dock.modes["swipe"].click()
    viewer.layers.remove("r2")
    assert dock.modes["off"].isChecked()
    assert _captions(dock) == []


def test_the_view_can_be_a_window_of_its_own(qtbot, dock: CompareWidget) -> None:
    dock.modes["grid"].click()
    dock.window_button.click()
    assert dock.view.isWindow()
    dock.view.close()
    assert not dock.window_button.isChecked()
    assert dock.view.isVisibleTo(dock)
    assert len(_captions(dock)) == 5


@pytest.mark.parametrize("apart", [False, True])
def test_closing_the_dock_ends_the_comparison(dock: CompareWidget, viewer, apart: bool) -> None:
    before = _look(viewer)
    dock.modes["grid"].click()
    view, comparison = dock.view, dock._comparison
    if apart:
        dock.window_button.click()
    viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    QApplication.sendPostedEvents(dock, 52)  # a deferred deletion
    QApplication.sendPostedEvents(None, 52)
    assert comparison.mode == "off"
    assert not isalive(view)
    assert _look(viewer) == before
    _add_result(viewer, 3)  # Nobody listens any more.


def test_the_window_can_be_closed_meanwhile(dock: CompareWidget, viewer) -> None:
    dock.modes["grid"].click()
    viewer.close()


def test_the_comparison_is_saved(dock: CompareWidget, viewer, tmp_path: Path) -> None:
    dock.save(tmp_path / "all.png")
    assert Image.open(tmp_path / "all.png").size[0] > 500
    dock.save(tmp_path / "no" / "all.png")
    assert "no folder" in dock.error.text()
