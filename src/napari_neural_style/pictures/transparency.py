"""What is hidden under transparent pixels cannot be seen, and counts nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.images import FloatImage

__all__ = ["check_visible", "without_hidden"]


def without_hidden(rgb: FloatImage, alpha: NDArray[Any] | None) -> FloatImage:
    """Return an image in which transparent pixels have the colours of the nearest visible ones.

    Parameters
    ----------
    rgb : ndarray of float32, shape (H, W, 3)
    alpha : ndarray, shape (H, W), or None
        What is 0 is transparent.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        The very same array, if nothing, or everything, is transparent.
    """
    if alpha is None:
        return rgb
    hidden = np.asarray(alpha == 0)
    if not hidden.any() or hidden.all():
        return rgb
    nearest = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return np.asarray(rgb[tuple(nearest)], np.float32)


def check_visible(alpha: NDArray[Any] | None, what: str) -> None:
    """Raise an error if nothing can be seen of an image.

    Parameters
    ----------
    alpha : ndarray, shape (H, W), or None
    what : str
        What to call it.

    Raises
    ------
    ImageError
        If it is transparent everywhere.
    """
    if alpha is not None and not alpha.any():
        raise ImageError(f"The {what} is transparent everywhere: there is nothing to see.")
