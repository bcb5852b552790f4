"""Procedural textures: grain, strokes, waves, cells and dots in random palettes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["KINDS", "texture"]

Field = NDArray[np.float64]


def texture(rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """Return one random texture.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
        Height and width in pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
    """
    names = list(KINDS)
    field = KINDS[names[rng.integers(len(names))]](rng, size)
    if rng.random() < 0.5:
        field = _warped(rng, field)
    ranks = np.argsort(np.argsort(field, axis=None)) / (field.size - 1)
    colours = _palette(rng)
    position = ranks.reshape(field.shape) * (len(colours) - 1)
    if rng.random() < 0.4:
        position = np.round(position)
    low = np.clip(position.astype(int), 0, len(colours) - 2)
    part = (position - low)[..., None]
    picture = colours[low] * (1 - part) + colours[low + 1] * part
    picture += rng.normal(0, rng.uniform(0, 0.05), picture.shape)
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


def _palette(rng: np.random.Generator) -> Field:
    count = rng.integers(2, 6)
    centre, spread = rng.uniform(0.2, 0.8, 3), rng.uniform(0.15, 0.5)
    return np.clip(centre + rng.uniform(-spread, spread, (count, 3)), 0, 1)


def _grain(rng: np.random.Generator, size: int) -> Field:
    """Noise with a power law for its spectrum."""
    frequencies = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    spectrum = np.fft.fft2(rng.standard_normal((size, size)))
    return np.fft.ifft2(spectrum / np.maximum(frequencies, 1 / size) ** rng.uniform(0.5, 2)).real


def _strokes(rng: np.random.Generator, size: int) -> Field:
    """Noise smeared along one direction, as bristles leave it."""
    along, across = rng.uniform(4, 16), rng.uniform(0.6, 2.5)
    wide = ndimage.gaussian_filter(
        rng.standard_normal((2 * size, 2 * size)), (across, along), mode="wrap"
    )
    turned = ndimage.rotate(wide, rng.uniform(0, 180), reshape=False, order=1, mode="wrap")
    start = size // 2
    return turned[start : start + size, start : start + size]


def _waves(rng: np.random.Generator, size: int) -> Field:
    """One or two plane waves: stripes, weaves and checks."""
    y, x = np.mgrid[:size, :size]
    field = np.zeros((size, size))
    for _ in range(rng.integers(1, 3)):
        angle, length = rng.uniform(0, np.pi), rng.uniform(4, 28)
        phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / length
        field += np.sin(phase + rng.uniform(0, 2 * np.pi))
    return field + 0.05 * rng.standard_normal((size, size))


def _cells(rng: np.random.Generator, size: int) -> Field:
    """Patches of one tone each, around scattered points: stones and panes."""
    points = rng.uniform(0, size, (rng.integers(20, 200), 2))
    y, x = np.mgrid[:size, :size]
    distance = (y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2
    nearest = distance.argmin(-1)
    tones = rng.random(len(points))[nearest]
    if rng.random() < 0.5:
        two = np.sqrt(np.partition(distance, 1, -1)[..., :2])
        tones[two[..., 1] - two[..., 0] < rng.uniform(1.5, 4)] = -0.2
    return tones + 1e-3 * rng.standard_normal((size, size))


def _dots(rng: np.random.Generator, size: int) -> Field:
    """Round dabs on top of each other."""
    y, x = np.mgrid[:size, :size]
    field = np.zeros((size, size))
    largest = rng.uniform(2.5, 12)
    for _ in range(int(size * size / (2 * largest**2))):
        cy, cx = rng.uniform(0, size, 2)
        radius = largest * rng.uniform(0.5, 1)
        field[(y - cy) ** 2 + (x - cx) ** 2 < radius**2] = rng.random()
    return field + 1e-3 * rng.standard_normal((size, size))


def _rings(rng: np.random.Generator, size: int) -> Field:
    """Swirls around two or three eyes."""
    y, x = np.mgrid[:size, :size]
    field = np.zeros((size, size))
    for _ in range(rng.integers(2, 4)):
        cy, cx = rng.uniform(0, size, 2)
        field += np.hypot(y - cy, x - cx)
    return np.sin(2 * np.pi * field / rng.uniform(8, 40)) + 0.05 * rng.standard_normal((size, size))


#: Makers of a scalar field by the texture's name.
KINDS: dict[str, Callable[[np.random.Generator, int], Field]] = {
    "grain": _grain,
    "strokes": _strokes,
    "waves": _waves,
    "cells": _cells,
    "dots": _dots,
    "rings": _rings,
}


def _warped(rng: np.random.Generator, field: Field) -> Field:
    shift = [
        ndimage.gaussian_filter(rng.standard_normal(field.shape), 14) * rng.uniform(100, 400)
        for _ in range(2)
    ]
    grid = np.indices(field.shape) + np.asarray(shift)
    return np.asarray(ndimage.map_coordinates(field, grid, order=1, mode="reflect"))
