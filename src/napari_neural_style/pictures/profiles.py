"""Colour profiles: pictures come in as sRGB, from whatever space, and go out with its profile."""

from __future__ import annotations

import io
import itertools
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

__all__ = ["deep_to_srgb", "srgb_profile", "to_srgb"]

#: Which colour spaces of a profile, in the words of the ICC, fit which of Pillow's modes.
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}


@cache
def srgb_profile() -> bytes:
    """Return the sRGB profile that saved pictures carry: always the same bytes."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The date and the checksum, which says the same as the rest, are left empty.
    return profile[:24] + bytes(12) + profile[36:84] + bytes(16) + profile[100:]


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an image of 8 bits, without alpha, as RGB in sRGB.

    Parameters
    ----------
    image : PIL.Image.Image
        Of the mode RGB, L, CMYK or LAB.
    profile : bytes or None
        The ICC profile that its file holds. One that is sRGB, belongs to another kind of image or
        cannot be read changes nothing.
    """
    transform = _transform(profile, image.mode) if profile else None
    if transform is None and image.mode == "LAB":
        transform = _between(ImageCms.createProfile("LAB"), "LAB")
    if transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # that is for transforms in place
    return converted


def deep_to_srgb(pixels: NDArray[np.uint16], profile: bytes | None) -> NDArray[np.uint16]:
    """Return pixels of 16 bits in sRGB.

    The colour engine that comes with Pillow takes 8 bits: shades in between are interpolated, so
    that none is lost.

    Parameters
    ----------
    pixels : ndarray of uint16, shape (H, W) or (H, W, 3)
    profile : bytes or None
        As for `to_srgb`.

    Returns
    -------
    ndarray of uint16, shape (H, W, 3), or (H, W) if there is nothing to change
    """
    transform = _transform(profile, "L" if pixels.ndim == 2 else "RGB") if profile else None
    if transform is None:
        return pixels
    if pixels.ndim == 2:
        ramp = np.arange(256, dtype=np.uint8)[np.newaxis]
        curve = np.asarray(ImageCms.applyTransform(Image.fromarray(ramp), transform))[0]
        change = (curve.astype(float) - ramp[0, :, np.newaxis]) * 257
        places = np.arange(256) * 257.0
        moved = [pixels + np.interp(pixels, places, change[:, c]) for c in range(3)]
        return np.asarray(np.rint(np.clip(np.stack(moved, axis=-1), 0, 65535)), np.uint16)
    result = np.empty_like(pixels)
    for row, colours in enumerate(pixels):  # a large picture has no room for all at once
        result[row] = _between_corners(colours, transform)
    return result


def _between_corners(colours: NDArray[np.uint16], transform: Any) -> NDArray[Any]:
    """Return a row of colours of 16 bits, each interpolated between the eight of 8 bits around."""
    exact = colours / np.float32(257)
    low = np.minimum(exact, 254).astype(np.uint8)
    share = exact - low
    sums = np.zeros(colours.shape, np.float32)
    for corner in itertools.product((0, 1), repeat=3):
        near = Image.fromarray((low + np.array(corner, np.uint8))[np.newaxis])
        there = np.asarray(ImageCms.applyTransform(near, transform))[0]
        weight = np.prod(np.where(corner, share, 1 - share), axis=-1, keepdims=True)
        sums += weight * there
    return np.rint(sums * 257)


def _transform(profile: bytes, mode: str) -> Any:
    """Return the way from a profile to sRGB; None if there is none or it is no way at all."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _SPACES.get(mode):
            return None
        if "srgb" in ImageCms.getProfileDescription(opened).lower():
            return None
        return _between(opened, mode)
    except (OSError, ImageCms.PyCMSError, TypeError, ValueError, AttributeError):
        return None


def _between(profile: Any, mode: str) -> Any:
    return ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
