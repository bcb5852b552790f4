"""Pictures that several runs are made from are kept once: an afternoon of attempts on one photo."""

from __future__ import annotations

import zlib
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from napari_neural_style.pictures.images import FloatImage

__all__ = ["shared"]

#: What somebody holds, by shape and a sample of its values; it goes when nobody does.
_held: WeakValueDictionary[tuple[Any, ...], FloatImage] = WeakValueDictionary()
_SAMPLE = 4096


def shared(picture: FloatImage) -> FloatImage:
    """Return the same picture, in the memory of an earlier one if somebody still holds that.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        Nobody may change it from now on.
    """
    sample = picture.reshape(-1)[:: max(1, picture.size // _SAMPLE)]
    key = (picture.shape, zlib.crc32(np.ascontiguousarray(sample).data))
    held = _held.get(key)
    if held is not None and np.array_equal(held, picture):
        return held
    _held[key] = picture
    return picture
