"""Noise, ramps and direction fields: the raw material every painter draws on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Array = NDArray[np.float32]


def pixel_grid(height: int, width: int) -> tuple[Array, Array]:
    """Return the row and column coordinate of every pixel.

    Parameters
    ----------
    height, width : int
        Size of the picture in pixels.

    Returns
    -------
    y, x : ndarray of shape (height, width)
        Coordinates in pixels.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y, x


def value_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: float | tuple[float, float]
) -> Array:
    """Smooth random field in 0..1 whose features are about `cell` pixels wide.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Height and width of the field.
    cell : float or tuple of float
        Feature size in pixels, or one size per axis (rows, columns) for streaky noise.

    Returns
    -------
    ndarray
        The field.
    """
    cell_y, cell_x = cell if isinstance(cell, tuple) else (cell, cell)
    rows = int(np.ceil(shape[0] / cell_y)) + 3
    cols = int(np.ceil(shape[1] / cell_x)) + 3
    knots = rng.random((rows, cols), dtype=np.float32)
    # Resizing a padded box keeps the knot spacing exact, whatever the picture's size.
    box = (1.0, 1.0, 1.0 + shape[1] / cell_x, 1.0 + shape[0] / cell_y)
    grown = Image.fromarray(knots).resize((shape[1], shape[0]), Image.Resampling.BICUBIC, box=box)
    return np.clip(np.asarray(grown, dtype=np.float32), 0.0, 1.0)


def fractal_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell: float | tuple[float, float],
    octaves: int = 5,
    gain: float = 0.5,
) -> Array:
    """Sum octaves of `value_noise`, stretched to span about 0..1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Height and width of the field.
    cell : float or tuple of float
        Size of the largest features in pixels.
    octaves : int
        How many halvings of the feature size to add.
    gain : float
        Weight of each octave relative to the one before.

    Returns
    -------
    ndarray
        The field.
    """
    cell_y, cell_x = cell if isinstance(cell, tuple) else (cell, cell)
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for _ in range(octaves):
        total += weight * value_noise(rng, shape, (max(cell_y, 1.0), max(cell_x, 1.0)))
        cell_y, cell_x, weight = cell_y / 2, cell_x / 2, weight * gain
    low, high = np.percentile(total[::4, ::4], (1, 99))
    return np.clip((total - low) / (high - low + 1e-6), 0.0, 1.0)


def ramp(t: Array, stops: list[str]) -> Array:
    """Look values up in a colour ramp with equally spaced stops.

    Parameters
    ----------
    t : ndarray
        Positions on the ramp, 0..1 (clipped).
    stops : list of str
        Hexadecimal colours such as ``"1f3c88"``.

    Returns
    -------
    ndarray of shape ``t.shape + (3,)``
        RGB colours, 0..1.
    """
    colours = np.array([rgb(stop) for stop in stops])
    at = np.linspace(0.0, 1.0, len(stops))
    return np.stack([np.interp(t, at, colours[:, c]) for c in range(3)], -1).astype(np.float32)


def rgb(code: str) -> Array:
    """Turn a hexadecimal colour into RGB values in 0..1.

    Parameters
    ----------
    code : str
        Six hexadecimal digits.

    Returns
    -------
    ndarray of shape (3,)
        The colour.
    """
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


def smoothstep(low: float, high: float, t: Array) -> Array:
    """Ease from 0 at `low` to 1 at `high` (which may be the smaller one).

    Parameters
    ----------
    low, high : float
        Where the ramp starts and ends.
    t : ndarray
        Values to ease.

    Returns
    -------
    ndarray
        Values in 0..1.
    """
    u = np.clip((t - low) / (high - low), 0.0, 1.0)
    return u * u * (3 - 2 * u)


def mix(a: Array, b: Array, t: Array | float) -> Array:
    """Blend two colour images, `t` being the share of the second.

    Parameters
    ----------
    a, b : ndarray
        Colours; either may be a single colour.
    t : ndarray or float
        Blend weight, without the channel axis.

    Returns
    -------
    ndarray
        The blend.
    """
    weight = np.asarray(t, np.float32)
    if weight.ndim:
        weight = weight[..., None]
    return a * (1 - weight) + b * weight


def warp(image: Array, dy: Array, dx: Array) -> Array:
    """Shift every pixel by a displacement field, bilinear, edges repeated.

    Parameters
    ----------
    image : ndarray
        Single-channel or colour image.
    dy, dx : ndarray
        How far away, in pixels, to fetch each value from.

    Returns
    -------
    ndarray
        The displaced image.
    """
    y, x = pixel_grid(*dy.shape)
    at = np.stack([y + dy, x + dx])
    if image.ndim == 2:
        return ndimage.map_coordinates(image, at, order=1, mode="nearest")
    planes = [ndimage.map_coordinates(image[..., c], at, order=1, mode="nearest") for c in range(3)]
    return np.stack(planes, -1)
