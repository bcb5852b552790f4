"""What a run starts from."""

from __future__ import annotations

import numpy as np
import pytest

from napari_neural_style.engine.initial_image import initial_image
from napari_neural_style.errors import SettingsError
from napari_neural_style.job import Job
from napari_neural_style.pictures.images import resize
from napari_neural_style.settings import Settings


@pytest.fixture
def images(picture):
    return picture(40, 30, seed=1), picture(30, 50, seed=2)


def start(images, shape=(40, 30), given=None, **changes):
    return initial_image(Job(*images, Settings(**changes), init=given), shape)


def test_content_start_is_the_content(images):
    np.testing.assert_array_equal(start(images), images[0])
    np.testing.assert_array_equal(start(images, (20, 15)), resize(images[0], (20, 15)))


def test_noise_start_depends_on_the_seed_alone(images):
    first, again, other = (start(images, init="noise", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.1


def test_noise_start_has_the_mean_colours_of_the_style(images):
    noise = start(images, (200, 200), init="noise")
    assert noise.min() >= 0
    assert noise.max() <= 1
    # Clipping pulls the mean a little towards the middle.
    np.testing.assert_allclose(noise.mean((0, 1)), images[1].mean((0, 1)), atol=0.02)


def test_style_start_is_the_content_in_the_colours_of_the_style(picture):
    # Low contrast, so that hardly anything is clipped.
    content, style = 0.4 + 0.2 * picture(60, 60, seed=1), 0.3 + 0.2 * picture(60, 60, seed=2)
    found = start((content, style), (60, 60), init="style")
    for axis in range(3):
        assert np.corrcoef(found[..., axis].ravel(), content[..., axis].ravel())[0, 1] > 0.5
    moments = [np.cov(i.reshape(-1, 3).astype(float), rowvar=False) for i in (found, style)]
    np.testing.assert_allclose(found.mean((0, 1)), style.mean((0, 1)), atol=2e-3)
    np.testing.assert_allclose(*moments, atol=5e-5)


def test_given_image_is_brought_to_size(images, picture):
    given = picture(10, 10, seed=3)
    found = start(images, init="image", given=given)
    assert found.shape == (40, 30, 3)
    assert np.abs(resize(found, (10, 10)) - given).mean() < 0.05


def test_missing_image_is_said(images):
    with pytest.raises(SettingsError, match="no image to start from"):
        start(images, init="image")
