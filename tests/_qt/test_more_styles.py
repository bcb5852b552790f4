"""The table of further styles."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_neural_style._qt.more_styles import MoreStyles


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    for name in ("photo", "painting", "sketch"):
        viewer.add_image(np.zeros((2, 2, 3)), rgb=True, name=name)
    return viewer


@pytest.fixture
def styles(qtbot, viewer: ViewerModel) -> MoreStyles:
    def images() -> list[Image]:
        return [layer for layer in viewer.layers if isinstance(layer, Image)]

    section = MoreStyles(images, lambda: images()[:2])
    qtbot.addWidget(section)
    viewer.layers.events.removed.connect(lambda _: section.reset_choices())
    viewer.layers.events.renamed.connect(lambda _: section.reset_choices())
    return section


def test_without_rows_the_style_stands_alone(styles: MoreStyles) -> None:
    styles.weight.value = 0.3
    assert styles.blend("above") == "above"
    assert styles.summary() == ""


def test_rows_are_added_weighted_and_removed(styles: MoreStyles, viewer: ViewerModel) -> None:
    styles.add_button.click()
    styles.add_button.click()
    first, second = styles.rows
    assert first.combo.value is viewer.layers["sketch"], "the one that is not used elsewhere"
    second.combo.native.setCurrentText("photo")
    first.weight.value, second.weight.value, styles.weight.value = 0.25, 0, 0.5
    assert styles.summary() == "2 more"
    photo, sketch = viewer.layers["photo"], viewer.layers["sketch"]
    assert styles.blend("above") == [("above", 0.5), (sketch, 0.25), (photo, 0)]
    first.remove_button.click()
    assert styles.blend("above") == [("above", 0.5), (photo, 0)]
    second.remove_button.click()
    assert styles.blend("above") == "above"


def test_the_row_of_a_layer_that_is_gone_goes_too(styles: MoreStyles, viewer: ViewerModel) -> None:
    styles.add()
    kept = styles.add()
    kept.combo.native.setCurrentText("painting")
    viewer.layers["painting"].name = "starry night"
    viewer.layers.remove("sketch")
    assert styles.rows == [kept]
    assert kept.combo.native.currentText() == "starry night"
    viewer.layers.clear()
    assert styles.rows == []
    assert not styles.add_button.isEnabled()
    assert styles.add() is None
