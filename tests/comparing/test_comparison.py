"""`Comparison` and its pictures, on a bare viewer model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from napari.layers import Image
from PIL import Image as PillowImage

from napari_neural_style import Comparison, history
from napari_neural_style.errors import ImageError
from napari_neural_style.settings import Settings
from napari_neural_style.viewing.temporary_layers import is_temporary

HEIGHT, WIDTH = 12, 16
RNG = np.random.default_rng(8)
PHOTO = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
RESULTS = RNG.integers(0, 256, (3, HEIGHT, WIDTH, 3), np.uint8)


def _record(**settings: Any) -> dict[str, Any]:
    inputs = {"content": "photo", "style": "painting"}
    return {"settings": Settings(**settings).to_json(), "inputs": inputs}


def _viewer(**transforms: Any) -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True, **transforms)
    viewer.add_image(np.full((20, 10, 3), 200, np.uint8), name="painting", rgb=True)
    for seed, pixels in enumerate(RESULTS):
        metadata = {"neural_style": _record(seed=seed)}
        viewer.add_image(pixels, name=f"r{seed}", rgb=True, metadata=metadata, **transforms)
    viewer.layers["painting"].visible = False
    return viewer


@pytest.fixture
def viewer() -> ViewerModel:
    return _viewer(scale=(2, 3), translate=(5, 7))


def _look(viewer: ViewerModel) -> list[Any]:
    return [
        [(layer.name, layer.visible, layer.opacity, id(layer.data)) for layer in viewer.layers],
        {layer.name for layer in viewer.layers.selection},
        viewer.canvas.grid.model_dump(),
        viewer.scene.camera.model_dump(),
    ]


def _shown(viewer: ViewerModel) -> list[Image]:
    shown = [layer for layer in viewer.layers if layer.visible]
    assert all(is_temporary(layer) for layer in shown)
    return shown


def test_the_grid_shows_inputs_and_results_with_names_and_settings(viewer: ViewerModel) -> None:
    before = _look(viewer)
    comparison = Comparison(viewer)
    comparison.grid()
    cells = _shown(viewer)
    names = [layer.name for layer in cells]
    assert names == ["content: photo", "style: painting", "r0\nseed 0", "r1\nseed 1", "r2\nseed 2"]
    assert all(layer.name_overlay.visible for layer in cells)
    np.testing.assert_array_equal(cells[0].data[..., :3], PHOTO)
    for cell, pixels in zip(cells[2:], RESULTS, strict=True):
        np.testing.assert_array_equal(cell.data[..., :3], pixels)
        np.testing.assert_allclose(cell.data_to_world((1, 1)), (7, 10))
    grid = viewer.canvas.grid
    assert grid.enabled
    rows, columns = grid.actual_shape(viewer.layers)
    assert rows * columns >= 5
    assert [grid.position(viewer.layers.index(cell), viewer.layers) for cell in cells] == [
        divmod(number, columns) for number in range(5)
    ]
    # The style stands whole and unstretched: 20 by 10 pixels, in a frame of 24 by 48 units.
    there = np.argwhere(cells[1].data[..., 3] == 255)
    height, width = (np.ptp(there, axis=0) + 1) * (2, 3)
    assert height == 24
    assert width == pytest.approx(12, abs=3)
    comparison.off()
    assert _look(viewer) == before


def test_all_pictures_fit_into_their_cells(viewer: ViewerModel) -> None:
    Comparison(viewer).grid()
    rows, columns = viewer.canvas.grid.shape
    cell = np.divide(viewer.canvas.size, (rows, columns))
    extent = np.array([HEIGHT * 2, WIDTH * 3]) * viewer.scene.camera.zoom
    assert (extent <= cell).all()
    assert (extent > cell / 4).any()


def test_chosen_results_alone_in_settled_columns(viewer: ViewerModel) -> None:
    Comparison(viewer, ["r2", viewer.layers["r0"]]).grid(columns=1, inputs=False)
    assert [layer.name for layer in _shown(viewer)] == ["r2\nseed 2", "r0\nseed 0"]
    assert viewer.canvas.grid.shape == (2, 1)


@given(
    angle=st.floats(-180, 180),
    scale=st.tuples(st.sampled_from([-2.0, 0.5, 1.0, 3.0]), st.sampled_from([-1.0, 1.0, 2.5])),
    position=st.floats(0, 1),
)
def test_the_swipe_has_the_content_left_of_a_line_on_the_canvas(
    angle: float, scale: tuple[float, float], position: float
) -> None:
    viewer = _viewer(scale=scale, rotate=angle)
    Comparison(viewer).swipe("r1", position)
    (picture,) = _shown(viewer)
    result = viewer.layers["r1"]
    # Independently: where napari itself puts each pixel.
    places = np.array([[result.data_to_world((r, c)) for c in range(WIDTH)] for r in range(HEIGHT)])
    corners = [
        result.data_to_world((r, c)) for r in (-0.5, HEIGHT - 0.5) for c in (-0.5, WIDTH - 0.5)
    ]
    left, right = min(c[1] for c in corners), max(c[1] for c in corners)
    share = (places[..., 1] - left) / (right - left)
    far = 0.5 / WIDTH + 1e-6
    before, after = share < position - far, share > position + far
    np.testing.assert_array_equal(picture.data[before][:, :3], PHOTO[before])
    np.testing.assert_array_equal(picture.data[after][:, :3], RESULTS[1][after])
    np.testing.assert_allclose(picture.data_to_world((3, 4)), result.data_to_world((3, 4)))


def test_the_line_moves_without_a_new_layer(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    comparison.swipe(position=0)
    (picture,) = _shown(viewer)
    np.testing.assert_array_equal(picture.data[..., :3], RESULTS[2])
    comparison.swipe(position=1)
    assert _shown(viewer) == [picture]
    np.testing.assert_array_equal(picture.data[..., :3], PHOTO)


def test_transparency_is_kept(viewer: ViewerModel) -> None:
    glass = np.concatenate([RESULTS[0], np.full((HEIGHT, WIDTH, 1), 90, np.uint8)], axis=-1)
    photo = viewer.layers["photo"]
    metadata = {"neural_style": _record()}
    transforms = {"scale": photo.scale, "translate": photo.translate}
    viewer.add_image(glass, name="glass", rgb=True, metadata=metadata, **transforms)
    Comparison(viewer).swipe("glass", 0)
    np.testing.assert_array_equal(_shown(viewer)[0].data, glass)


def test_a_result_of_a_part_shows_the_content_around_it(viewer: ViewerModel) -> None:
    part = RESULTS[0][2:6, 3:9]
    place = viewer.layers["photo"].data_to_world((2, 3))
    metadata = {"neural_style": _record()}
    viewer.add_image(part, name="part", rgb=True, scale=(2, 3), translate=place, metadata=metadata)
    Comparison(viewer).swipe("part", 0)
    expected = PHOTO.copy()
    expected[2:6, 3:9] = part
    np.testing.assert_array_equal(_shown(viewer)[0].data[..., :3], expected)


def test_the_difference_is_brightest_where_the_pictures_differ_most(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    for other, pixels in ((None, PHOTO), ("r0", RESULTS[0])):
        comparison.difference("r1", other)
        (picture,) = _shown(viewer)
        distance = np.abs(RESULTS[1].astype(float) - pixels).mean(axis=-1)
        order = np.argsort(distance.ravel())
        light = picture.data[..., :3].sum(axis=-1).ravel()[order]
        assert (np.diff(light.astype(int)) >= -3).all()  # magma grows lighter throughout
        assert f"mean {distance.mean() / 255:.3f}" in picture.name
    comparison.difference("r1", "r1")
    assert not _shown(viewer)[0].data[..., :3].max() > 4


def test_the_pictures_follow_a_run_that_goes_on(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    comparison.grid()
    viewer.layers["r1"].data = PHOTO
    np.testing.assert_array_equal(_shown(viewer)[3].data[..., :3], PHOTO)
    comparison.swipe("r2", 0)
    viewer.layers["r2"].data = PHOTO
    np.testing.assert_array_equal(_shown(viewer)[0].data[..., :3], PHOTO)


def test_the_pictures_follow_the_sliders() -> None:
    viewer = ViewerModel()
    stack = np.stack([RESULTS[0], RESULTS[1]])
    viewer.add_image(stack, name="film", rgb=True)
    record = {"settings": Settings().to_json(), "inputs": {"content": "film"}}
    viewer.add_image(255 - stack, name="r", rgb=True, metadata={"neural_style": record})
    viewer.dims.set_current_step(0, 0)
    comparison = Comparison(viewer)
    comparison.grid()
    viewer.dims.set_current_step(0, 1)
    content, result = _shown(viewer)
    np.testing.assert_array_equal(content.data[0, ..., :3], RESULTS[1])
    np.testing.assert_array_equal(result.data[0, ..., :3], 255 - RESULTS[1])
    np.testing.assert_allclose(result.data_to_world((0, 0, 0)), (1, 0, 0))
    comparison.off()
    assert viewer.dims.current_step[0] == 1


def test_a_result_that_is_removed_leaves_the_grid(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    comparison.grid()
    viewer.layers.remove("r1")
    assert [layer.name.split("\n")[0] for layer in _shown(viewer)][2:] == ["r0", "r2"]
    comparison.swipe("r2")
    viewer.layers.remove("r2")
    assert comparison.mode == "off"
    assert [layer.name for layer in viewer.layers] == ["photo", "painting", "r0"]
    assert [layer.visible for layer in viewer.layers] == [True, False, True]
    comparison.grid()
    viewer.layers.remove("photo")
    assert comparison.mode == "off"


def test_one_comparison_takes_the_place_of_another_and_history_of_both(viewer: ViewerModel) -> None:
    first, second = Comparison(viewer), Comparison(viewer)
    modes: list[str] = []
    first.mode_changed.connect(modes.append)
    first.grid()
    second.difference()
    assert modes == ["grid", "off"]
    assert len(_shown(viewer)) == 1
    known = history(viewer)
    assert len(known) == 3, "pictures of a comparison are no results"
    known.show(known[0])
    assert second.mode == "off"
    assert [layer.name for layer in viewer.layers if layer.visible] == ["photo", "r0"]


def test_what_cannot_be_compared_is_told_and_nothing_changes(viewer: ViewerModel) -> None:
    before = _look(viewer)
    with pytest.raises(ImageError, match="no result layer 'r9'"):
        Comparison(viewer, ["r9"])
    comparison = Comparison(viewer)
    viewer.layers["r0"].data = np.full((HEIGHT, WIDTH, 3), np.nan)
    with pytest.raises(ImageError, match="NaN"):
        comparison.grid()
    assert comparison.mode == "off"
    assert _look(viewer)[1:] == before[1:]
    bare = ViewerModel()
    with pytest.raises(ImageError, match="no result to compare"):
        Comparison(bare)
    bare.add_image(PHOTO, name="r", rgb=True, metadata={"neural_style": _record()})
    with pytest.raises(ImageError, match="choose the content"):
        Comparison(bare).swipe()
    Comparison(bare).grid()
    assert len(_shown(bare)) == 1


def test_the_sheet_has_every_picture_and_is_saved(viewer: ViewerModel, tmp_path: Path) -> None:
    comparison = Comparison(viewer)
    comparison.save(tmp_path / "all.png", cell=64, columns=5)
    saved = np.asarray(PillowImage.open(tmp_path / "all.png"))
    np.testing.assert_array_equal(saved, comparison.sheet(cell=64, columns=5))
    assert saved.shape[1] == 5 * 74 + 10
    # The first cell is the content: its mean colour, whatever the scaling.
    cell = saved[10 : 10 + 48, 10 : 10 + 64].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(cell, PHOTO.reshape(-1, 3).mean(axis=0), atol=4)
    with pytest.raises(ImageError, match="no folder"):
        comparison.save(tmp_path / "nowhere" / "all.png")


def test_of_several_layers_the_one_that_changed_is_read_again(
    viewer: ViewerModel, looked_at: list[str]
) -> None:
    comparison = Comparison(viewer)
    for show in (comparison.grid, comparison.swipe, comparison.difference):
        show()
        cells = _shown(viewer)
        before = [cell.data for cell in cells]
        looked_at.clear()
        viewer.layers["r2"].data = RNG.integers(0, 256, PHOTO.shape, np.uint8)
        assert looked_at == ["result layer 'r2'"]
        assert [cell.data is old for cell, old in zip(cells, before, strict=True)] == [
            True for _ in cells[1:]
        ] + [False]
        # And they show what they show when all is read.
        after = [cell.data for cell in cells]
        show()
        for cell, pixels in zip(_shown(viewer), after, strict=True):
            np.testing.assert_array_equal(cell.data, pixels)


def test_all_follow_the_content_and_what_could_not_be_read(viewer: ViewerModel) -> None:
    part = {"scale": (2, 3), "translate": (9, 16), "metadata": {"neural_style": _record(seed=9)}}
    viewer.add_image(RESULTS[0][2:6, 3:9], name="part", rgb=True, **part)
    comparison = Comparison(viewer, ["r0", "part"])
    comparison.grid()
    content, _, result, cell = _shown(viewer)
    viewer.layers["photo"].data = 255 - PHOTO
    np.testing.assert_array_equal(content.data[..., :3], 255 - PHOTO)
    np.testing.assert_array_equal(cell.data[0, ..., :3], 255 - PHOTO[0])
    np.testing.assert_array_equal(cell.data[2:6, 3:9, :3], RESULTS[0][2:6, 3:9])
    viewer.layers["photo"].data = np.full(PHOTO.shape, np.nan)
    np.testing.assert_array_equal(content.data[..., :3], 255 - PHOTO)
    viewer.layers["photo"].data = PHOTO
    viewer.layers["r0"].data = RESULTS[1]
    np.testing.assert_array_equal(content.data[..., :3], PHOTO)
    np.testing.assert_array_equal(result.data[..., :3], RESULTS[1])
    np.testing.assert_array_equal(cell.data[0, ..., :3], PHOTO[0])
    comparison.swipe("r0", 0.5)
    (picture,) = _shown(viewer)
    viewer.layers["photo"].data = np.full(PHOTO.shape, np.nan)
    comparison.swipe("r0", 1)
    np.testing.assert_array_equal(picture.data[..., :3], PHOTO)
    viewer.layers["photo"].data = 255 - PHOTO
    np.testing.assert_array_equal(picture.data[..., :3], 255 - PHOTO)


def test_a_picture_that_the_user_takes_away_confuses_no_other(viewer: ViewerModel) -> None:
    Comparison(viewer).grid()
    cells = _shown(viewer)
    viewer.layers.remove(cells[2])
    viewer.layers["r2"].data = PHOTO
    np.testing.assert_array_equal(cells[3].data[..., :3], RESULTS[1])
    np.testing.assert_array_equal(cells[4].data[..., :3], PHOTO)
