"""`Comparison` and its pictures, on a bare viewer model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from PIL import Image as PillowImage

from napari_neural_style import Comparison, history
from napari_neural_style.errors import ImageError
from napari_neural_style.settings import Settings

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


@dataclass
class Cell:
    """A picture as it is drawn, in whole shades, and its caption."""

    data: np.ndarray
    name: str
    picture: np.ndarray


def _shown(comparison: Comparison) -> list[Cell]:
    return [Cell(np.rint(p * 255).astype(np.uint8), c, p) for p, c in comparison.pictures]


def _place(comparison: Comparison, row: float, column: float) -> np.ndarray:
    return (comparison.to_canvas @ (row, column, 1))[:2]


def test_the_grid_shows_inputs_and_results_with_what_differs_and_touches_no_layer(
    viewer: ViewerModel,
) -> None:
    before = _look(viewer)
    comparison = Comparison(viewer)
    comparison.grid()
    cells = _shown(comparison)
    names = [cell.name for cell in cells]
    assert names == ["content: photo", "style: painting", "seed 0", "seed 1", "seed 2"]
    np.testing.assert_array_equal(cells[0].data[..., :3], PHOTO)
    for cell, pixels in zip(cells[2:], RESULTS, strict=True):
        np.testing.assert_array_equal(cell.data[..., :3], pixels)
    np.testing.assert_allclose(_place(comparison, 1, 1), (7, 10))
    # The style stands whole and unstretched: 20 by 10 pixels, in a frame of 24 by 48 units.
    there = np.argwhere(cells[1].data[..., 3] == 255)
    height, width = (np.ptp(there, axis=0) + 1) * (2, 3)
    assert height == 24
    assert width == pytest.approx(12, abs=3)
    assert _look(viewer) == before
    comparison.off()
    assert comparison.pictures == []
    assert _look(viewer) == before


def test_chosen_results_alone_in_settled_columns(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer, ["r2", viewer.layers["r0"]])
    comparison.grid(columns=1, inputs=False)
    assert [cell.name for cell in _shown(comparison)] == ["seed 2", "seed 0"]
    assert comparison.columns == 1


def test_captions_fall_back_on_names_where_settings_say_nothing(viewer: ViewerModel) -> None:
    twin = {"neural_style": _record(seed=1)}
    viewer.add_image(PHOTO, name="twin", rgb=True, metadata=twin)
    comparison = Comparison(viewer, ["r0", "r1", "twin"])
    comparison.grid(inputs=False)
    assert [cell.name for cell in _shown(comparison)] == ["seed 0", "r1\nseed 1", "twin\nseed 1"]
    alone = Comparison(viewer, ["r1"])
    alone.grid(inputs=False)
    assert [cell.name for cell in _shown(alone)] == ["r1"]


@given(
    angle=st.floats(-180, 180),
    scale=st.tuples(st.sampled_from([-2.0, 0.5, 1.0, 3.0]), st.sampled_from([-1.0, 1.0, 2.5])),
    position=st.floats(0, 1),
)
def test_the_swipe_has_the_content_left_of_a_line_on_the_canvas(
    angle: float, scale: tuple[float, float], position: float
) -> None:
    viewer = _viewer(scale=scale, rotate=angle)
    comparison = Comparison(viewer)
    comparison.swipe("r1", position)
    (picture,) = _shown(comparison)
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
    np.testing.assert_allclose(_place(comparison, 3, 4), result.data_to_world((3, 4)))


def test_the_line_moves(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    comparison.swipe(position=0)
    np.testing.assert_array_equal(_shown(comparison)[0].data[..., :3], RESULTS[2])
    told: list[int] = []
    comparison.redrawn.connect(lambda: told.append(1))
    comparison.swipe(position=1)
    assert told == [1]
    np.testing.assert_array_equal(_shown(comparison)[0].data[..., :3], PHOTO)
    assert comparison.pictures[0][0] is comparison.pictures[0][0], "nothing is drawn twice"


def test_transparency_is_kept(viewer: ViewerModel) -> None:
    glass = np.concatenate([RESULTS[0], np.full((HEIGHT, WIDTH, 1), 90, np.uint8)], axis=-1)
    photo = viewer.layers["photo"]
    metadata = {"neural_style": _record()}
    transforms = {"scale": photo.scale, "translate": photo.translate}
    viewer.add_image(glass, name="glass", rgb=True, metadata=metadata, **transforms)
    comparison = Comparison(viewer)
    comparison.swipe("glass", 0)
    np.testing.assert_array_equal(_shown(comparison)[0].data, glass)


def test_a_result_of_a_part_shows_the_content_around_it(viewer: ViewerModel) -> None:
    part = RESULTS[0][2:6, 3:9]
    place = viewer.layers["photo"].data_to_world((2, 3))
    metadata = {"neural_style": _record()}
    viewer.add_image(part, name="part", rgb=True, scale=(2, 3), translate=place, metadata=metadata)
    comparison = Comparison(viewer)
    comparison.swipe("part", 0)
    expected = PHOTO.copy()
    expected[2:6, 3:9] = part
    np.testing.assert_array_equal(_shown(comparison)[0].data[..., :3], expected)


def test_the_difference_is_brightest_where_the_pictures_differ_most(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    for other, pixels in ((None, PHOTO), ("r0", RESULTS[0])):
        comparison.difference("r1", other)
        (picture,) = _shown(comparison)
        distance = np.abs(RESULTS[1].astype(float) - pixels).mean(axis=-1)
        order = np.argsort(distance.ravel())
        light = picture.data[..., :3].sum(axis=-1).ravel()[order]
        assert (np.diff(light.astype(int)) >= -3).all()  # magma grows lighter throughout
        assert f"mean {distance.mean() / 255:.3f}" in picture.name
    comparison.difference("r1", "r1")
    assert not _shown(comparison)[0].data[..., :3].max() > 4


def test_the_pictures_follow_a_run_that_goes_on(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    comparison.grid()
    viewer.layers["r1"].data = PHOTO
    np.testing.assert_array_equal(_shown(comparison)[3].data[..., :3], PHOTO)
    comparison.swipe("r2", 0)
    viewer.layers["r2"].data = PHOTO
    np.testing.assert_array_equal(_shown(comparison)[0].data[..., :3], PHOTO)


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
    content, result = _shown(comparison)
    np.testing.assert_array_equal(content.data[..., :3], RESULTS[1])
    np.testing.assert_array_equal(result.data[..., :3], 255 - RESULTS[1])


def test_a_result_that_is_removed_leaves_the_grid(viewer: ViewerModel) -> None:
    comparison = Comparison(viewer)
    comparison.grid()
    viewer.layers.remove("r1")
    assert [cell.name for cell in _shown(comparison)][2:] == ["seed 0", "seed 2"]
    comparison.swipe("r2")
    viewer.layers.remove("r2")
    assert comparison.mode == "off"
    comparison.grid()
    viewer.layers.remove("photo")
    assert comparison.mode == "off"


def test_one_comparison_takes_the_place_of_another(viewer: ViewerModel) -> None:
    first, second = Comparison(viewer), Comparison(viewer)
    modes: list[str] = []
    first.mode_changed.connect(modes.append)
    first.grid()
    second.difference()
    assert modes == ["grid", "off"]
    assert len(_shown(second)) == 1
    known = history(viewer)
    known.show(known[0])
    assert second.mode == "difference", "what the canvas shows is another matter"


def test_what_cannot_be_compared_is_told_and_nothing_changes(viewer: ViewerModel) -> None:
    before = _look(viewer)
    with pytest.raises(ImageError, match="no result layer 'r9'"):
        Comparison(viewer, ["r9"])
    comparison = Comparison(viewer)
    viewer.layers["r0"].data = np.full((HEIGHT, WIDTH, 3), np.nan)
    with pytest.raises(ImageError, match="NaN"):
        comparison.grid()
    assert comparison.mode == "off"
    assert [name for name, *_ in _look(viewer)[0]] == [name for name, *_ in before[0]]
    bare = ViewerModel()
    with pytest.raises(ImageError, match="no result to compare"):
        Comparison(bare)
    bare.add_image(PHOTO, name="r", rgb=True, metadata={"neural_style": _record()})
    with pytest.raises(ImageError, match="choose the content"):
        Comparison(bare).swipe()
    alone = Comparison(bare)
    alone.grid()
    assert len(_shown(alone)) == 1


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
        before = comparison.pictures
        looked_at.clear()
        viewer.layers["r2"].data = RNG.integers(0, 256, PHOTO.shape, np.uint8)
        assert looked_at == ["result layer 'r2'"]
        after = comparison.pictures
        kept = [new is old for (new, _), (old, _) in zip(after, before, strict=True)]
        assert kept == [True for _ in kept[1:]] + [False]
        # And they show what they show when all is read.
        show()
        for (picture, _), (pixels, _) in zip(comparison.pictures, after, strict=True):
            np.testing.assert_array_equal(picture, pixels)


def test_all_follow_the_content_and_what_could_not_be_read(viewer: ViewerModel) -> None:
    part = {"scale": (2, 3), "translate": (9, 16), "metadata": {"neural_style": _record(seed=9)}}
    viewer.add_image(RESULTS[0][2:6, 3:9], name="part", rgb=True, **part)
    comparison = Comparison(viewer, ["r0", "part"])

    def pixels(number: int) -> np.ndarray:
        return _shown(comparison)[number].data[..., :3]

    comparison.grid()
    viewer.layers["photo"].data = 255 - PHOTO
    np.testing.assert_array_equal(pixels(0), 255 - PHOTO)
    np.testing.assert_array_equal(pixels(3)[0], 255 - PHOTO[0])
    np.testing.assert_array_equal(pixels(3)[2:6, 3:9], RESULTS[0][2:6, 3:9])
    viewer.layers["photo"].data = np.full(PHOTO.shape, np.nan)
    np.testing.assert_array_equal(pixels(0), 255 - PHOTO)
    viewer.layers["photo"].data = PHOTO
    viewer.layers["r0"].data = RESULTS[1]
    np.testing.assert_array_equal(pixels(0), PHOTO)
    np.testing.assert_array_equal(pixels(2), RESULTS[1])
    np.testing.assert_array_equal(pixels(3)[0], PHOTO[0])
    comparison.swipe("r0", 0.5)
    viewer.layers["photo"].data = np.full(PHOTO.shape, np.nan)
    comparison.swipe("r0", 1)
    np.testing.assert_array_equal(pixels(0), PHOTO)
    viewer.layers["photo"].data = 255 - PHOTO
    np.testing.assert_array_equal(pixels(0), 255 - PHOTO)
