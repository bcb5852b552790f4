"""The Compare dock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_neural_style._qt.compare import CompareWidget
from napari_neural_style.settings import Settings
from napari_neural_style.viewing.temporary_layers import is_temporary

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


def _shown(viewer) -> list[str]:
    layers = [layer for layer in viewer.layers if layer.visible]
    assert all(is_temporary(layer) for layer in layers)
    return [layer.name.split("\n")[0] for layer in layers]


def test_the_modes_follow_each_other_and_off_restores(dock: CompareWidget, viewer) -> None:
    before = _look(viewer)
    dock.modes["grid"].click()
    assert _shown(viewer) == ["content: photo", "style: painting", "r0", "r1", "r2"]
    assert dock.slider.isHidden()
    dock.modes["swipe"].click()
    assert _shown(viewer) == ["photo | r2"]
    assert not viewer.canvas.grid.enabled
    dock.modes["difference"].click()
    assert _shown(viewer) == ["|r2 - photo|"]
    dock.other_combo.setCurrentText("r0")
    dock.other_combo.activated.emit(1)
    assert _shown(viewer) == ["|r2 - r0|"]
    dock.modes["off"].click()
    assert _look(viewer) == before
    assert dock.modes["off"].isChecked()


def test_the_checked_results_alone_are_compared(dock: CompareWidget, viewer) -> None:
    dock.modes["grid"].click()
    dock.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert _shown(viewer)[2:] == ["r0", "r2"]
    dock.none_button.click()
    assert dock.modes["off"].isChecked()
    dock.modes["grid"].click()
    assert "no result to compare" in dock.error.text()
    assert dock.modes["off"].isChecked()
    dock.all_button.click()
    dock.modes["grid"].click()
    assert len(_shown(viewer)) == 5
    assert dock.error.isHidden()


def test_the_slider_moves_the_line(dock: CompareWidget, viewer) -> None:
    dock.modes["swipe"].click()
    dock.slider.setValue(0)
    assert (viewer.layers[-1].data[..., :3] == 100).all()
    dock.slider.setValue(1000)
    np.testing.assert_array_equal(viewer.layers[-1].data[..., :3], viewer.layers["photo"].data)


def test_results_that_come_and_go_are_followed(dock: CompareWidget, viewer) -> None:
    dock.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    _add_result(viewer, 3)
    assert [dock.list.item(row).text() for row in range(4)] == ["r0", "r1", "r2", "r3"]
    assert [layer.name for layer in dock.chosen] == ["r1", "r2", "r3"], "choices are kept"
    dock.modes["grid"].click()
    viewer.layers.remove("r2")
    assert _shown(viewer)[2:] == ["r1", "r3"]
    assert dock.list.count() == 3
    assert dock.modes["grid"].isChecked()


def test_a_comparison_that_ends_elsewhere_shows_in_the_buttons(dock: CompareWidget, viewer) -> None:
    dock.modes["swipe"].click()
    viewer.layers.remove("r2")
    assert dock.modes["off"].isChecked()


def test_closing_the_dock_restores_the_viewer(dock: CompareWidget, viewer) -> None:
    before = _look(viewer)
    dock.modes["grid"].click()
    viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    QApplication.sendPostedEvents(dock, 52)  # a deferred deletion
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
