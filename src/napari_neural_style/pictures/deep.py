"""PNG and TIFF files with 16 bits for each channel, of which Pillow gives and takes only 8."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_neural_style.pictures.profiles import srgb_profile

__all__ = ["deep_pixels", "png_of_16_bits"]

#: How Pillow unpacks the upper byte of each channel, and what unpacks the lower one.
_LOWER = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA", "RGBX")
    for order, other in (("B", "L"), ("L", "B"))
}
_NATIVE = "L" if np.little_endian else "B"
_ROWS = 64


def deep_pixels(image: Image.Image, source: Path | None) -> NDArray[np.uint16] | None:
    """Return all 16 bits of an image that Pillow would load with 8; None if it has no more.

    It is loaded twice, the upper bytes first and then the lower ones.

    Parameters
    ----------
    image : PIL.Image.Image
        As opened, with nothing loaded yet.
    source : Path or None
        Its file.

    Returns
    -------
    ndarray of uint16, shape (H, W, 2, 3 or 4), or None
    """
    upper = _rawmode(image)
    if source is None or upper is None:
        return None
    if upper == "LA;16B":  # four bytes for each pixel, taken as they are
        _unpack_by(image, "RGBA")
        four = np.asarray(image).astype(np.uint16)
        return np.asarray(four[..., ::2] * 256 + four[..., 1::2], np.uint16)
    lower = _LOWER.get(upper)
    if lower is None:
        return None
    with Image.open(source) as again:
        _unpack_by(again, lower)
        low = np.asarray(again)
    return np.asarray(np.asarray(image).astype(np.uint16) * 256 + low, np.uint16)


def _rawmode(image: Image.Image) -> str | None:
    """Return how all parts of an image are unpacked, if all are alike and hold 16 bits."""
    try:
        found = {_arguments(tile)[0] for tile in image.tile}  # type: ignore[attr-defined]
    except (AttributeError, IndexError, TypeError):
        return None
    if len(found) != 1:
        return None
    raw = str(found.pop())
    return raw[:-1] + _NATIVE if raw.endswith(";16N") else raw


def _unpack_by(image: Any, rawmode: str) -> None:
    image.tile = [
        tile._replace(
            args=rawmode if isinstance(tile.args, str) else (rawmode, *_arguments(tile)[1:])
        )
        for tile in image.tile
    ]


def _arguments(tile: Any) -> tuple[Any, ...]:
    return (tile.args,) if isinstance(tile.args, str) else tuple(tile.args)


def png_of_16_bits(
    pixels: NDArray[np.uint16], text: tuple[str, str] | None = None, dpi: float | None = None
) -> bytes:
    """Return a PNG file of 16 bits for each channel, with the sRGB profile.

    Parameters
    ----------
    pixels : ndarray of uint16, shape (H, W, 3 or 4)
    text : (str, str), optional
        A keyword and an ASCII text to be kept in the file.
    dpi : float, optional
        Pixels per inch in print.
    """
    height, width, channels = pixels.shape
    kind = 2 if channels == 3 else 6
    file = io.BytesIO()
    file.write(b"\x89PNG\r\n\x1a\n")
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    _chunk(file, b"IHDR", header)
    _chunk(file, b"iCCP", b"sRGB\0\0" + zlib.compress(srgb_profile()))
    if dpi:
        each_metre = round(dpi / 0.0254)
        _chunk(file, b"pHYs", struct.pack(">IIB", each_metre, each_metre, 1))
    if text:
        _chunk(file, b"tEXt", text[0].encode("ascii") + b"\0" + text[1].encode("ascii"))
    packer = zlib.compressobj(6)
    above = np.zeros((1, width * channels * 2), np.uint8)
    for start in range(0, height, _ROWS):
        rows = pixels[start : start + _ROWS].astype(">u2").reshape(-1, width * channels)
        raw = np.ascontiguousarray(rows).view(np.uint8)
        # The filter "up": each byte less the one above, which packs better than the bytes do.
        lines = raw - np.concatenate([above, raw[:-1]])
        above = raw[-1:]
        marked = np.concatenate([np.full((len(lines), 1), 2, np.uint8), lines], axis=1)
        if data := packer.compress(marked.tobytes()):
            _chunk(file, b"IDAT", data)
    _chunk(file, b"IDAT", packer.flush())
    _chunk(file, b"IEND", b"")
    return file.getvalue()


def _chunk(file: io.BytesIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data)
    file.write(struct.pack(">I", zlib.crc32(kind + data)))
