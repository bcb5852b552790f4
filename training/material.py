"""What the network learns from: patches of free pictures, each patch a class of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from textures import texture

__all__ = ["PATCH", "SKIMAGE", "Material", "collect"]

#: Side of a stored patch; larger than a crop, so that a crop can be turned and shifted in it.
PATCH = 112
#: Side of the cell in the middle of a patch that is the class.
CELL = 72
#: A picture is cut up at each of these sizes, relative to its own.
SCALES = (1.0, 0.6, 0.36)
#: Pictures larger than this are shrunk to it first.
_LONGEST = 640

#: scikit-image's pictures that come inside its wheel; README.md names authors and licences.
SKIMAGE = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)


class Material(NamedTuple):
    """Patches to learn from.

    Parameters
    ----------
    patches : ndarray of uint8, shape (N, PATCH, PATCH, 3)
        Patch ``n`` stands for class ``n``.
    counts : dict of str to int
        How many patches each source gave.
    """

    patches: NDArray[np.uint8]
    counts: dict[str, int]


def collect(seed: int, paintings: Path | None, textures: int) -> Material:
    """Cut up all sources.

    Parameters
    ----------
    seed : int
        Of the procedural textures and the tints.
    paintings : Path or None
        A folder of further pictures.
    textures : int
        How many procedural textures to make.

    Returns
    -------
    Material
    """
    folder = Path(skimage.data.__file__).parent
    files = [folder / name for name in SKIMAGE]
    if paintings:
        files += sorted(paintings.glob("*.jpg"))
    rng = np.random.default_rng(seed)
    patches: list[NDArray[np.uint8]] = []
    counts: dict[str, int] = {}
    for path in files:
        picture = Image.open(path)
        cut = list(_cut(picture.convert("RGB")))
        if picture.mode == "L":
            cut = [_tinted(rng, patch) for patch in cut]
        counts[path.name] = len(cut)
        patches += cut
    patches += [texture(rng, PATCH) for _ in range(textures)]
    counts["procedural textures"] = textures
    return Material(np.stack(patches), counts)


def _cut(picture: Image.Image) -> Iterator[NDArray[np.uint8]]:
    """Yield the patches of a picture, at every scale at which a cell fits into it."""
    longest = min(1.0, _LONGEST / max(picture.size))
    margin = (PATCH - CELL) // 2
    for scale in SCALES:
        size = [round(side * scale * longest) for side in picture.size]
        if min(size) < CELL:
            continue
        array = np.asarray(picture.resize(size, Image.Resampling.LANCZOS))
        padded = np.pad(array, ((margin, margin), (margin, margin), (0, 0)), "reflect")
        for top in _starts(array.shape[0]):
            for left in _starts(array.shape[1]):
                patch = padded[top : top + PATCH, left : left + PATCH]
                # A flat patch cannot be told from another one.
                if patch[margin:-margin, margin:-margin].std((0, 1)).mean() > 6:
                    yield patch


def _tinted(rng: np.random.Generator, patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey patch between two colours of its own: half of the sources have no colours."""
    dark, light = rng.uniform(0, 110, 3), rng.uniform(145, 255, 3)
    return np.asarray(dark + (light - dark) * (patch / 255) + 0.5, np.uint8)


def _starts(length: int) -> NDArray[np.int_]:
    return np.linspace(0, length - CELL, length // CELL).astype(int)
