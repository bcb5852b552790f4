"""Colours: spaces, palettes, brightness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_neural_style.pictures.colour import (
    Palette,
    from_oklab,
    grey,
    is_grey,
    match_colors,
    match_grey,
    recoloured,
    to_oklab,
    with_brightness,
)

COLOURS = hnp.arrays(np.float32, (5, 4, 3), elements=st.floats(0, 1, width=32))
WEIGHTS = np.array([0.299, 0.587, 0.114])


def luma(image):
    return (image.astype(np.float64) * WEIGHTS).sum(-1)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # As published with the space, and the values that CSS Color 4 gives for its primaries.
        ((1, 1, 1), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 1, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 1), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_oklab_of_known_colours(rgb, lab):
    np.testing.assert_allclose(to_oklab(np.array(rgb, np.float32)), lab, atol=2e-4)


@given(COLOURS)
def test_oklab_and_back(image):
    np.testing.assert_allclose(from_oklab(to_oklab(image)), image, atol=2e-3)


def test_matched_colours_have_the_mean_and_covariance_of_the_reference(picture):
    image, reference = 0.4 + 0.2 * picture(40, 50, 1), 0.35 + 0.25 * picture(30, 30, 2)
    found = match_colors(image, reference).reshape(-1, 3).astype(np.float64)
    target = reference.reshape(-1, 3).astype(np.float64)
    np.testing.assert_allclose(found.mean(0), target.mean(0), atol=1e-3)
    covariances = [np.cov(pixels, rowvar=False) for pixels in (found, target)]
    np.testing.assert_allclose(*covariances, atol=3e-5)


def test_matching_colours_with_oneself_changes_nothing(picture):
    np.testing.assert_allclose(
        match_colors(picture(20, 20), picture(20, 20)), picture(20, 20), atol=1e-4
    )


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_flat_pictures_can_be_matched(picture, value):
    flat = np.full((10, 10, 3), value, np.float32)
    assert np.isfinite(match_colors(flat, picture(10, 10))).all()
    np.testing.assert_allclose(match_colors(picture(10, 10), flat), value, atol=0.02)


def test_recoloured_pixels_have_the_palette_in_oklab(picture):
    image, reference = 0.4 + 0.1 * picture(40, 50, 1), 0.35 + 0.15 * picture(30, 30, 2)
    palette = Palette.of(to_oklab(reference))
    found = to_oklab(recoloured(image, palette)).reshape(-1, 3)
    np.testing.assert_allclose(found.mean(0), palette.mean, atol=2e-3)
    np.testing.assert_allclose(
        np.cov(found, rowvar=False, bias=True), palette.covariance, atol=1e-4
    )


def test_recoloured_part_has_the_palette_and_the_rest_moves_along(picture):
    image = 0.4 + 0.1 * picture(40, 50, 1)
    palette = Palette.of(to_oklab(0.35 + 0.15 * picture(30, 30, 2)))
    part = image[:20]
    whole = recoloured(image, palette, part)
    np.testing.assert_allclose(whole[:20], recoloured(part, palette), atol=1e-5)


@given(COLOURS, COLOURS)
def test_with_brightness_has_the_luma_of_one_and_hues_of_the_other(image, bright):
    found = with_brightness(image, bright)
    np.testing.assert_allclose(luma(found), luma(bright), atol=2e-5)
    chroma, before = found - luma(found)[..., None], image - luma(image)[..., None]
    # Paler, never turned: the same direction, and not longer.
    assert (np.linalg.norm(chroma, axis=-1) <= np.linalg.norm(before, axis=-1) + 1e-4).all()
    np.testing.assert_allclose(np.cross(chroma, before), 0, atol=1e-4)


@given(COLOURS)
def test_brightness_of_ones_own_changes_nothing(image):
    np.testing.assert_allclose(with_brightness(image, image), image, atol=1e-5)


def test_grey_stays_grey(picture):
    content = grey(picture(20, 30, 1))
    assert is_grey(content)
    assert not is_grey(picture(20, 30, 1))
    assert is_grey(with_brightness(content, picture(20, 30, 2)))


def test_matched_grey_has_mean_and_spread_of_the_other(picture):
    image, reference = picture(40, 50, 1), 0.4 + 0.2 * picture(20, 30, 2)
    found = match_grey(image, reference)
    assert is_grey(found)
    assert luma(found).mean() == pytest.approx(luma(reference).mean(), abs=2e-3)
    assert luma(found).std() == pytest.approx(luma(reference).std(), abs=2e-3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_images_can_be_matched_in_grey(picture, value):
    flat = np.full((8, 8, 3), value, np.float32)
    for pair in ((flat, picture(9, 9)), (picture(9, 9), flat)):
        assert np.isfinite(match_grey(*pair)).all()
