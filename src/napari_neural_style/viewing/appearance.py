"""Pixels as napari displays them, with contrast limits, gamma, colormap and transparency."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.images import FloatImage

__all__ = ["as_displayed"]


class _Display(Protocol):
    """The display settings of a `Source`; `colormap` is not used if `rgb`."""

    @property
    def title(self) -> str: ...
    @property
    def rgb(self) -> bool: ...
    @property
    def contrast_limits(self) -> tuple[float, float]: ...
    @property
    def gamma(self) -> float: ...
    @property
    def colormap(self) -> Any: ...


def as_displayed(
    pixels: NDArray[Any], display: _Display
) -> tuple[FloatImage, NDArray[np.uint8] | None]:
    """Return pixels as napari shows them, and their transparency.

    Parameters
    ----------
    pixels : ndarray of any real type, shape (H, W), or (H, W, 3 or 4) if `display` is RGB
    display : Source

    Returns
    -------
    rgb : ndarray of float32, shape (H, W, 3)
        In [0, 1].
    alpha : ndarray of uint8, shape (H, W), or None

    Raises
    ------
    ImageError
        If there are NaN or infinite values.
    """
    colour = pixels[..., :3] if display.rgb else pixels
    if colour.dtype.kind == "f" and not np.isfinite(colour).all():
        raise ImageError(f"The {display.title} has NaN or infinite values: replace them first.")
    rgb, opacity = _shown(colour, display)
    if display.rgb and pixels.shape[-1] == 4:
        opacity = _opacity(pixels[..., 3])
    return rgb, opacity


def _shown(colour: NDArray[Any], display: _Display) -> tuple[FloatImage, NDArray[np.uint8] | None]:
    """Return what contrast limits, gamma and colour map make of values, whose number is free."""
    few = _FEW.get(colour.dtype)
    if few is not None and colour.size > few.size:  # Each value once: 512 x 512 took 30 ms.
        rgb, opacity = _shown(few, display)
        return rgb[colour], None if opacity is None else opacity[colour]
    low, high = display.contrast_limits
    unit = colour.astype(np.float64)
    unit -= low
    unit /= high - low
    np.clip(unit, 0, 1, out=unit)
    unit **= display.gamma
    if display.rgb:
        return unit.astype(np.float32), None
    colours = display.colormap.map(unit.ravel()).reshape(*unit.shape, 4)
    opaque = bool((np.asarray(display.colormap.colors)[:, 3] == 1).all())
    rgb = np.clip(colours[..., :3], 0, 1).astype(np.float32)
    return rgb, None if opaque else _opacity(colours[..., 3])


#: All values of the types that have few.
_FEW = {np.dtype(f"u{n}"): np.arange(256**n, dtype=f"u{n}") for n in (1, 2)}


def _opacity(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an alpha channel as 8 bits, as napari's textures have it."""
    if alpha.dtype == np.uint8:
        return np.array(alpha)
    top = 65535 if alpha.dtype == np.uint16 else 1
    unit = np.clip(np.nan_to_num(alpha.astype(np.float64)) / top, 0, 1)
    return np.rint(unit * 255).astype(np.uint8)
