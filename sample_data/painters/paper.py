"""Rough paper that takes washes of watercolour: glazes, hard rims, grain and blooms."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .fields import Array, fractal_noise, pixel_grid, rgb, smoothstep, value_noise


class Sheet:
    """A sheet of rough paper that gathers pigment.

    Pigments are kept as optical density, so overlapping washes glaze: they multiply.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    height, width : int
        Size of the sheet in pixels.
    """

    def __init__(self, rng: np.random.Generator, height: int, width: int) -> None:
        shape = self.shape = (height, width)
        self.rng = rng
        self.y, self.x = pixel_grid(*shape)
        self.depth = np.zeros((*shape, 3), np.float32)
        tooth = fractal_noise(rng, shape, 11, 3, 0.6)
        self.valley = ndimage.gaussian_filter(tooth, 0.8)
        self.speck = value_noise(rng, shape, 2.4)
        # One bank of noise, read at random offsets, serves hundreds of small washes.
        bank = (2048, 2048)
        self.bank = {
            size: fractal_noise(rng, bank, size, octaves)
            for size, octaves in ((220, 4), (70, 5), (24, 4))
        }

    def noise(self, size: int, window: tuple[slice, slice]) -> Array:
        """Cut a random piece, as large as the window, out of the bank."""
        h = window[0].stop - window[0].start
        w = window[1].stop - window[1].start
        r, c = self.rng.integers(2048 - h + 1), self.rng.integers(2048 - w + 1)
        return self.bank[size][r : r + h, c : c + w]

    def window(self, row: float, col: float, reach: float) -> tuple[slice, slice]:
        """Slices of a square around a point, clipped to the sheet."""
        top, left = max(int(row - reach), 0), max(int(col - reach), 0)
        bottom = max(min(int(row + reach) + 1, self.shape[0]), top + 2)
        right = max(min(int(col + reach) + 1, self.shape[1]), left + 2)
        return slice(min(top, self.shape[0] - 2), bottom), slice(
            min(left, self.shape[1] - 2), right
        )

    def wash(
        self,
        window: tuple[slice, slice],
        inside: Array,
        pigments: tuple[str, str],
        strength: float = 1.0,
        soft: float = 1.5,
        rim: float = 0.7,
        ragged: float = 8.0,
        pool: Array | None = None,
        reserve: Array | None = None,
    ) -> None:
        """Lay one wash.

        Parameters
        ----------
        window : tuple of slice
            The part of the sheet that `inside` describes.
        inside : ndarray
            Distance in pixels to the edge of the wash, positive inside.
        pigments : tuple of str
            Two colours that mingle in the wash.
        strength : float
            Amount of pigment.
        soft : float
            Width of the edge: small on dry paper, large wet-in-wet.
        rim : float
            How much pigment the drying edge collects.
        ragged : float
            How far, in pixels, the edge strays from the drawn outline.
        pool : ndarray, optional
            Relative amount of pigment drawn by the painter (1 is neutral).
        reserve : ndarray, optional
            Share of the pigment let through (0 where paper was kept dry).
        """
        edge = inside + ragged * 2 * (self.noise(70, window) - 0.5)
        edge = edge + ragged * 0.7 * (self.noise(24, window) - 0.5)
        mask = smoothstep(-soft, soft, edge)
        # Pigment creeps outwards while the wash dries: pale middle, dark hairline rim.
        drying = np.exp(-np.clip(edge, 0, None) / 4.5) + 0.5 * np.exp(-np.clip(edge, 0, None) / 22)
        flow = self.noise(220, window)
        clouds = self.noise(70, window)
        amount = 0.5 + 0.65 * flow + 0.25 * (clouds - 0.5) + rim * drying
        grain = 1 + 0.55 * (self.valley[window] - 0.5) + 0.3 * (self.speck[window] - 0.5)
        amount = amount * mask * grain * strength
        # A loaded brush skips the bumps of the paper near the end of its stroke.
        skip = smoothstep(0.80, 0.9, self.valley[window] * 0.5 + 0.5 * clouds + 0.08)
        amount = amount * (1 - 0.75 * skip)
        if pool is not None:
            amount = amount * pool
        if reserve is not None:
            amount = amount * reserve
        blend = smoothstep(0.3, 0.7, self.noise(220, window) * 0.6 + 0.4 * clouds)[..., None]
        one, two = (-np.log(np.clip(rgb(p), 0.02, 1)) for p in pigments)
        self.depth[window] += amount[..., None] * (one * (1 - blend) + two * blend)

    def bloom(self, row: float, col: float, reach: float) -> None:
        """Drop clean water: it pushes pigment out into a feathered ring."""
        win = self.window(row, col, reach * 1.7)
        dy, dx = self.y[win] - row, self.x[win] - col
        away = np.hypot(dy, dx * 0.9) / reach
        away = away + 0.5 * (self.noise(70, win) - 0.5) + 0.22 * (self.noise(24, win) - 0.5)
        gone = 0.6 * smoothstep(1.0, 0.55, away)
        ring = 0.6 * np.exp(-(((away - 1.0) / 0.05) ** 2)) * (away < 1.02)
        ring += 0.35 * np.exp(-np.clip(1 - away, 0, None) / 0.12) * (away < 1.0)
        self.depth[win] *= (1 - gone + ring)[..., None]

    def look(self) -> Array:
        """Return the sheet as a picture, lit a little from the side."""
        slope = np.gradient(ndimage.gaussian_filter(self.valley, 1.0))
        tooth = 1 - 0.32 * (slope[0] + slope[1])
        paper = rgb("fdfaf2") * np.clip(tooth, 0.85, 1.12)[..., None]
        return np.clip(paper * np.exp(-self.depth), 0, 1)
