"""Which value is white: numbers of any type and range to pixels of 8 or 16 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError

__all__ = ["Tell", "levelled", "white_of"]

#: Takes a sentence for the user.
Tell = Callable[[str], object]

#: White of 8 bits, of the 12 bits of cameras on microscopes, and of 16 bits.
_WHITES = (255, 4095, 65535)
#: Below this, wide integers are classes or counts: as pixels, nothing could be seen of them.
_NEXT_TO_BLACK = 16


def white_of(array: NDArray[Any], what: str = "image") -> int | None:
    """Return which value of an array is white; None for booleans and floats, whose white is 1.

    Types of 8 bits are taken as they are. Wider ones often hold pixels of fewer bits, such as the
    int64 that arithmetic makes of uint8: the least of 255, 4095 and 65535 that is enough is white,
    else the largest value of the type. Of a mask of 0 and 1, 1 is white.

    Parameters
    ----------
    array : ndarray
        With all channels.
    what : str
        What to call it in an error.

    Raises
    ------
    ImageError
        If it would be all but black by any of these.
    """
    if array.dtype.kind not in "iu":
        return None
    top = int(np.iinfo(array.dtype).max)
    if array.dtype.itemsize == 1 or not array.size:
        return top
    highest = int(array.max())
    if highest == 1:
        return 1
    for white in _WHITES:
        if highest <= white < top:
            return white
    if highest < top // 256:
        raise ImageError(
            f"The {what} has values up to {highest}, which is next to black in {array.dtype}: "
            f"rescale it to 0 to 65535 first."
        )
    return top


def levelled(values: NDArray[Any], name: str, tell: Tell) -> NDArray[Any]:
    """Return the numbers of a file as uint8 or uint16 that span the range of their type.

    Parameters
    ----------
    values : ndarray of booleans, integers or floats
    name : str
        What to call the file.
    tell : callable
        Hears what is not a matter of course.

    Returns
    -------
    ndarray of uint8 or uint16

    Raises
    ------
    ImageError
        If there is no number in it.
    """
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "iuf" or not values.size:
        raise ImageError(f"{name} holds values of type {values.dtype}: save it as numbers.")
    if values.dtype.kind == "f":
        values = _finite(values, name, tell)
    low, high = values.min(), values.max()
    pixels = values.dtype.kind in "iu" and low >= 0 and high <= 65535
    if pixels and (low == high or not 1 < high < _NEXT_TO_BLACK):
        if high <= 255:  # of which 0 and 1 are a mask
            return values.astype(np.uint8) * np.uint8(255 if high == 1 else 1)
        if high <= 4095:
            tell(f"{name} has values up to {high}: 4095 is taken as white, as of 12 bits.")
            return _spread(values, 0, 4095)
        return values.astype(np.uint16)
    if values.dtype.kind == "f" and low >= 0:
        for white in (1, *_WHITES):
            if white / 16 < high <= white:
                return _spread(values, 0, white)
    if high > low:
        tell(
            f"{name} has values from {low:.6g} to {high:.6g}: the lowest is taken as black, the "
            f"highest as white."
        )
        return _spread(values, low, high)
    return np.full(values.shape, 65535 * (high >= 1), np.uint16)


def _finite(values: NDArray[Any], name: str, tell: Tell) -> NDArray[Any]:
    there = np.isfinite(values)
    if there.all():
        return values
    if not there.any():
        raise ImageError(f"{name} has no value that is a number: there is nothing to see.")
    tell(f"{name} has NaN or infinite values: they are taken as its lowest or highest value.")
    low, high = values[there].min(), values[there].max()
    return np.asarray(np.nan_to_num(values, nan=low, posinf=high, neginf=low))


def _spread(values: NDArray[Any], low: Any, high: Any) -> NDArray[np.uint16]:
    unit = (values.astype(np.float64) - float(low)) / (float(high) - float(low))
    return np.asarray(np.rint(unit * 65535), np.uint16)
