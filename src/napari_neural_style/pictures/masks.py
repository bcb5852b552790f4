"""Masks and labels as users give them, to guides: how far each pixel counts, in [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.arrays import numbers
from napari_neural_style.pictures.images import FloatImage

__all__ = ["guide_of", "label_guide", "labels_in", "read_mask", "shown_of", "softened"]
__all__ += ["strengths_of"]

#: Below this strength the painting fades into the content, so that none is the content itself.
_FADES = 0.25


def read_mask(mask: ArrayLike, shape: tuple[int, int], what: str, of: str) -> NDArray[Any]:
    """Return a mask or labels as an array, once they are known to fit their image.

    Parameters
    ----------
    mask : array_like, shape (H, W)
        Booleans, integer labels, or floats in [0, 1].
    shape : (int, int)
        Height and width of the image that it belongs to.
    what, of : str
        What to call it and its image in an error.

    Raises
    ------
    ImageError
        If it is none, has another shape, or is empty: 0 everywhere.
    """
    array = numbers(mask, what)
    if array.dtype.kind not in "biuf":
        raise ImageError(f"The {what} is of type {array.dtype}: it must hold numbers or booleans.")
    if array.shape != tuple(shape):
        raise ImageError(
            f"The {what} has the shape {array.shape}, but the {of} has {tuple(shape)}: a mask "
            f"needs the height and width of its image."
        )
    if array.dtype.kind == "f" and not ((array >= 0) & (array <= 1)).all():
        raise ImageError(
            f"The {what} is of floats, and has NaN or values beyond 0 to 1: rescale it, or give "
            f"labels as integers."
        )
    if not array.any():
        raise ImageError(f"The {what} is empty: paint the part that is meant.")
    return array


def labels_in(mask: NDArray[Any], what: str) -> list[int]:
    """Return the label values of a mask; booleans count as 0 and 1.

    Raises
    ------
    ImageError
        If it is of floats.
    """
    if mask.dtype.kind == "f":
        raise ImageError(f"The {what} is of floats: styles by label need labels, as integers.")
    return [int(value) for value in np.unique(mask)]


def strengths_of(mask: NDArray[Any], levels: int) -> NDArray[Any]:
    """Return a mask whose labels are levels as the strengths that they stand for.

    Parameters
    ----------
    mask : ndarray
        As `read_mask` returns it.
    levels : int
        `Settings.mask_levels`: the label of full strength; 0 for a mask that is left as it is.

    Returns
    -------
    ndarray
        Floats in [0, 1], if there are levels of labels; else the mask.
    """
    if not levels or mask.dtype.kind not in "iu":
        return mask
    return np.asarray(np.clip(mask, 0, levels) / levels, np.float32)


def shown_of(strengths: FloatImage) -> FloatImage:
    """Return how much of a painting to show that has been painted with these strengths.

    Little strength holds the content firmly, but does not leave it as it is: the last bit fades.
    """
    share = np.minimum(strengths / _FADES, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def guide_of(mask: NDArray[Any]) -> FloatImage:
    """Return the guide of a mask: floats as they are, anything else by being 0 or not."""
    return np.asarray(mask if mask.dtype.kind == "f" else mask != 0, np.float32)


def label_guide(mask: NDArray[Any], label: int) -> FloatImage:
    """Return the guide of one label."""
    return np.asarray(mask == label, np.float32)


def softened(guide: FloatImage, width: float) -> FloatImage:
    """Return a guide with a soft edge, all of it inside: what was 0 stays 0.

    Parameters
    ----------
    guide : ndarray of float32, shape (H, W)
        In [0, 1].
    width : float
        Width of the edge in pixels; the border of the image is no edge.
    """
    inside = guide > 0
    if width <= 0 or inside.all():
        return guide
    share = np.minimum(distance_transform_edt(inside) / (width + 1), 1)
    return np.asarray(guide * (share * share * (3 - 2 * share)), np.float32)
