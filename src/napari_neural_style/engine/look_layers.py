"""The network of a look: an image with a margin in, the painting without it out.

Every convolution takes only pixels that are there, so nothing is made up at the border of a tile,
and a tile is painted as the whole would be. What lies beyond the border of the image is its border
continued, before the first convolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.look_network import CELL, GRAIN_CHANNELS, Widths, parameter_shapes

__all__ = ["first_parameters", "grain", "painted"]

#: The grain repeats itself after as many cells: 1,024 pixels.
_PERIOD = 256
_GREY = 0.5
#: How much smaller than usual the kernels are that end a residual block, or the network: it begins
#: as a blurred copy of its input.
_QUIET = 0.1


def painted(
    parameters: Mapping[str, tf.Tensor], widths: Widths, image: tf.Tensor, grain: tf.Tensor
) -> tf.Tensor:
    """Return an image as the network paints it.

    Parameters
    ----------
    parameters : mapping of str to tensor
        Kernels and biases; their type is that of the arithmetic.
    widths : Widths
    image : tensor of float32, shape (B, H, W, 3)
        RGB in [0, 1], whole cells high and wide.
    grain : tensor of float32, shape (B, H / 4, W / 4, GRAIN_CHANNELS)
        As `grain` returns it for the place of `image`.

    Returns
    -------
    tensor of float32, shape (B, H - 2 margin, W - 2 margin, 3)
        RGB; what lies outside of [0, 1] is for the caller to clip.
    """
    dtype = next(iter(parameters.values())).dtype

    def convolved(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        x = tf.nn.conv2d(x, parameters[f"{name}.kernel"], stride, "VALID")
        return tf.nn.bias_add(x, parameters[f"{name}.bias"])

    entered = tf.nn.space_to_depth(tf.cast(image - _GREY, dtype), 2)
    entered = tf.nn.relu(convolved(entered, "enter"))
    # One pixel at half the size has gone: one more, and the cells are whole again.
    entered = _cropped(entered, 1)
    x = convolved(entered, "shrink", 2)
    inner = tf.cast(_cropped(grain, 1), dtype)
    x = tf.nn.relu(x + tf.nn.conv2d(inner, parameters["grain.kernel"], 1, "VALID"))
    for block in range(1, widths.blocks + 1):
        change = tf.nn.relu(convolved(x, f"block{block}.first"))
        x = tf.nn.relu(_cropped(x, 2) + convolved(change, f"block{block}.second"))
    x = _enlarged(convolved(x, "grow"))
    seen = 2 * (2 * widths.blocks + 1)
    x = tf.nn.relu(x + _cropped(entered, seen, seen + 1))
    x = convolved(tf.nn.relu(convolved(x, "finish")), "leave")
    x = _enlarged(tf.cast(x, tf.float32))
    # Four pixels have gone before the first one, seven after the last: two whole cells of each.
    return _cropped(x, CELL, 1) + _GREY


def grain(row: int, column: int, rows: int, columns: int) -> NDArray[np.float32]:
    """Return the grain of some cells of a picture: noise that depends on the position alone.

    Where the content is flat, a texture has to come from somewhere; this way it is the same for
    every tile and every frame of a film.

    Parameters
    ----------
    row, column : int
        The first cell, counted from the picture's first; may be negative.
    rows, columns : int
        How many cells.

    Returns
    -------
    ndarray of float32, shape (rows, columns, GRAIN_CHANNELS)
        Uniform in [-1, 1].
    """
    at_rows = np.arange(row, row + rows) % _PERIOD
    at_columns = np.arange(column, column + columns) % _PERIOD
    return _noise()[at_rows[:, np.newaxis], at_columns]


@cache
def _noise() -> NDArray[np.float32]:
    rng = np.random.Generator(np.random.PCG64(18))
    return (2 * rng.random((_PERIOD, _PERIOD, GRAIN_CHANNELS)) - 1).astype(np.float32)


def first_parameters(widths: Widths, seed: int) -> dict[str, NDArray[np.float32]]:
    """Return the kernels and biases of a network that has learnt nothing yet.

    K. He et al., "Delving Deep into Rectifiers" (arXiv:1502.01852); the last kernel of each
    residual block is small, so that the blocks begin as they are.
    """
    rng = np.random.default_rng(seed)
    parameters = {}
    for name, shape in parameter_shapes(widths).items():
        spread = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) == 4 else 0.0
        if name.endswith("second.kernel") or name == "leave.kernel":
            spread *= _QUIET
        parameters[name] = rng.normal(0, 1, shape).astype(np.float32) * np.float32(spread)
    for name in ("grow.kernel", "leave.kernel"):
        kernel = parameters[name]
        # The four pixels of a cell begin alike (A. Aitken et al., arXiv:1707.02937): no checks.
        parameters[name] = np.concatenate([kernel[..., : kernel.shape[-1] // 4]] * 4, axis=-1)
    return parameters


def _enlarged(x: tf.Tensor) -> tf.Tensor:
    """Return a map at twice the size, less its last row and column.

    Each pixel becomes four, by kernels of their own, and those leave a grid of every second pixel
    wherever the map is flat. The mean of four neighbours has nothing of such a grid.
    """
    return tf.nn.avg_pool2d(tf.nn.depth_to_space(x, 2), 2, 1, "VALID")


def _cropped(x: tf.Tensor, before: int, after: int | None = None) -> tf.Tensor:
    """Return a map without its first and last rows and columns; as many after as before."""
    after = before if after is None else after
    shape = tf.shape(x)
    # The gradient of a slice like `x[:, 1:-1]` takes several times as long.
    size = tf.stack([shape[0], shape[1] - before - after, shape[2] - before - after, shape[3]])
    found = tf.slice(x, [0, before, before, 0], size)
    return tf.ensure_shape(found, [None, None, None, x.shape[3]])
