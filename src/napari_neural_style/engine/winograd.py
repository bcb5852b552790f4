"""Convolution by 3 x 3 kernels with a quarter of the multiplications: Winograd's algorithm.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (arXiv:1509.09308): every 4 x 4
values of the result come from 6 x 6 of the image, ``A ((G kernel G') * (B image B')) A'``, where
the product in the middle is one of numbers: over all channels and places, 36 products of matrices.
A, G and B follow from the points at which polynomials are evaluated (Toom and Cook). The points
here are each other's inverses, so that a kernel turned around, as gradients need it, has the same
36 matrices in another order. They also round less than small whole numbers do, as can be expected
after Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
Neural Networks" (arXiv:1803.10986).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.borders import edge_gradient, reaching

__all__ = ["convolve", "transformed"]

_TILE, _TAPS, _SPAN = 4, 3, 6
_ROOT = 2**0.5
#: Where the polynomials are evaluated; the last point is infinity.
_POINTS = (0.0, 1 / _ROOT, -1 / _ROOT, _ROOT, -_ROOT)
#: For each point, infinity included, which one is its inverse.
_INVERSES = [5, 3, 4, 1, 2, 0]


def _matrices() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return A, G and B of shapes (4, 6), (6, 3) and (6, 6)."""
    rest = [[q for q in _POINTS if q != p] for p in _POINTS]
    a, g, b = np.zeros((_TILE, _SPAN)), np.zeros((_SPAN, _TAPS)), np.zeros((_SPAN, _SPAN))
    a[:, :-1] = np.vander(_POINTS, _TILE, increasing=True).T
    g[:-1] = np.vander(_POINTS, _TAPS, increasing=True)
    g[:-1] /= [[np.prod(p - np.array(others))] for p, others in zip(_POINTS, rest, strict=True)]
    b[:-1, :-1] = [np.poly(others)[::-1] for others in rest]
    a[-1, -1] = g[-1, -1] = 1.0
    b[-1] = np.poly(_POINTS)[::-1]
    return a, g, b


_A, _G, _B = _matrices()
#: Each row of G turned around is a multiple of the inverse's row: by how much.
_MULTIPLES = np.sum(_G[:, ::-1] * _G[_INVERSES], 1) / np.sum(_G[_INVERSES] ** 2, 1)


def _both(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a matrix does along height and width, as one matrix of the flattened tile."""
    return np.kron(matrix, matrix).astype(np.float64)


#: What makes tiles of 6 x 6 ready for the products, and of these tiles of 4 x 4.
_STRAIGHT = _both(_B), _both(_A)
_TURNED = _both(_B[_INVERSES]), _both((_A * _MULTIPLES)[:, _INVERSES])


def transformed(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a kernel in the form that `convolve` takes, at four times the memory.

    Parameters
    ----------
    kernel : ndarray of float32, shape (3, 3, in, out)

    Returns
    -------
    ndarray of float32, shape (36, in, out)
    """
    flat = _both(_G).astype(np.float32) @ kernel.reshape(_TAPS**2, -1)
    return flat.reshape(-1, *kernel.shape[2:])


def convolve(image: tf.Tensor, kernel: tf.Tensor, *, zero_padding: bool) -> tf.Tensor:
    """Return what ``tf.nn.conv2d`` returns for an image padded by one pixel, but for rounding.

    Differentiable once, and with respect to the image only.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, in)
    kernel : tensor of float32, shape (36, in, out)
        As `transformed` returns it.
    zero_padding : bool
        Whether zeros lie beyond the border, or the border's own values.

    Returns
    -------
    tensor of float32, shape (1, H, W, out)
    """

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        if zero_padding:
            return _tiled(_zeros_around(upstream, 1), kernel, turned=True)
        return edge_gradient(_tiled(_zeros_around(upstream, 2), kernel, turned=True))

    def convolved(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        if zero_padding:
            return _tiled(_zeros_around(x, 1), kernel), gradient
        return _tiled(x, kernel, beyond=1), gradient

    return tf.custom_gradient(convolved)(image)


def _zeros_around(x: tf.Tensor, width: int) -> tf.Tensor:
    return tf.pad(x, [[0, 0], [width, width], [width, width], [0, 0]])


def _tiled(x: tf.Tensor, kernel: tf.Tensor, *, beyond: int = 0, turned: bool = False) -> tf.Tensor:
    """Return the convolution wherever the kernel finds values, or its border's `beyond` the border.

    `turned` is for the kernel turned around, with its inputs and outputs exchanged.
    """
    to_tiles, from_tiles = _TURNED if turned else _STRAIGHT
    channels, out = kernel.shape[:0:-1] if turned else kernel.shape[1:]
    shape = tf.shape(x)
    height, width = shape[1] + 2 * beyond - (_TAPS - 1), shape[2] + 2 * beyond - (_TAPS - 1)
    rows, columns = -(-height // _TILE), -(-width // _TILE)
    # The last tiles may reach further: what they find there goes into no value that is kept.
    down = reaching(_steps(_SPAN, rows) - beyond, shape[1])
    across = reaching(_steps(_SPAN, columns) - beyond, shape[2])
    # The first axis are the places in a tile, the second the tiles.
    pixels = down[:, tf.newaxis, :, tf.newaxis] * shape[2] + across[:, tf.newaxis, :]
    x = tf.gather(tf.reshape(x, [-1, channels]), tf.reshape(pixels, [-1]))
    x = tf.matmul(tf.constant(to_tiles, tf.float32), tf.reshape(x, [_SPAN**2, -1]))
    x = tf.matmul(tf.reshape(x, [_SPAN**2, -1, channels]), kernel, transpose_b=turned)
    x = tf.matmul(tf.constant(from_tiles, tf.float32), tf.reshape(x, [_SPAN**2, -1]))
    down, across = tf.range(height)[:, tf.newaxis], tf.range(width)
    places = down % _TILE * _TILE + across % _TILE
    tiles = down // _TILE * columns + across // _TILE
    x = tf.gather(tf.reshape(x, [-1, out]), tf.reshape(places * rows * columns + tiles, [-1]))
    return tf.reshape(x, tf.stack([1, height, width, out]))


def _steps(places: int, tiles: tf.Tensor) -> tf.Tensor:
    """Return where each place in each tile is along one axis; shape (places, tiles)."""
    return tf.range(places)[:, tf.newaxis] + _TILE * tf.range(tiles)
