"""Netpbm colour files (PPM) with 16 bits for each channel, of which Pillow gives only 8."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError

__all__ = ["deep_pnm"]

_GAP = rb"(?:\s|#[^\n]*\n)+"
_HEADER = re.compile(rb"P([2356])" + _GAP + rb"(\d+)" + _GAP + rb"(\d+)" + _GAP + rb"(\d+)\s")


def deep_pnm(path: Path, check_size: Callable[[int], object]) -> NDArray[np.uint16] | None:
    """Return the pixels of a grey or colour file of more than 8 bits; None if it is none.

    Parameters
    ----------
    path : Path
    check_size : callable
        Called with the number of pixels before they are read; may raise.

    Returns
    -------
    ndarray of uint16, shape (H, W) or (H, W, 3), or None
    """
    with path.open("rb") as file:
        header = _HEADER.match(file.read(4096))
        if header is None:
            return None
        kind, width, height, top = map(int, header.groups())
        if not (255 < top <= 65535 and width and height):
            return None
        check_size(width * height)
        file.seek(header.end())
        rest = file.read()
    channels = 3 if kind in (3, 6) else 1
    count = width * height * channels
    if kind in (5, 6):
        values = np.frombuffer(rest[: len(rest) // 2 * 2], ">u2", min(count, len(rest) // 2))
    else:
        plain = re.sub(rb"#[^\n]*", b"", rest).split()[:count]
        values = np.array([int(number) for number in plain], np.float64)
    if len(values) < count:
        raise ImageError(f"{path} cannot be read: it is cut off; fetch it again.")
    scaled = np.rint(np.minimum(values.astype(np.float64), top) * (65535 / top))
    shape = (height, width, 3) if channels == 3 else (height, width)
    return scaled.astype(np.uint16).reshape(shape)
