"""The canvas: a margin around the picture that is there for the network and not for the user."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine.canvas import Canvas, as_tensor
from napari_neural_style.pictures.images import fit


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 128), st.booleans())
def test_picture_comes_back_from_the_canvas_as_it_was(height, width, size, margin):
    content = np.zeros((height, width, 3), np.float32)
    canvas = Canvas.of(content, size, margin=margin)
    assert canvas.shape == fit(content.shape, size)
    picture = np.random.default_rng(0).random((*canvas.shape, 3), np.float32)
    stretched = canvas.stretched(picture)
    assert tuple(stretched.shape) == (1, *canvas.full_shape, 3)
    assert min(canvas.full_shape) >= 16
    np.testing.assert_array_equal(canvas.picture(stretched), picture)


def test_canvas_goes_on_by_mirroring():
    picture = np.arange(64, dtype=np.float32)[:, None, None] * np.ones((64, 64, 3), np.float32)
    canvas = Canvas.of(picture, 64, margin=True)
    above, _ = canvas.margins
    assert above == 2
    column = canvas.stretched(picture).numpy()[0, :, 10, 0]
    np.testing.assert_array_equal(column[:4], [1, 0, 0, 1])
    np.testing.assert_array_equal(column[-4:], [62, 63, 63, 62])


def test_large_picture_without_margin_is_left_alone():
    canvas = Canvas.of(np.zeros((30, 40, 3), np.float32), 40, margin=False)
    assert canvas.full_shape == canvas.shape == (30, 40)


def test_tiny_style_is_made_large_enough_for_the_network():
    assert as_tensor(np.zeros((1, 5, 3), np.float32)).shape == (1, 16, 16, 3)
