"""Image layers as masks: how strongly each place is painted."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style.errors import ImageError
from napari_neural_style.viewing.layers import read_layer
from napari_neural_style.viewing.mask_layers import find_mask, labels_of, labels_on
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.strength_layers import level_colours

HEIGHT, WIDTH = 12, 16


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((HEIGHT, WIDTH, 3)), rgb=True, name="photo")
    return viewer


def _strengths(viewer: ViewerModel, mask: str) -> np.ndarray:
    placement = read_layer(viewer, viewer.layers["photo"], "content")[1]
    return labels_on(find_mask(viewer, mask), placement, Sliders.of(viewer))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH), None),
        (np.eye(HEIGHT, WIDTH) > 0, np.eye(HEIGHT, WIDTH)),
        (np.full((HEIGHT, WIDTH), 51, np.uint8), np.full((HEIGHT, WIDTH), 0.2)),
    ],
)
def test_pixels_are_strengths(viewer: ViewerModel, values: np.ndarray, expected: object) -> None:
    viewer.add_image(values, name="how much", contrast_limits=(0, 1))
    found = _strengths(viewer, "how much")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values if expected is None else expected, atol=1e-6)


def test_a_coarse_mask_is_blended_between_its_pixels_and_0_beyond_them(viewer: ViewerModel) -> None:
    coarse = np.repeat(np.float32([[0.0, 1.0]]), 3, axis=0)
    viewer.add_image(coarse, name="coarse", scale=(4, 5), translate=(1.5, 2))
    row = _strengths(viewer, "coarse")[6]
    # Centres of the two pixels at columns 2 and 7; they reach from -0.5 to 9.5.
    np.testing.assert_allclose(row[:10], [0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1], atol=1e-6)
    np.testing.assert_array_equal(row[10:], 0)


def test_of_a_stack_the_slice_on_show_counts(viewer: ViewerModel) -> None:
    stack = np.float32([0.2, 0.7]).reshape(2, 1, 1) * np.ones((1, HEIGHT, WIDTH), np.float32)
    viewer.add_image(stack, name="deep")
    for step, strength in enumerate((0.2, 0.7)):
        viewer.dims.set_point(0, step)
        np.testing.assert_allclose(_strengths(viewer, "deep"), strength)
    viewer.dims.set_point(0, 0)
    assert labels_of(find_mask(viewer, "deep"), Sliders.of(viewer)) == []


@pytest.mark.parametrize(
    ("value", "says"),
    [(1.5, "values beyond 0 to 1"), (np.nan, "NaN"), (0.0, "is empty here")],
)
def test_what_is_no_strength_is_refused_in_a_sentence(
    viewer: ViewerModel, value: float, says: str
) -> None:
    values = np.full((HEIGHT, WIDTH), value)
    viewer.add_image(values, name="how much", contrast_limits=(0, 1))
    with pytest.raises(ImageError, match=f"'how much' .*{says}"):
        _strengths(viewer, "how much")


def test_stronger_levels_are_seen_more() -> None:
    colours = level_colours(10)
    opacities = [float(colours.map(level)[..., 3].squeeze()) for level in range(11)]
    assert opacities[0] == 0
    assert opacities == sorted(opacities)
    assert opacities[10] == 1
    assert float(colours.map(77)[..., 3].squeeze()) == 1, "beyond the last level is full strength"
