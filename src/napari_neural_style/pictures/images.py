"""Arrays in and out: any dtype and channel count to RGB in [0, 1] and back, and resizing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.levels import white_of

__all__ = ["FloatImage", "fit", "from_rgb", "margin_width", "one_picture", "resize", "to_rgb"]
__all__ += ["with_alpha"]

FloatImage = NDArray[np.float32]
#: In pixels: what VGG19 sees around one at the deepest layer in use.
_WIDEST_MARGIN = 96


def to_rgb(
    image: ArrayLike, what: str = "image", white: int | None = None
) -> tuple[FloatImage, NDArray[Any] | None]:
    """Return an image as RGB, and its alpha channel apart.

    Parameters
    ----------
    image : array_like, shape (H, W), (H, W, 1), (H, W, 2), (H, W, 3) or (H, W, 4)
        Grey, grey and alpha, RGB or RGBA, or anything else that
        `napari_neural_style.pictures.arrays.as_array` takes. Booleans and integers span the range
        of their type (0 to 255 for uint8), or the part of it that pixels have
        (`napari_neural_style.pictures.levels.white_of`); floats span [0, 1].
    what : str
        What to call it in an error: "content", "style" ...
    white : int, optional
        The value of integers that is white, if it is known.

    Returns
    -------
    rgb : ndarray of float32, shape (H, W, 3)
        In [0, 1].
    alpha : ndarray of the image's own dtype, shape (H, W), or None

    Raises
    ------
    ImageError
        If it is empty, not an image, or holds values that no image has.
    """
    array = as_array(image, what)
    if array.ndim == 2:
        array = array[..., np.newaxis]
    if array.ndim != 3 or array.shape[-1] not in (1, 2, 3, 4):
        raise ImageError(
            f"The {what} has the shape {array.shape}: an image has the shape (height, width), or "
            f"(height, width, channels) with 1 to 4 channels{_if_turned(array.shape)}."
        )
    if 0 in array.shape:
        raise ImageError(f"The {what} is empty: its shape is {array.shape}.")
    channels = array.shape[-1]
    alpha = np.array(array[..., -1]) if channels in (2, 4) else None
    colour = array[..., : channels - (alpha is not None)]
    if alpha is not None and array.dtype.kind == "f":
        # What cannot be seen may be anything.
        seen = np.clip(np.nan_to_num(colour), 0, 1)
        colour = np.where((alpha == 0)[..., np.newaxis], seen, colour)
    if white is None and array.dtype.kind in "iu" and array.min() >= 0:
        white = white_of(array, what)
    return np.repeat(_to_unit(colour, what, white), 3 // colour.shape[-1], axis=-1), alpha


def _if_turned(shape: tuple[int, ...]) -> str:
    """Return what to do with channels that come first, as PyTorch has them."""
    if len(shape) == 4 and shape[0] == 1:
        return ", so take one picture of the batch: image[0]"
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return ", so put the channels last: numpy.moveaxis(image, 0, -1)"
    return ""


def _to_unit(array: NDArray[Any], what: str, white: int | None) -> FloatImage:
    if array.dtype == bool:
        return array.astype(np.float32)
    if array.dtype.kind in "iu":  # numpy counts time spans among the integers
        if np.min(array) < 0:
            raise ImageError(f"The {what} has negative values: rescale it to 0 and up first.")
        top = np.iinfo(array.dtype).max if white is None else white
        return (array / np.float64(top)).astype(np.float32)
    if not np.issubdtype(array.dtype, np.floating):
        raise ImageError(f"The {what} is of type {array.dtype}: it must hold numbers.")
    if not np.isfinite(array).all():
        raise ImageError(f"The {what} has NaN or infinite values: replace them first.")
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise ImageError(
            f"The {what} has values from {low:.6g} to {high:.6g}: an image of floats must lie "
            f"between 0 and 1, so rescale it first."
        )
    return array.astype(np.float32)


def from_rgb(
    rgb: FloatImage, dtype: Any, alpha: NDArray[Any] | None = None, white: int | None = None
) -> NDArray[Any]:
    """Return RGB in [0, 1] in another dtype, with an alpha channel if one is given.

    Parameters
    ----------
    rgb : ndarray of float32, shape (H, W, 3)
        Values beyond [0, 1] are clipped.
    dtype : dtype
        Integers are rounded to the nearest value; booleans, and integers whose white is 1, become
        uint8, since a stylised picture is not a mask.
    alpha : ndarray of `dtype`, shape (H, W), optional
    white : int, optional
        The value of integers that is white; by default the largest of their type.

    Returns
    -------
    ndarray of `dtype`, shape (H, W, 3) or (H, W, 4)
    """
    dtype = np.dtype(dtype)
    unit = np.clip(rgb, 0, 1)
    if dtype.kind == "b" or white == 1:
        dtype, white = np.dtype(np.uint8), None
        alpha = None if alpha is None else alpha.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(dtype, np.integer):
        top = np.iinfo(dtype).max if white is None else white
        full = unit >= 1
        # float64 cannot hold the largest 64-bit integers: they would wrap round to negative.
        scaled = np.rint(np.where(full, 0, unit.astype(np.float64)) * top)
        image = np.where(full, np.asarray(top, dtype), scaled.astype(dtype))
    else:
        image = unit.astype(dtype)
    return image if alpha is None else np.concatenate([image, alpha[..., np.newaxis]], axis=-1)


def with_alpha(rgb: FloatImage, alpha: NDArray[np.uint8] | None) -> FloatImage:
    """Return RGB as RGBA, all in [0, 1].

    Parameters
    ----------
    rgb : ndarray of float32, shape (H, W, 3)
    alpha : ndarray of uint8, shape (H, W), or None
        None for opaque.

    Returns
    -------
    ndarray of float32, shape (H, W, 4)
    """
    rgba = np.ones((*rgb.shape[:2], 4), np.float32)
    rgba[..., :3] = rgb
    if alpha is not None:
        rgba[..., 3] = alpha / np.float32(255)
    return rgba


def one_picture(pixels: NDArray[Any]) -> NDArray[Any] | None:
    """Return the one slice of RGB(A) there is, whatever axes lie before height and width.

    Parameters
    ----------
    pixels : ndarray of any type, shape (..., H, W, 3 or 4)

    Returns
    -------
    ndarray, shape (H, W, 3 or 4), or None
        None if there are several slices, or no colours.
    """
    if pixels.ndim < 3 or pixels.shape[-1] not in (3, 4) or not set(pixels.shape[:-3]) <= {1}:
        return None
    return np.asarray(pixels[(0,) * (pixels.ndim - 3)])


def fit(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Return height and width with the proportions of `shape` and the given longest side.

    Neither is ever below one pixel.
    """
    height, width = shape[:2]
    factor = longest / max(height, width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def margin_width(size: int) -> int:
    """Return how many pixels are painted around a picture whose longest side is `size`.

    In proportion, but never more than what a feature network sees around a pixel.

    Examples
    --------
    >>> margin_width(512), margin_width(8192)
    (16, 96)
    """
    return min(round(size / 32), _WIDEST_MARGIN)


def resize(image: FloatImage, shape: tuple[int, int]) -> FloatImage:
    """Return an image at another size: antialiased where it shrinks, bicubic where it grows.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    shape : (int, int)
        Height and width wanted.

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
        In [0, 1].
    """
    height, width = shape
    if image.shape[:2] == (height, width):
        return image
    channels = [
        Image.fromarray(np.ascontiguousarray(image[..., c])).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        for c in range(image.shape[-1])
    ]
    return np.asarray(
        np.clip(np.stack([np.asarray(c) for c in channels], axis=-1), 0, 1), np.float32
    )
