"""Large pictures as napari likes them: at several sizes, of which it draws what fits the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["LARGE", "finest", "halved", "levels"]

#: More pixels than this are drawn from several levels.
LARGE = 16_000_000
#: No level has a longer side than about this that would not have a smaller one.
_SMALLEST_LEVEL = 1024


def levels(pixels: NDArray[Any], axes: tuple[int, int]) -> NDArray[Any] | list[NDArray[Any]]:
    """Return a picture as data for a layer: itself, or if it is large a list from fine to coarse.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (..., channels)
    axes : (int, int)
        Which of its axes are rows and columns.

    Examples
    --------
    >>> levels(np.zeros((100, 100, 3), np.uint8), (0, 1)).shape
    (100, 100, 3)
    >>> [level.shape for level in levels(np.zeros((4000, 5001, 3), np.uint8), (0, 1))]
    [(4000, 5001, 3), (2000, 2500, 3), (1000, 1250, 3), (500, 625, 3)]
    """
    if pixels.shape[axes[0]] * pixels.shape[axes[1]] <= LARGE:
        return pixels
    found = [pixels]
    while max(found[-1].shape[axis] for axis in axes) > _SMALLEST_LEVEL:
        found.append(halved(found[-1], axes))
    return found


def finest(layer: Image) -> NDArray[Any]:
    """Return the data of a layer at its full size."""
    found: NDArray[Any] = layer.data[0] if layer.multiscale else layer.data
    return found


def halved(pixels: NDArray[Any], axes: tuple[int, int]) -> NDArray[Any]:
    """Return the means of two by two pixels; where a side is odd, the last one is left out.

    Examples
    --------
    >>> halved(np.array([[[1], [2], [9]], [[3], [4], [9]]], np.uint8), (0, 1)).tolist()
    [[[3]]]
    """
    whole = pixels.dtype.kind in "ui"
    wide = {1: np.int16, 2: np.int32}.get(pixels.dtype.itemsize, np.float64) if whole else None
    total: Any = 2 if whole else 0  # so that halves are rounded up
    for row in (0, 1):
        for column in (0, 1):
            part = [slice(None)] * pixels.ndim
            for axis, start in zip(axes, (row, column), strict=True):
                part[axis] = slice(start, pixels.shape[axis] // 2 * 2, 2)
            total = total + pixels[tuple(part)].astype(wide or pixels.dtype)
    mean = total // 4 if whole else total / 4
    return np.asarray(mean, pixels.dtype)
