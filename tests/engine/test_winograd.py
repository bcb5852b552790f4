"""Winograd's convolution against a sum over the kernel in float64."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from differences import Array
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine.winograd import Tilings, convolve, transformed


def textbook(image: Array, kernel: Array, zero_padding: bool) -> Array:
    height, width = image.shape[1:3]
    mode = "constant" if zero_padding else "edge"
    padded = np.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)], mode=mode)
    return sum(
        padded[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(3) for j in range(3)
    )


def drawn(seed: int, height: int, width: int, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Return a feature map as a ReLU leaves it, and a kernel that keeps its energy."""
    rng = np.random.default_rng(seed)
    image = np.maximum(rng.normal(size=(1, height, width, inputs)), 0)
    kernel = rng.normal(size=(3, 3, inputs, outputs)) * np.sqrt(2 / (9 * inputs))
    # What float32 holds exactly, so that both sides start from the same numbers.
    return image.astype(np.float32).astype(float), kernel.astype(np.float32).astype(float)


sizes = st.integers(1, 14)
channels = st.integers(1, 5)


@given(sizes, sizes, channels, channels, st.booleans(), st.integers(0, 99))
def test_convolution_and_gradient_are_those_of_the_textbook(h, w, inputs, outputs, zeros, seed):
    image, kernel = drawn(seed, h, w, inputs, outputs)
    ready = tf.constant(transformed(kernel.astype(np.float32)))
    x = tf.constant(image, tf.float32)
    rng = np.random.default_rng(seed)
    upstream, direction = rng.normal(size=(1, h, w, outputs)), rng.normal(size=image.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = convolve(x, ready, Tilings(x), zero_padding=zeros)
    gradient = tape.gradient(found, x, output_gradients=tf.constant(upstream, tf.float32))
    np.testing.assert_allclose(found, textbook(image, kernel, zeros), rtol=1e-4, atol=1e-5)
    # A convolution is linear: its change along a direction is its value there.
    change = (textbook(direction, kernel, zeros) * upstream).sum()
    assert np.sum(gradient * direction) == pytest.approx(change, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("zero_padding", [True, False])
def test_rounding_stays_small_in_the_widest_layers(zero_padding):
    image, kernel = drawn(1, 13, 10, 512, 64)
    ready = tf.constant(transformed(kernel.astype(np.float32)))
    x = tf.constant(image, tf.float32)
    found = convolve(x, ready, Tilings(x), zero_padding=zero_padding)
    expected = textbook(image, kernel, zero_padding)
    error = np.sqrt(np.mean((found - expected) ** 2) / np.mean(expected**2))
    assert error < 5e-6


def test_heights_and_widths_may_be_left_open():
    _, kernel = drawn(2, 1, 1, 3, 4)
    ready = tf.constant(transformed(kernel.astype(np.float32)))
    traced = tf.function(
        lambda x: convolve(x, ready, Tilings(x), zero_padding=False),
        input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)],
        autograph=False,
    )
    for height, width in [(5, 8), (12, 3)]:
        image, _ = drawn(3, height, width, 3, 4)
        found = traced(tf.constant(image, tf.float32))
        np.testing.assert_allclose(found, textbook(image, kernel, False), rtol=1e-4, atol=1e-5)
