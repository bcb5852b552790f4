"""Masks that say how strongly to paint each place: image layers, and labels as levels. Qt-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from napari_neural_style.errors import ImageError
from napari_neural_style.viewing.planes import through

if TYPE_CHECKING:
    from napari.utils.colormaps import DirectLabelColormap

__all__ = ["as_strengths", "can_be_strengths", "level_colours", "on_grid"]

#: The colour of full strength, which no photograph has much of; less is more transparent.
_PAINT = (1.0, 0.3, 0.75)
_FAINTEST = 0.15


def can_be_strengths(layer: Any) -> bool:
    """Return whether a layer is an image of one number a pixel, as a mask needs it."""
    from napari.layers import Image

    return isinstance(layer, Image) and not layer.rgb


def as_strengths(values: NDArray[Any], title: str) -> NDArray[np.float32]:
    """Return the pixels of an image layer as strengths in [0, 1].

    Parameters
    ----------
    values : ndarray
        Floats in [0, 1], booleans, or integers, which span the range of their type.
    title : str
        What to call the layer in an error.

    Raises
    ------
    ImageError
        If they are floats that lie elsewhere.
    """
    if values.dtype.kind in "iu":
        return np.asarray(np.clip(values / np.iinfo(values.dtype).max, 0, 1), np.float32)
    if values.dtype.kind == "f" and not ((values >= 0) & (values <= 1)).all():
        raise ImageError(
            f"The {title} has NaN or values beyond 0 to 1: as a mask it says how strongly to paint "
            f"each place, from 0 to 1, so rescale it."
        )
    return np.asarray(values, np.float32)


def on_grid(
    strengths: NDArray[np.float32], onto: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Return strengths on the pixels of an image, blended between their own; 0 beyond them.

    Parameters
    ----------
    strengths : ndarray of float32, shape (h, w)
    onto : ndarray, shape (3, 3)
        Maps places of the image to those of the strengths.
    shape : (int, int)
        Of the image.
    """
    places = np.round(through(onto, np.moveaxis(np.indices(shape), 0, -1)), 9)
    height, width = strengths.shape
    inside = ((places >= -0.5) & (places <= (height - 0.5, width - 0.5))).all(axis=-1)
    there = map_coordinates(strengths, np.moveaxis(places, -1, 0), order=1, mode="nearest")
    return np.where(inside, there, np.float32(0))


def level_colours(levels: int) -> DirectLabelColormap:
    """Return colours in which stronger levels are seen more: one hue, more or less transparent.

    Parameters
    ----------
    levels : int
        The label of full strength.
    """
    from napari.utils.colormaps import DirectLabelColormap

    colours: dict[int | None, NDArray[np.float64]] = {0: np.zeros(4)}
    for level in range(1, levels + 1):
        opacity = _FAINTEST + (1 - _FAINTEST) * level / levels
        colours[level] = np.array([*_PAINT, opacity])
    return DirectLabelColormap(color_dict={**colours, None: np.array([*_PAINT, 1.0])})
