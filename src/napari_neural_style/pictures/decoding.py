"""From an image of Pillow's, of any mode, to upright sRGB pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_neural_style.pictures.deep import deep_pixels
from napari_neural_style.pictures.levels import Tell, levelled
from napari_neural_style.pictures.profiles import deep_to_srgb, to_srgb

__all__ = ["coloured", "pixels_of", "upright"]

_ORIENTATION = 0x0112
#: Modes of Pillow's that hold a colour profile's values as they are.
_PROFILED = ("RGB", "L", "CMYK", "LAB")


def pixels_of(
    image: Image.Image, name: str, tell: Tell, source: Path | None = None
) -> NDArray[Any]:
    """Return the pixels of an image, upright and in sRGB.

    Parameters
    ----------
    image : PIL.Image.Image
        Opened, or made, in any mode.
    name : str
        What to call it.
    tell : callable
        Hears what is not a matter of course.
    source : Path, optional
        The file it was opened from, with nothing loaded yet.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3 or 4), or of uint16, shape (H, W) or (H, W, 3 or 4)
    """
    profile = image.info.get("icc_profile")
    pixels: NDArray[Any] | None = deep_pixels(image, source)
    image.load()
    orientation = _orientation(image)
    if pixels is not None:
        pixels = coloured(_with_key(pixels, image.info.get("transparency")), profile)
    elif image.mode in ("I", "F") or image.mode.startswith("I;"):
        values = np.asarray(image)
        levels = levelled(values.astype(values.dtype.newbyteorder("=")), name, tell)
        key = image.info.get("transparency") if levels.dtype == values.dtype else None
        pixels = coloured(_with_key(levels, key), profile)
    else:
        pixels = _of_8_bits(image, profile)
    return upright(pixels, orientation)


def coloured(pixels: NDArray[Any], profile: bytes | None) -> NDArray[Any]:
    """Return pixels of 8 or 16 bits, with 1 to 4 channels, in sRGB.

    Grey becomes RGB, but grey of 16 bits stays as it is where there is nothing to convert.
    """
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 3 and pixels.shape[-1] in (2, 4):
        colour = pixels[..., 0] if pixels.shape[-1] == 2 else pixels[..., :3]
        colour = _coloured(colour, profile)
        if colour.ndim == 2:
            colour = np.repeat(colour[..., np.newaxis], 3, axis=-1)
        return np.concatenate([colour, pixels[..., -1:]], axis=-1)
    return _coloured(pixels, profile)


def _coloured(pixels: NDArray[Any], profile: bytes | None) -> NDArray[Any]:
    if pixels.dtype == np.uint8:
        return np.asarray(to_srgb(Image.fromarray(np.ascontiguousarray(pixels)), profile))
    return deep_to_srgb(pixels, profile)


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return pixels turned and mirrored as EXIF's number of their orientation says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 (EXIF that is damaged says nothing)
        return 1
    return found if isinstance(found, int) else 1


def _of_8_bits(image: Image.Image, profile: bytes | None) -> NDArray[np.uint8]:
    alpha = None
    if image.has_transparency_data:
        grey = image.mode in ("L", "LA")
        rgba = image.convert("RGBA")
        alpha = np.asarray(rgba)[..., 3:]
        image = rgba.convert("L") if grey else rgba.convert("RGB")
    elif image.mode not in _PROFILED:
        image = image.convert("RGB")
    colour = np.asarray(to_srgb(image, profile))
    return colour if alpha is None else np.concatenate([colour, alpha], axis=-1)


def _with_key(pixels: NDArray[Any], key: Any) -> NDArray[Any]:
    """Return pixels of 16 bits with alpha, where one colour stands for what is transparent."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    colours = np.ravel(key) if isinstance(key, int | tuple | list) else ()
    if len(colours) != channels or channels not in (1, 3) or pixels.dtype != np.uint16:
        return pixels
    there = (pixels.reshape(*pixels.shape[:2], channels) != colours).any(axis=-1, keepdims=True)
    alpha = there.astype(np.uint16) * np.uint16(65535)
    return np.concatenate([pixels.reshape(*pixels.shape[:2], channels), alpha], axis=-1)
