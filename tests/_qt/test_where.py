"""The section that says where: masks, the table of their labels, regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels
from qtpy.QtWidgets import QComboBox, QPushButton, QWidget

from napari_neural_style._qt.mask_levels import LevelsChoice
from napari_neural_style._qt.where import Where
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.viewing.mask_layers import new_mask
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    for name in ("photo", "painting", "sketch"):
        viewer.add_image(np.zeros((20, 30, 3)), rgb=True, name=name)
    return viewer


@pytest.fixture
def where(qtbot, viewer: ViewerModel) -> Where:
    def images() -> list[Image]:
        return [layer for layer in viewer.layers if isinstance(layer, Image)]

    def add() -> Labels:
        return new_mask(viewer, Source.of(viewer.layers["photo"]), Sliders.of(viewer))

    section = Where(viewer, images, add, QWidget(), LevelsChoice(0, "What labels mean."))
    qtbot.addWidget(section)
    events = viewer.layers.events
    for event in (events.inserted, events.removed, events.reordered, events.renamed):
        event.connect(lambda _=None: section.reset_choices())
    return section


def _mask(viewer: ViewerModel, *labels: int, **options: Any) -> Labels:
    painted = np.zeros((20, 30), int)
    for k, label in enumerate(labels):
        painted[k] = label
    return viewer.add_labels(painted, **options)


def _rows(where: Where) -> list[int]:
    combos = where.table.combos
    return sorted(label for label in combos if combos[label].native.isVisibleTo(where))


def _color(where: Where, label: int) -> str:
    return where.table.swatches[label].styleSheet()


def test_by_default_all_is_painted(where: Where) -> None:
    assert where.asked("style") == {"styles": "style"}
    assert where.summary() == ""
    assert not where.table.isVisibleTo(where)


def test_labels_and_shapes_are_offered_as_masks_and_shapes_as_regions(
    where: Where, viewer: ViewerModel
) -> None:
    labels = _mask(viewer, 1, name="parts")
    shapes = viewer.add_shapes([[[1, 1], [1, 9], [9, 9], [9, 1]]], name="drawn")
    viewer.add_points([[1, 1]])
    assert where.content_mask.choices == [None, labels, shapes]
    assert where.style_mask.choices == [None, labels, shapes]
    assert where.region.choices == [None, shapes]
    where.region.value = shapes
    where.content_mask.value = labels
    arguments = where.asked("style")
    assert arguments == {"styles": "style", "content_mask": labels, "region": shapes}
    assert where.summary() == "drawn, parts"


def test_each_label_has_its_own_colour_and_takes_the_style_that_is_chosen(
    where: Where, viewer: ViewerModel
) -> None:
    labels = _mask(viewer, 1, 2, 5)
    where.content_mask.value = labels
    assert _rows(where) == [1, 2, 5]
    for label in (1, 2, 5):
        red, green, blue = (round(255 * float(k)) for k in labels.get_color(label)[:3])
        assert f"rgb({red}, {green}, {blue})" in _color(where, label)
    combos = where.table.combos
    combos[2].native.setCurrentText("sketch")
    combos[5].native.setCurrentText("leave as it is")
    styles = where.asked("above")["styles"]
    assert styles == {1: "above", 2: viewer.layers["sketch"]}
    combos[1].native.setCurrentText("leave as it is")
    combos[2].native.setCurrentText("leave as it is")
    with pytest.raises(NeuralStyleError, match="at least one"):
        where.asked("above")


def test_the_colours_of_shapes_are_those_of_their_faces(where: Where, viewer: ViewerModel) -> None:
    box = np.array([[0, 0], [0, 4], [4, 4], [4, 0]])
    shapes = viewer.add_shapes([box, box + 9], face_color=["red", "blue"])
    where.content_mask.value = shapes
    assert _rows(where) == [1, 2]
    assert "rgb(255, 0, 0)" in _color(where, 1)
    assert "rgb(0, 0, 255)" in _color(where, 2)


def test_the_table_follows_the_brush(qtbot, where: Where, viewer: ViewerModel) -> None:
    labels = _mask(viewer)
    where.content_mask.value = labels
    assert _rows(where) == []
    labels.paint((5, 5), 3)
    qtbot.waitUntil(lambda: _rows(where) == [3])
    where.table.combos[3].native.setCurrentText("sketch")
    labels.fill((0, 29), 7)
    qtbot.waitUntil(lambda: _rows(where) == [3, 7])
    labels.data = np.full((20, 30), 7)
    qtbot.waitUntil(lambda: _rows(where) == [7])
    labels.undo()
    labels.data = np.full((20, 30), 3)
    qtbot.waitUntil(lambda: _rows(where) == [3])
    assert where.table.combos[3].value is viewer.layers["sketch"], "remembered"


def test_what_was_painted_a_moment_before_run_counts(where: Where, viewer: ViewerModel) -> None:
    labels = _mask(viewer, 1)
    where.content_mask.value = labels
    where.table.combos[1].native.setCurrentText("leave as it is")
    labels.paint((15, 15), 2)
    assert where.asked("above")["styles"] == {2: "above"}


def test_shapes_that_are_drawn_and_recoloured_are_followed(
    qtbot, where: Where, viewer: ViewerModel
) -> None:
    shapes = viewer.add_shapes(ndim=2)
    where.content_mask.value = shapes
    box = np.array([[0, 0], [0, 4], [4, 4], [4, 0]])
    shapes.add_rectangles(box)
    qtbot.waitUntil(lambda: _rows(where) == [1])
    shapes.face_color = "green"
    qtbot.waitUntil(lambda: "rgb(0, 128, 0)" in _color(where, 1))
    shapes.data = []
    qtbot.waitUntil(lambda: _rows(where) == [])


def test_layers_that_go_and_are_renamed(qtbot, where: Where, viewer: ViewerModel) -> None:
    labels = _mask(viewer, 1, 2)
    where.content_mask.value = labels
    where.table.combos[1].native.setCurrentText("sketch")
    where.table.combos[2].native.setCurrentText("painting")
    viewer.layers["sketch"].name = "drawing"
    assert where.table.combos[1].native.currentText() == "drawing"
    labels.name = "parts"
    assert where.summary() == "parts"
    viewer.layers.remove("painting")
    assert where.table.combos[2].value == "above"
    viewer.layers.remove(labels)
    assert where.content_mask.value is None
    assert not where.table.isVisibleTo(where)
    labels.data = np.full((20, 30), 9)  # Nobody listens any more.
    qtbot.wait(300)
    assert where.asked("style") == {"styles": "style"}


def test_a_mask_with_thousands_of_labels_does_not_fill_the_dock(
    where: Where, viewer: ViewerModel
) -> None:
    labels = viewer.add_labels(np.arange(600).reshape(20, 30))
    where.content_mask.value = labels
    assert len(_rows(where)) == 20
    where.table.combos[1].native.setCurrentText("leave as it is")
    styles = where.asked("above")["styles"]
    assert styles == dict.fromkeys(range(2, 600), "above")


def test_with_a_style_mask_labels_are_matched_and_the_table_is_away(
    where: Where, viewer: ViewerModel
) -> None:
    labels, parts = _mask(viewer, 1, 2), _mask(viewer, 1, 2)
    where.content_mask.value = labels
    where.table.combos[2].native.setCurrentText("sketch")
    where.style_mask.value = parts
    assert not where.table.isVisibleTo(where)
    assert where.asked("style") == {
        "styles": "style",
        "content_mask": labels,
        "style_mask": parts,
    }


def test_a_new_mask_is_chosen_and_lies_ready_for_the_brush(
    qtbot, where: Where, viewer: ViewerModel
) -> None:
    where.new_button.click()
    mask = where.content_mask.value
    assert isinstance(mask, Labels)
    assert mask in viewer.layers
    assert viewer.layers.selection.active is mask
    assert mask.mode == "paint"
    assert "Nothing is painted" in where.table._hint.text()
    mask.paint((10, 10), 1)
    qtbot.waitUntil(lambda: _rows(where) == [1])


def test_everything_has_a_tooltip(where: Where, viewer: ViewerModel) -> None:
    where.content_mask.value = _mask(viewer, 1)
    parts = [*where.findChildren(QComboBox), *where.findChildren(QPushButton)]
    assert len(parts) >= 5
    assert all(len(part.toolTip().split()) >= 3 for part in parts)


@pytest.mark.parametrize("all_at_once", [False, True])
def test_a_new_mask_that_goes_leaves_paint_mode(
    where: Where, viewer: ViewerModel, all_at_once: bool
) -> None:
    where.new_button.click()
    mask = where.content_mask.value
    other = viewer.add_labels(np.zeros((4, 4), int))
    viewer.layers.remove(other)
    assert mask.mode == "paint"
    if all_at_once:
        viewer.layers.clear()
    else:
        viewer.layers.remove(mask)
    assert mask.mode == "pan_zoom"


def test_labels_may_be_levels_and_then_have_no_styles_but_a_brush_of_that_strength(
    where: Where, viewer: ViewerModel
) -> None:
    mask = _mask(viewer, 1, 2)
    before = mask.colormap
    where.content_mask.value = mask
    assert not where.brush.isVisibleTo(where)
    where.levels.value = 10
    assert where.brush.isVisibleTo(where)
    assert not where.table.isVisibleTo(where)
    assert where.asked("style") == {"styles": "style", "content_mask": mask}
    assert mask.selected_label == 10, "a new brush paints with all the strength"
    where.brush.slider.setValue(4)
    assert mask.selected_label == 4
    mask.selected_label = 7
    assert where.brush.slider.value() == 7
    assert mask.colormap.map(3)[3] < mask.colormap.map(9)[3]
    where.levels.value = 0
    assert mask.colormap is before
    assert _rows(where) == [1, 2]


def test_an_image_of_one_channel_is_a_mask_of_strengths(where: Where, viewer: ViewerModel) -> None:
    image = viewer.add_image(np.full((20, 30), 0.5), name="how much")
    assert where.content_mask.choices == [None, image]
    assert where.style_mask.choices == [None]
    where.content_mask.value = image
    assert not where.table.isVisibleTo(where)
    assert not where.levels.native.isVisibleTo(where)
    assert where.asked("style") == {"styles": "style", "content_mask": image}


def test_any_number_of_levels_can_be_shown(where: Where) -> None:
    where.levels.value = 7
    assert where.levels.value == 7
    assert "7 levels" in where.levels.native.currentText()
