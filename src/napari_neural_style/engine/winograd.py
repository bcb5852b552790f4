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
from functools import cached_property
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.edge_padding import PixelIndices, edge_gradient, nearest

__all__ = ["Tilings", "convolve", "transformed"]

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
    """Return the matrix that applies `matrix` along height and width of a flattened tile."""
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


class _Tiling(NamedTuple):
    """How a map is cut into overlapping tiles, and another put together.

    Parameters
    ----------
    pixels : tensor of int32, shape (36 * tiles,)
        Which pixel is at each place of each tile.
    zeros : bool
        Whether one after the last pixel stands for zeros beyond the border.
    places : tensor of int32, shape (h, w)
        At which place of which tile each pixel of the result is.
    """

    pixels: tf.Tensor
    zeros: bool
    places: tf.Tensor


class Tilings(PixelIndices):
    """The pixels of feature maps of one size, and the tilings of such maps."""

    @cached_property
    def of_edges(self) -> _Tiling:
        """For a result of the same size, where the border's values go on beyond it."""
        return self._tiling(1, zeros=False)

    @cached_property
    def of_zeros(self) -> _Tiling:
        """For a result of the same size, where zeros lie beyond the border."""
        return self._tiling(1, zeros=True)

    @cached_property
    def wider(self) -> _Tiling:
        """For the full convolution: a result wider by one all around, zeros beyond the border."""
        return self._tiling(2, zeros=True)

    def _tiling(self, reach: int, *, zeros: bool) -> _Tiling:
        pixels, places = _pixels_and_places(self.height, self.width, reach, zeros)
        return _Tiling(pixels, zeros, places)


def _trace_pixels_and_places(
    height: tf.Tensor, width: tf.Tensor, reach: int, zeros: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the tensors of a `_Tiling`; traced once for maps of all sizes."""
    more = 2 * reach - (_TAPS - 1)
    tiles_down, tiles_across = -(-(height + more) // _TILE), -(-(width + more) // _TILE)
    # What the last tiles find further out goes into no value that is kept.
    down = _steps(tiles_down, reach)[:, tf.newaxis, :, tf.newaxis]
    across = _steps(tiles_across, reach)[:, tf.newaxis, :]
    pixels = nearest(down, across, height, width)
    if zeros:
        inside = (down >= 0) & (down < height) & (across >= 0) & (across < width)
        pixels = tf.where(inside, pixels, height * width)
    down, across = tf.range(height + more)[:, tf.newaxis], tf.range(width + more)
    place = down % _TILE * _TILE + across % _TILE
    tile = down // _TILE * tiles_across + across // _TILE
    return tf.reshape(pixels, [-1]), place * tiles_down * tiles_across + tile


_pixels_and_places = tf.function(_trace_pixels_and_places, autograph=False)


def _steps(tiles: tf.Tensor, reach: int) -> tf.Tensor:
    """Return where each place in each tile is along one axis; shape (6, tiles)."""
    return tf.range(_SPAN)[:, tf.newaxis] + _TILE * tf.range(tiles) - reach


def convolve(
    image: tf.Tensor, kernel: tf.Tensor, tilings: Tilings, *, zero_padding: bool
) -> tf.Tensor:
    """Return what ``tf.nn.conv2d`` returns for an image padded by one pixel, but for rounding.

    Differentiable once, and with respect to the image only.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, in)
    kernel : tensor of float32, shape (36, in, out)
        As `transformed` returns it.
    tilings : Tilings
        Of maps of that size.
    zero_padding : bool
        Whether zeros lie beyond the border, or the border's own values.

    Returns
    -------
    tensor of float32, shape (1, H, W, out)
    """

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        if zero_padding:
            return _tiled(upstream, kernel, tilings.of_zeros, turned=True)
        return edge_gradient(_tiled(upstream, kernel, tilings.wider, turned=True))

    def convolved(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return _tiled(x, kernel, tilings.of_zeros if zero_padding else tilings.of_edges), gradient

    return tf.custom_gradient(convolved)(image)


def _tiled(x: tf.Tensor, kernel: tf.Tensor, tiling: _Tiling, *, turned: bool = False) -> tf.Tensor:
    """Return the convolution with a kernel, or with that kernel turned around.

    Turned around, its inputs and outputs change places as well.
    """
    to_tiles, from_tiles = _TURNED if turned else _STRAIGHT
    channels, out = kernel.shape[:0:-1] if turned else kernel.shape[1:]
    x = tf.reshape(x, [-1, channels])
    if tiling.zeros:
        x = tf.concat([x, tf.zeros([1, channels])], 0)
    x = tf.reshape(tf.gather(x, tiling.pixels), [_SPAN**2, -1])
    x = tf.reshape(tf.matmul(tf.constant(to_tiles, tf.float32), x), [_SPAN**2, -1, channels])
    x = tf.reshape(tf.matmul(x, kernel, transpose_b=turned), [_SPAN**2, -1])
    x = tf.reshape(tf.matmul(tf.constant(from_tiles, tf.float32), x), [-1, out])
    return tf.gather(x, tiling.places)[tf.newaxis]
