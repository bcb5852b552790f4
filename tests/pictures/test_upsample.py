"""Enlarging a painting: its strokes as they are, its edges as the content's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.pictures.images import resize
from napari_neural_style.pictures.upsample import Upsampler

SMALL, FULL = (32, 40), (128, 160)


def disc(shape):
    """A bright disc on a dark ground, hard-edged."""
    y, x = np.indices(shape) / shape[1]
    inside = (x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.08
    return np.where(inside[..., None], (0.8, 0.7, 0.3), (0.2, 0.3, 0.4)).astype(np.float32)


def error(a, b):
    return float(np.abs(a - b).mean())


def test_what_was_not_changed_comes_back_sharp():
    content = disc(FULL)
    small = resize(content, SMALL)
    assert error(Upsampler(content)(small), content) < 0.35 * error(resize(small, FULL), content)


@pytest.mark.parametrize("recolour", [lambda x: 1 - x, lambda x: 0.5 * x, lambda x: x[..., ::-1]])
def test_edges_are_the_contents_in_other_colours_too(recolour):
    content = disc(FULL)
    small = resize(recolour(content).astype(np.float32), SMALL)
    wanted = recolour(content)
    assert error(Upsampler(content)(small), wanted) < 0.6 * error(resize(small, FULL), wanted)


def test_strokes_stay_where_the_content_is_flat(picture):
    painted = picture(*SMALL, seed=3)
    flat = np.full((*FULL, 3), 0.4, np.float32)
    np.testing.assert_allclose(Upsampler(flat)(painted), resize(painted, FULL), atol=1e-5)


def test_texture_that_was_painted_over_does_not_come_through(picture):
    content = np.clip(0.5 + 0.1 * np.random.default_rng(0).normal(size=(*FULL, 3)), 0, 1)
    painted = picture(*SMALL, seed=3, grain=0)
    plain = resize(painted, FULL)
    assert error(Upsampler(content.astype(np.float32))(painted), plain) < 0.01


def test_the_painting_in_the_small_is_what_was_painted(picture):
    content = picture(*FULL, seed=1)
    painted = picture(*SMALL, seed=2, grain=0)
    assert error(resize(Upsampler(content)(painted), SMALL), painted) < 0.02


def test_one_upsampler_serves_all_sizes(picture):
    content = picture(*FULL, seed=1)
    upsample = Upsampler(content)
    for size in ((16, 20), SMALL, (64, 80), (16, 20), FULL, (256, 320)):
        image = picture(*size, seed=2)
        np.testing.assert_array_equal(upsample(image), Upsampler(content)(image))
        assert upsample(image).shape == content.shape
    np.testing.assert_array_equal(upsample(content), content)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 24), st.integers(1, 24))
def test_any_sizes_give_a_picture_in_range(height, width, to_height, to_width):
    rng = np.random.default_rng(height)
    content = rng.random((to_height, to_width, 3)).astype(np.float32)
    found = Upsampler(content)(rng.random((height, width, 3)).astype(np.float32))
    assert found.shape == content.shape
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
