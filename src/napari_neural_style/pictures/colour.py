"""Whose colours a picture has: the style's, the content's, or the content's but for brightness.

L. Gatys, M. Bethge, A. Hertzmann and E. Shechtman, "Preserving Color in Neural Artistic Style
Transfer" (arXiv:1606.05897), give both ways: recolour the style before painting, or paint in grey.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.pictures.images import FloatImage

__all__ = ["Palette", "from_oklab", "grey", "is_grey", "match_colors", "match_grey"]
__all__ += ["recoloured", "to_oklab", "with_brightness"]

#: Luma of sRGB (Rec. 601), the Y of YIQ.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
#: Björn Ottosson, "A perceptual color space for image processing" (2020): linear sRGB to cone
#: responses, and their cube roots to lightness and two opponent colours.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OPPONENT = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
#: An image whose channels are apart by no more than half a step of uint8 is grey.
_GREY = 0.5 / 255


def to_oklab(rgb: NDArray[np.floating]) -> FloatImage:
    """Return sRGB colours in Oklab.

    Parameters
    ----------
    rgb : ndarray of float, shape (..., 3)
        In [0, 1].

    Returns
    -------
    ndarray of float32, shape (..., 3)
        Lightness in [0, 1] and two opponent colours, 0 for grey.
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(linear.astype(np.float32) @ _TO_CONES.T.astype(np.float32))
    return np.asarray(cones @ _TO_OPPONENT.T.astype(np.float32), np.float32)


def from_oklab(lab: NDArray[np.floating]) -> FloatImage:
    """Return Oklab colours in sRGB, clipped to [0, 1]; the inverse of `to_oklab`."""
    cones = lab.astype(np.float32) @ np.linalg.inv(_TO_OPPONENT).T.astype(np.float32)
    linear = np.clip((cones * cones * cones) @ np.linalg.inv(_TO_CONES).T.astype(np.float32), 0, 1)
    bright = 1.055 * linear ** np.float32(1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, bright), np.float32)


class Palette(NamedTuple):
    """Mean and covariance of colours.

    Parameters
    ----------
    mean : ndarray of float64, shape (3,)
    covariance : ndarray of float64, shape (3, 3)
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, colours: NDArray[np.floating]) -> Palette:
        """Return the palette of colours of the shape (..., 3)."""
        pixels = colours.reshape(-1, 3)
        mean = pixels.mean(0, dtype=np.float64)
        centred = pixels - mean.astype(pixels.dtype)
        # A flat image has no covariance to invert: lend every colour a deviation of 1/1000.
        covariance = (centred.T @ centred).astype(np.float64) / len(pixels)
        return cls(mean, covariance + 1e-6 * np.eye(3))

    def carried(self, colours: NDArray[np.floating], to: Palette) -> NDArray[np.float64]:
        """Return colours of this palette as those of another.

        The linear map that moves colours least among all that carry one Gaussian to the other
        (Monge's optimal transport; F. Pitié and A. Kokaram, "The linear Monge-Kantorovitch linear
        colour mapping", CVMP 2007).
        """
        root = _root(self.covariance)
        inverse = np.linalg.inv(root)
        transport = inverse @ _root(root @ to.covariance @ root) @ inverse
        offset = to.mean - self.mean @ transport
        dtype = colours.dtype
        return np.asarray(colours @ transport.astype(dtype) + offset.astype(dtype))


def match_colors(image: FloatImage, reference: FloatImage) -> FloatImage:
    """Return an image with the mean and covariance of another's colours, in RGB.

    Parameters
    ----------
    image, reference : ndarray of float32, shape (..., 3)
        RGB in [0, 1]; their sizes may differ.

    Returns
    -------
    ndarray of float32, shape (..., 3)
        `image` in the colours of `reference`, clipped to [0, 1].
    """
    moved = Palette.of(image).carried(image.astype(np.float64), Palette.of(reference))
    return np.asarray(np.clip(moved, 0, 1), np.float32)


def recoloured(image: FloatImage, palette: Palette, own: FloatImage | None = None) -> FloatImage:
    """Return an image in the colours of a palette, matched in Oklab.

    Parameters
    ----------
    image : ndarray of float32, shape (..., 3)
        RGB in [0, 1].
    palette : Palette
        Of colours in Oklab.
    own : ndarray of float32, shape (..., 3), optional
        The pixels that shall have that palette afterwards; by default all of them.

    Returns
    -------
    ndarray of float32, shape (..., 3)
        RGB in [0, 1].
    """
    lab = to_oklab(image)
    before = Palette.of(lab if own is None else to_oklab(own))
    return from_oklab(before.carried(lab, palette))


def grey(image: FloatImage) -> FloatImage:
    """Return an image of the shape (..., 3) without its colours."""
    return np.repeat(_luma(image), 3, axis=-1)


def is_grey(image: FloatImage) -> bool:
    """Return whether an image of the shape (..., 3) has no colours."""
    return bool(np.ptp(image, axis=-1).max() <= _GREY)


def match_grey(image: FloatImage, reference: FloatImage) -> FloatImage:
    """Return an image in grey, with the mean and the spread of another's brightness."""
    mine, other = _luma(image), _luma(reference)
    gain = other.std() / max(float(mine.std()), 1e-3)
    return np.repeat(np.clip((mine - mine.mean()) * gain + other.mean(), 0, 1), 3, axis=-1)


def with_brightness(image: FloatImage, bright: FloatImage) -> FloatImage:
    """Return an image with the brightness of another and its own colours.

    Only the luma of YIQ is exchanged. Where that leaves the range of colours, they are made paler
    until they fit, so that neither hue nor brightness changes.

    Parameters
    ----------
    image, bright : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    """
    luma = _luma(bright)
    chroma = image - _luma(image)
    red, green, blue = np.split(chroma, 3, axis=-1)  # Much faster than reducing an axis of three.
    above = (1 - luma) / np.maximum(np.maximum(np.maximum(red, green), blue), 1e-6)
    below = luma / np.maximum(-np.minimum(np.minimum(red, green), blue), 1e-6)
    pale = np.minimum(1, np.minimum(above, below))
    return np.asarray(np.clip(luma + pale * chroma, 0, 1), np.float32)


def _luma(image: FloatImage) -> FloatImage:
    return np.asarray(image.astype(np.float32) @ _LUMA[:, np.newaxis], np.float32)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    root: NDArray[np.float64] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
