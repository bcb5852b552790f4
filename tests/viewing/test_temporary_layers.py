"""`TemporaryLayers`: whatever the viewer looked like, it looks like that again."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from napari.layers import Image

from napari_neural_style.viewing.temporary_layers import (
    TemporaryLayers,
    clear_temporary_layers,
    is_temporary,
)


def _look(viewer: ViewerModel) -> dict[str, Any]:
    """Return all that a user sees, read field by field."""
    return {
        "layers": [
            (layer.name, layer.visible, layer.opacity, str(layer.mode), id(layer.data))
            for layer in viewer.layers
        ],
        "selected": {layer.name for layer in viewer.layers.selection},
        "active": viewer.layers.selection.active,
        "grid": viewer.canvas.grid.model_dump(),
        "camera": viewer.scene.camera.model_dump(),
        "dims": viewer.dims.model_dump(),
    }


@st.composite
def _viewers(draw: st.DrawFn) -> ViewerModel:
    viewer = ViewerModel()
    for number in range(draw(st.integers(0, 4))):
        shape = draw(st.sampled_from([(8, 9), (3, 8, 9)]))
        options = {
            "name": f"layer {number}",
            "visible": draw(st.booleans()),
            "opacity": draw(st.floats(0, 1)),
            "scale": [draw(st.floats(0.5, 3))] * len(shape),
        }
        kind = draw(st.sampled_from(["image", "labels", "points"]))
        if kind == "image":
            viewer.add_image(np.zeros(shape), **options)
        elif kind == "labels":
            labels = viewer.add_labels(np.zeros(shape, int), **options)
            if labels.visible:
                labels.mode = draw(st.sampled_from(["pan_zoom", "paint", "erase"]))
        else:
            viewer.add_points(np.ones((2, len(shape))), **options)
    if len(viewer.layers):
        chosen = draw(st.sets(st.sampled_from(list(viewer.layers))))
        viewer.layers.selection.clear()
        viewer.layers.selection.update(chosen)
    grid, camera = viewer.canvas.grid, viewer.scene.camera
    grid.enabled = draw(st.booleans())
    grid.stride = draw(st.sampled_from([1, 2, -1]))
    grid.shape = draw(st.sampled_from([(-1, -1), (1, 2), (2, -1)]))
    grid.spacing = draw(st.sampled_from([0.0, 0.2, 3.0]))
    camera.center = tuple(draw(st.floats(-50, 50)) for _ in range(3))
    camera.zoom = draw(st.floats(0.1, 20))
    return viewer


def _picture(name: str = "layer 0") -> Image:
    return Image(np.zeros((8, 9, 3), np.uint8), rgb=True, name=name)


@given(_viewers(), st.data())
def test_a_viewer_is_given_back_exactly_as_it_was(viewer: ViewerModel, data: st.DataObject) -> None:
    before = _look(viewer)
    stage = TemporaryLayers(viewer)
    assert not any(layer.visible for layer in viewer.layers)
    for _ in range(data.draw(st.integers(0, 3))):
        stage.put(_picture())
    assert all(is_temporary(picture) for picture in stage.pictures)
    # What the stage's user, or the viewer's, may do meanwhile.
    viewer.canvas.grid.enabled = True
    viewer.canvas.grid.shape = (3, 3)
    viewer.scene.camera.zoom *= 2
    viewer.scene.camera.center = (1, 2, 3)
    for layer in viewer.layers:
        layer.visible = data.draw(st.booleans())
        layer.opacity = 0.25
    if len(viewer.layers) > 1:
        viewer.layers.move(0, len(viewer.layers) - 1)
    if stage.pictures and data.draw(st.booleans()):
        viewer.layers.remove(stage.pictures[0])
    stage.clear()
    assert _look(viewer) == before
    stage.clear()  # There is nothing left to do.
    assert _look(viewer) == before


@given(_viewers(), st.data())
def test_what_was_removed_or_added_meanwhile_is_as_the_user_wants_it(
    viewer: ViewerModel, data: st.DataObject
) -> None:
    before = _look(viewer)
    stage = TemporaryLayers(viewer)
    stage.put(_picture())
    gone = [layer for layer in viewer.layers[:-1] if data.draw(st.booleans())]
    for layer in gone:
        viewer.layers.remove(layer)
    mine = viewer.add_labels(np.zeros((8, 9), int), name="mine")
    stage.clear()
    left = [entry for entry in before["layers"] if entry[0] not in {g.name for g in gone}]
    assert _look(viewer)["layers"][:-1] == left
    assert viewer.layers[-1] is mine
    assert mine.visible
    assert _look(viewer)["grid"] == before["grid"]
    # The one layer that is left of those selected becomes active, and the camera follows its mode.
    active = viewer.layers.selection.active
    before["camera"]["mouse_pan"] = active is None or active.mouse_pan
    assert _look(viewer)["camera"] == before["camera"]


def test_a_second_stage_clears_the_first() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((8, 9)), name="a")
    before = _look(viewer)
    first = TemporaryLayers(viewer)
    told: list[bool] = []
    first.cleared.connect(lambda: told.append(viewer.layers["a"].visible))
    first.put(_picture("one"))
    TemporaryLayers(viewer).put(_picture("two"))
    assert told == [True], "it is told when the viewer is as it was"
    assert [layer.name for layer in viewer.layers] == ["a", "two"]
    first.clear()
    assert len(viewer.layers) == 2
    clear_temporary_layers(viewer)
    assert _look(viewer) == before


def test_a_caption_of_several_lines_fits_into_the_status_bar() -> None:
    viewer = ViewerModel()
    stage = TemporaryLayers(viewer)
    stage.put(_picture("one\ntwo"))
    (picture,) = stage.pictures
    assert picture.name_overlay.visible
    assert "one two" in picture.get_status((1, 1))["layer_name"]
