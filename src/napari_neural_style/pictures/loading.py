"""The one place where pixels that may be lazy are read: what goes wrong there is our own error.

A chunk of a dask or zarr array can lie in a file that is gone, on a drive that sleeps, or be
computed by anybody's code: reading it can raise anything at all.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.one_line import reason

__all__ = ["loaded"]

#: These mean that somebody wants the program to end, not that pixels cannot be read.
_ENDING = (KeyboardInterrupt, SystemExit, GeneratorExit)
#: Of the types that numpy has: booleans, integers with and without sign, floats.
_NUMBERS = "buif"


def loaded(
    data: Any, title: str, key: tuple[slice | int, ...] | None = None, where: str = ""
) -> NDArray[Any]:
    """Return pixels as an array in memory.

    Parameters
    ----------
    data : array_like
        Lazy or not.
    title : str
        What to call it in an error, such as ``"content layer 'film'"``.
    key : tuple of slice or int, optional
        The part that is wanted, in numpy's way; nothing else is read.
    where : str
        Which part that is, for the error, such as ``"slice 3"``.

    Returns
    -------
    ndarray

    Raises
    ------
    ImageError
        If it cannot be read, or what comes is not what was promised.
    """
    part = f"The {title} cannot be read{f' at {where}' if where else ''}"
    # Not RuntimeError alone, nor Exception: a cancelled Dask task and a panic in a library written
    # in Rust are none.
    try:
        array = np.asarray(data if key is None else data[key])
    except NeuralStyleError:
        raise
    except BaseException as error:
        if isinstance(error, _ENDING):
            raise
        raise ImageError(f"{part} ({reason(error)}): {_remedy(error, key)}.") from error
    if key is None:
        return array
    expected = _shape(data.shape, key)
    if array.dtype.kind not in _NUMBERS or array.shape != expected:
        raise ImageError(
            f"{part}: what comes is {array.dtype} of the shape {array.shape} where numbers of the "
            f"shape {expected} are promised, so open its file again."
        )
    return array


def _remedy(error: BaseException, key: object) -> str:
    if isinstance(error, MemoryError):
        return "close what else needs memory, or take a smaller part of it"
    if key is None:
        return "give an array of numbers, or see whether what it is read from is still there"
    return "see whether its file or drive is still there, then try again"


def _shape(whole: tuple[int, ...], key: tuple[slice | int, ...]) -> tuple[int, ...]:
    """Return the shape of the part of an array that a key picks."""
    shape = []
    for length, span in zip(whole, key, strict=False):
        if isinstance(span, slice):
            start, stop, step = span.indices(length)
            shape.append(max(0, math.ceil((stop - start) / step)))
    return (*shape, *whole[len(key) :])
