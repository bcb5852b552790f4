"""TIFF files of the kinds that Pillow is the wrong tool for: wide numbers, planes, stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.decoding import coloured, upright
from napari_neural_style.pictures.levels import Tell, levelled

__all__ = ["TiffLook", "look_at_tiff", "read_tiff"]

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION, _PROFILE = 274, 34675


class TiffLook:
    """What the first page of a TIFF file is like.

    Parameters
    ----------
    page : tifffile.TiffPage
    frames : int
        How many pictures of that size there are.
    """

    def __init__(self, page: Any, frames: int) -> None:
        self.pixels = int(page.imagewidth) * int(page.imagelength) * max(1, int(page.imagedepth))
        self.frames = frames
        bits = page.bitspersample
        numbers = int(page.sampleformat or 1), page.samplesperpixel
        #: Whether Pillow reads it as well, or better: it knows more compressions.
        self.plain = np.max(bits) <= 8 and numbers[0] == 1 and numbers[1] <= 4


def look_at_tiff(path: Path) -> TiffLook | None:
    """Return what a TIFF file is like, without reading its pixels; None if it is none."""
    with path.open("rb") as file:
        if file.read(4) not in _MAGIC:
            return None
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        return TiffLook(page, _frames(tiff, page))


def _frames(tiff: Any, page: Any) -> int:
    pages = len(tiff.pages)
    if pages > 1:
        alike = [p for p in tiff.pages if p.shape == page.shape and not _reduced(p)]
        return max(1, len(alike))
    # ImageJ writes a large stack as one page, and says elsewhere how many there are.
    whole = int(np.prod(tiff.series[0].shape)) if tiff.series else 0
    return max(1, whole // max(1, int(np.prod(page.shape))))


def _reduced(page: Any) -> bool:
    return bool(int(getattr(page, "subfiletype", 0) or 0) & 5)  # a thumbnail, or a mask


def read_tiff(path: Path, name: str, tell: Tell) -> NDArray[Any]:
    """Return the first page of a TIFF file, upright and in sRGB.

    Parameters
    ----------
    path : Path
    name : str
        What to call it.
    tell : callable
        Hears what is not a matter of course.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3 or 4), or of uint16, shape (H, W) or (H, W, 3 or 4)

    Raises
    ------
    ImageError
        If it is no picture.
    Exception
        Whatever tifffile comes across in a file that it does not read.
    """
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        values, axes = page.asarray(), page.axes
        photometric = getattr(page.photometric, "name", "MINISBLACK")
        profile = page.tags[_PROFILE].value if _PROFILE in page.tags else None
        orientation = page.tags[_ORIENTATION].value if _ORIENTATION in page.tags else 1
        extra = tuple(int(kind) for kind in page.extrasamples or ())
        colormap = page.colormap
    if "S" in axes:
        values, axes = np.moveaxis(values, axes.index("S"), -1), axes.replace("S", "")
    elif values.ndim == 2:
        values = values[..., np.newaxis]
    while values.ndim > 3:  # a volume in one page: its first plane
        values = values[0]
    if values.ndim != 3:
        raise ImageError(f"{name} has the shape {values.shape}, which is no picture.")
    if photometric == "PALETTE" and colormap is not None and values.dtype.kind == "u":
        values, photometric = np.moveaxis(np.asarray(colormap), 0, -1)[values[..., 0]], "RGB"
    if photometric == "MINISWHITE" and values.dtype.kind == "u":
        values = np.iinfo(values.dtype).max - values
    values = _channels(values, photometric, extra, name, tell)
    levels = levelled(values, name, tell)
    if photometric == "SEPARATED" and levels.shape[-1] == 4:
        levels = _from_inks(levels)
        profile = None
    elif extra[:1] == (1,) and levels.shape[-1] in (2, 4):
        levels = _unmultiplied(levels)
    return upright(coloured(levels, profile if isinstance(profile, bytes) else None), orientation)


def _channels(
    values: NDArray[Any], photometric: str, extra: tuple[int, ...], name: str, tell: Tell
) -> NDArray[Any]:
    """Return those channels that make a picture: grey, RGB or inks, and alpha if it is one."""
    colours = {"RGB": 3, "SEPARATED": 4, "YCBCR": 3, "CIELAB": 3}.get(photometric, 1)
    count = values.shape[-1]
    alpha = count > colours and extra[:1] in ((1,), (2,)) and photometric != "SEPARATED"
    kept = min(count, colours + alpha)
    if photometric in ("YCBCR", "CIELAB"):
        raise ImageError(f"{name} is {photometric} of {values.dtype}: save it as RGB.")
    if kept < count:
        tell(f"{name} has {count} channels: only the first {kept} are taken.")
    return values[..., :kept]


def _from_inks(inks: NDArray[Any]) -> NDArray[Any]:
    top = np.float32(np.iinfo(inks.dtype).max)
    light = 1 - inks.astype(np.float32) / top
    return np.rint(light[..., :3] * light[..., 3:] * top).astype(inks.dtype)


def _unmultiplied(pixels: NDArray[Any]) -> NDArray[Any]:
    top = np.float64(np.iinfo(pixels.dtype).max)
    alpha = np.maximum(pixels[..., -1:].astype(np.float64), 1)
    colour = np.rint(np.minimum(pixels[..., :-1] * (top / alpha), top)).astype(pixels.dtype)
    return np.concatenate([colour, pixels[..., -1:]], axis=-1)
