"""Last steps shared by the painters: raking light, shrinking, saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from .fields import Array


def rake(
    colour: Array,
    relief: Array,
    strength: float = 0.5,
    gloss: float = 0.15,
    towards: tuple[float, float] = (-0.7, -0.7),
) -> Array:
    """Light a painted surface from the side so that its relief shows.

    Parameters
    ----------
    colour : ndarray of shape (height, width, 3)
        Paint colours.
    relief : ndarray of shape (height, width)
        Height of the surface in arbitrary units.
    strength : float
        How much slopes change the brightness.
    gloss : float
        How much the steepest lit slopes turn white, as varnished paint does.
    towards : tuple of float
        Direction (rows, columns) towards the lamp.

    Returns
    -------
    ndarray
        The lit picture.
    """
    slope_y, slope_x = np.gradient(ndimage.gaussian_filter(relief, 0.7))
    facing = -(slope_y * towards[0] + slope_x * towards[1])
    # tanh keeps the tall ridges from burning out while faint bristles still read.
    shade = np.tanh(facing * 3.0)
    lit = colour * (1 + strength * shade)[..., None]
    shine = np.clip(shade - 0.35, 0, None) ** 2
    return np.clip(lit + gloss * shine[..., None] * (1.2 - lit), 0, 1)


def shrink(picture: Array, factor: int = 2) -> Array:
    """Average blocks of pixels: this is where every edge gets its smoothing.

    Parameters
    ----------
    picture : ndarray of shape (height, width, 3)
        The oversized picture.
    factor : int
        Size of the blocks.

    Returns
    -------
    ndarray
        The smaller picture.
    """
    h, w = (picture.shape[0] // factor, picture.shape[1] // factor)
    blocks = picture[: h * factor, : w * factor].reshape(h, factor, w, factor, -1)
    return blocks.mean((1, 3))


def save(picture: Array, path: Path, quality: int = 92, limit: int = 200_000) -> None:
    """Write a picture as JPEG (or by whatever suffix the path has).

    Parameters
    ----------
    picture : ndarray of shape (height, width, 3)
        Colours in 0..1.
    path : Path
        Where to write.
    quality : int
        JPEG quality to start from.
    limit : int
        Size in bytes; the quality of a larger JPEG is lowered until it fits.
    """
    pixels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    if path.suffix.lower() in {".jpg", ".jpeg"}:
        for attempt in range(quality, 60, -2):
            image.save(path, quality=attempt, optimize=True, progressive=True)
            if path.stat().st_size <= limit:
                break
    else:
        image.save(path)
