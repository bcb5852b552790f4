"""Plain mathematics to hold the engine against: finite differences, the root of a matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Array = NDArray[np.float64]


def tensor(array: Array) -> tf.Tensor:
    return tf.constant(array, tf.float32)


def matrix_root(matrix: Array) -> Array:
    """Return the root of a symmetric matrix that is not negative, singular ones included."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def finite_differences(loss: Callable[[Array], float], at: Array, h: float = 1e-5) -> Array:
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[index] = h
        gradient[index] = (loss(at + step) - loss(at - step)) / (2 * h)
    return gradient


def gradient_of(loss: Callable[[tf.Tensor], tf.Tensor], at: Array) -> Array:
    x = tensor(at)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    return np.asarray(tape.gradient(value, x), np.float64)


def assert_same_gradient(found: Array, expected: Array) -> None:
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-4 * np.abs(expected).max())


def patch_distance(image, style):
    """The mean difference of quantiles of 7 x 7 patches along directions of its own."""
    directions = np.random.default_rng(99).normal(size=(7 * 7 * 3, 20))
    directions /= np.linalg.norm(directions, axis=0)
    levels = np.linspace(0, 1, 50)
    found = []
    for pixels in (image, style):
        windows = np.lib.stride_tricks.sliding_window_view(pixels, (7, 7), (0, 1))
        along = np.moveaxis(windows, 2, -1).reshape(-1, 7 * 7 * 3) @ directions
        found.append(np.quantile(along, levels, axis=0))
    return np.abs(found[0] - found[1]).mean()
