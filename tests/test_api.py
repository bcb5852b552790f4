"""The two calls of the console."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import stylize, stylize_layers
from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.progress import Progress
from quick import PATIENCE, QUICK

#: The picture hardly leaves what it starts from.
STILL = {**QUICK, "steps": 1, "learning_rate": 1e-6, "averaging": 0.0, "size": 64}


@pytest.fixture
def style() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 100, (25, 25, 3), np.uint8)


def _content(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    values = np.random.default_rng(0).random(shape)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    if dtype is bool:
        return values > 0.5
    return (values * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.uint8, np.uint8),
        (np.uint16, np.uint16),
        (np.int32, np.int32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (bool, np.uint8),
    ],
)
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_height_width_dtype_and_alpha_are_those_of_the_content(
    style: np.ndarray, dtype: Any, expected: Any, channels: tuple[int, ...]
) -> None:
    content = _content((20, 30, *channels), dtype)
    painted = stylize(content, style, **QUICK)
    assert painted.shape == (20, 30, 4 if channels == (4,) else 3)
    assert painted.dtype == expected
    if channels == (4,):
        alpha = content[..., 3]
        np.testing.assert_array_equal(
            painted[..., 3], alpha if dtype is not bool else alpha * np.uint8(255)
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_picture_that_hardly_moves_is_the_content(style: np.ndarray, dtype: Any) -> None:
    content = _content((20, 30, 3), dtype)
    painted = stylize(content, style, **STILL)
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max
    np.testing.assert_allclose(painted / top, content / top, atol=0.5 / 255)


def test_the_content_is_not_changed(style: np.ndarray) -> None:
    content = _content((20, 30, 4), np.uint8)
    before = content.copy(), style.copy()
    stylize(content, style, **QUICK)
    np.testing.assert_array_equal(content, before[0])
    np.testing.assert_array_equal(style, before[1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 2, 3), (5, 7, 1)])
def test_the_smallest_images_can_be_painted(style: np.ndarray, shape: tuple[int, ...]) -> None:
    painted = stylize(_content(shape, np.uint8), style, **QUICK)
    assert painted.shape == (*shape[:2], 3)


def test_a_size_below_the_contents_still_returns_the_contents(style: np.ndarray) -> None:
    content = _content((50, 90, 3), np.uint8)
    assert stylize(content, style, **{**QUICK, "size": 32}).shape == content.shape


def test_nested_lists_are_images_as_well(style: np.ndarray) -> None:
    content = np.full((16, 16, 3), 0.5)
    np.testing.assert_array_equal(
        stylize(content.tolist(), style.tolist(), **QUICK),
        stylize(content, style.astype(np.int64), **QUICK),
    )


def test_an_image_can_be_given_to_start_from(style: np.ndarray) -> None:
    start = np.random.default_rng(9).integers(0, 256, (20, 30, 3), np.uint8)
    content = np.zeros((20, 30, 3), np.uint8)
    painted = stylize(content, style, init=start, **STILL)
    np.testing.assert_allclose(painted.astype(int), start, atol=1)


def test_the_callback_gets_the_progress(style: np.ndarray) -> None:
    seen: list[Any] = []
    painted = stylize(_content((20, 30, 3), np.uint8), style, callback=seen.append, **QUICK)
    assert all(isinstance(update, Progress) for update in seen)
    assert [update.step for update in seen] == [1, 4, 8, 12]
    assert {update.total for update in seen} == {12}
    fractions = [update.fraction for update in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    last = np.rint(seen[-1].image * 255)
    # The size asked for is below the content's: the last preview is enlarged to be the result.
    assert last.shape == (16, 24, 3)
    assert abs(last.mean() - painted.mean()) < 2


def test_an_error_in_the_callback_ends_the_run_and_the_next_one_works(style: np.ndarray) -> None:
    content = _content((20, 30, 3), np.uint8)

    def stop(update: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stylize(content, style, callback=stop, **{**QUICK, "steps": 100_000})
    assert stylize(content, style, **QUICK).shape == content.shape


def test_same_seed_same_picture_other_seed_other_picture(style: np.ndarray) -> None:
    content = _content((20, 30, 3), np.uint8)
    pictures = [stylize(content, style, init="noise", seed=s, **QUICK) for s in (3, 3, 4)]
    difference = np.abs(pictures[0].astype(int) - pictures[1])
    assert difference.max() <= 1
    assert np.abs(pictures[0].astype(int) - pictures[2]).mean() > 5


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 2.5}, "whole number"),
        ({"style_strenght": 1}, "style_strength"),
        ({"preset": "nice"}, "balanced"),
        ({"features": "resnet"}, "builtin"),
        ({"style_layers": {"block9_conv1": 1}}, "block9_conv1"),
        ({"init": "nothing"}, "noise"),
        ({"device": "toaster"}, "toaster"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_starts(
    style: np.ndarray, wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        stylize(style, style, **wrong)


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros(5), "shape"),
        (np.zeros((4, 5, 7)), "shape"),
        (np.zeros((0, 5, 3)), "empty"),
        (np.full((4, 5), np.nan), "NaN"),
        (np.full((4, 5), 300.0), "between 0 and 1"),
        (np.full((4, 5), -1), "negative"),
        (np.full((4, 5), "x"), "numbers"),
    ],
)
@pytest.mark.parametrize("which", ["content", "style", "init"])
def test_what_is_no_image_is_refused_by_name(
    style: np.ndarray, image: np.ndarray, says: str, which: str
) -> None:
    images = {"content": style, "style": style, which: image}
    with pytest.raises(ImageError, match=f"{which}.*{says}"):
        stylize(**images)


def test_layers_can_be_named_or_given(style: np.ndarray) -> None:
    viewer = ViewerModel()
    photo = viewer.add_image(_content((20, 30, 3), np.uint8), name="photo", rgb=True)
    painting = viewer.add_image(style, name="painting", rgb=True)
    named = stylize_layers(viewer, "photo", "painting", **QUICK).wait(timeout=PATIENCE)
    given = stylize_layers(viewer, photo, painting, **QUICK).wait(timeout=PATIENCE)
    np.testing.assert_allclose(named.layer.data.astype(int), given.layer.data, atol=1)
    # Layer in, layer out: the same as with arrays.
    by_hand = stylize(photo.data, painting.data, **QUICK)
    np.testing.assert_allclose(named.layer.data.astype(int), by_hand, atol=1)


def test_a_layer_can_be_given_to_start_from(style: np.ndarray) -> None:
    viewer = ViewerModel()
    black = viewer.add_image(np.zeros((20, 30, 3), np.uint8), rgb=True)
    painting = viewer.add_image(style, rgb=True)
    start = viewer.add_image(_content((20, 30, 3), np.uint8), rgb=True)
    run = stylize_layers(viewer, black, painting, init=start, **STILL).wait(timeout=PATIENCE)
    np.testing.assert_allclose(run.layer.data.astype(int), start.data, atol=1)


def test_a_wrong_layer_or_setting_starts_nothing(style: np.ndarray) -> None:
    viewer = ViewerModel()
    viewer.add_image(style, name="painting", rgb=True)
    with pytest.raises(ImageError, match="no content layer 'foto'"):
        stylize_layers(viewer, "foto", "painting")
    with pytest.raises(SettingsError, match="steps"):
        stylize_layers(viewer, "painting", "painting", steps=-1)
    assert len(viewer.layers) == 1
