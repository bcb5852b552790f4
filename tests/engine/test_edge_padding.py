"""Feature maps continued beyond their borders, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.edge_padding import PixelIndices, edge_padded


@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (1, 1, 7, 3), (1, 6, 5, 4)])
def test_border_pixels_are_repeated_and_get_the_gradient_of_their_copies(shape):
    rng = np.random.default_rng(0)
    image = rng.normal(size=shape).astype(np.float32)
    x = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(x)
        padded = edge_padded(x, PixelIndices(x))
        upstream = rng.normal(size=padded.shape).astype(np.float32)
        value = tf.reduce_sum(padded * upstream)
    around = [(0, 0), (1, 1), (1, 1), (0, 0)]
    np.testing.assert_array_equal(padded, np.pad(image, around, mode="edge"))
    # Which pixel each of the padded ones is a copy of, by numpy's own padding.
    copied = np.pad(np.arange(image.size).reshape(shape), around, mode="edge")
    expected = np.bincount(copied.ravel(), upstream.ravel()).reshape(shape)
    np.testing.assert_allclose(tape.gradient(value, x), expected, rtol=1e-5, atol=1e-6)
