"""What is done to the engine's pictures before they are shown."""

from __future__ import annotations

import numpy as np
import pytest

from napari_neural_style.pictures.colour import Palette, grey, is_grey, to_oklab
from napari_neural_style.pictures.finish import Finish
from napari_neural_style.pictures.images import from_rgb, resize
from napari_neural_style.settings import Settings

SHAPE = (24, 32)


@pytest.fixture
def content(picture):
    return 0.3 + 0.4 * picture(*SHAPE, seed=1)


@pytest.fixture
def painted(picture):
    return 0.3 + 0.4 * picture(*SHAPE, seed=2)


@pytest.fixture
def mask():
    mask = np.zeros(SHAPE, np.float32)
    mask[4:20, 5:25] = 1
    mask[10, 10] = 0.5
    return mask


def test_by_default_the_picture_is_shown_as_it_is(content, painted):
    np.testing.assert_array_equal(Finish(content, Settings())(painted), painted)


@pytest.mark.parametrize("size", [SHAPE, (12, 16), (6, 8)])
@pytest.mark.parametrize("color", ["style", "content", "luminance"])
def test_beyond_the_mask_the_content_stays_to_the_bit(content, painted, mask, size, color):
    found = Finish(content, Settings(color=color), mask)(resize(painted, size))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[mask == 0], content[mask == 0])
    assert np.abs(found - content)[mask == 1].mean() > 0.02


def test_the_mask_blends_in_proportion(content, painted, mask):
    found = Finish(content, Settings(), mask)(painted)
    np.testing.assert_array_equal(found[mask == 1], painted[mask == 1])
    half = (content[10, 10] + painted[10, 10]) / 2
    np.testing.assert_allclose(found[10, 10], half, atol=1e-6)


def test_the_contents_colours_are_matched_in_the_mean_and_spread(content, painted):
    found = to_oklab(Finish(content, Settings(color="content"))(painted))
    wanted = Palette.of(to_oklab(content))
    np.testing.assert_allclose(found.mean((0, 1)), wanted.mean, atol=5e-3)
    np.testing.assert_allclose(Palette.of(found).covariance, wanted.covariance, atol=1e-3)


def test_within_a_mask_they_are_matched_there(content, painted, mask):
    found = to_oklab(Finish(content, Settings(color="content"), mask)(painted))
    wanted = to_oklab(content)[mask > 0]
    np.testing.assert_allclose(found[mask > 0].mean(0), wanted.mean(0), atol=5e-3)


@pytest.mark.parametrize("size", [SHAPE, (12, 16)])
@pytest.mark.parametrize("color", ["content", "luminance"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_content_stays_grey(content, painted, size, color, dtype):
    found = Finish(grey(content), Settings(color=color))(resize(painted, size))
    assert is_grey(from_rgb(found, np.uint8) / 255)
    assert np.ptp(from_rgb(found, dtype).astype(float), axis=-1).max() <= 1
    assert found.std() > 0.02


@pytest.mark.parametrize("color", ["content", "luminance"])
def test_strength_goes_all_the_way_from_the_styles_colours(content, painted, color):
    found = [
        Finish(content, Settings(color=color, color_strength=strength))(painted)
        for strength in (0.0, 0.5, 1.0)
    ]
    np.testing.assert_array_equal(found[0], painted)
    np.testing.assert_allclose(found[1], (found[0] + found[2]) / 2, atol=1e-5)


def test_the_painted_size_can_be_kept(content, painted, mask):
    small = resize(painted, (12, 16))
    settings = Settings(result_size="painted")
    np.testing.assert_array_equal(Finish(content, settings)(small), small)
    masked = Finish(content, settings, mask)(small)
    assert masked.shape == (12, 16, 3)
    np.testing.assert_allclose(masked[0], resize(content, (12, 16))[0], atol=2e-3)
    assert Finish(content, Settings())(small).shape == content.shape
