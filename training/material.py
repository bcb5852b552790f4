"""What the student learns from: patches of free pictures, of textures, and of its own paintings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from textures import texture

__all__ = ["HELD_OUT", "PATCH", "SOURCES", "Material", "collect", "cut"]

#: Side of a patch; larger than a crop, so that a crop can be turned and shifted in it.
PATCH = 112
#: Patches are this far apart.
_CELL = 72
#: A picture is cut up at each of these sizes, relative to its own.
_SCALES = (1.0, 0.7, 0.5, 0.35)
#: Pictures larger than this are shrunk to it first.
_LONGEST = 800

Patches = NDArray[np.uint8]

_SKIMAGE = Path(skimage.data.__file__).parent
_MATPLOTLIB = Path(matplotlib.get_data_path()) / "sample_data"

#: Pictures that come inside wheels; README.md names authors and licences.
SOURCES = (
    _SKIMAGE / "astronaut.png",
    _SKIMAGE / "brick.png",
    _SKIMAGE / "camera.png",
    _SKIMAGE / "cell.png",
    _SKIMAGE / "chelsea.png",
    _SKIMAGE / "clock_motion.png",
    _SKIMAGE / "coffee.png",
    _SKIMAGE / "coins.png",
    _SKIMAGE / "grass.png",
    _SKIMAGE / "gravel.png",
    _SKIMAGE / "hubble_deep_field.jpg",
    _SKIMAGE / "ihc.png",
    _SKIMAGE / "retina.jpg",
    _SKIMAGE / "rocket.jpg",
    _SKIMAGE / "text.png",
    _MATPLOTLIB / "grace_hopper.jpg",
)

#: Nothing is learnt from these: the error on them is the error on pictures never seen.
HELD_OUT = ("rocket.jpg", "palette_knife.jpg")


class Material(NamedTuple):
    """Patches and the pictures that they were cut from.

    Parameters
    ----------
    patches : ndarray of uint8, shape (N, PATCH, PATCH, 3)
        To learn from.
    held_out : ndarray of uint8, shape (M, PATCH, PATCH, 3)
        To measure the error on.
    contents, styles : list of ndarray of uint8, shape (H, W, 3)
        Whole pictures for the student to paint.
    counts : dict of str to int
        How many patches each source gave.
    """

    patches: Patches
    held_out: Patches
    contents: list[Patches]
    styles: list[Patches]
    counts: dict[str, int]


def collect(
    seed: int, paintings: Path | None, textures: int, sources: Sequence[Path] = SOURCES
) -> Material:
    """Cut up all sources.

    Parameters
    ----------
    seed : int
        Of the procedural textures and the tints.
    paintings : Path or None
        A folder of paintings (``*.jpg``), which are styles as well.
    textures : int
        How many procedural textures to make; some are styles too.
    sources : sequence of Path
        Pictures, which are contents as well.

    Returns
    -------
    Material
    """
    rng = np.random.default_rng(seed)
    painted = sorted(paintings.glob("*.jpg")) if paintings else []
    learnt: list[Patches] = []
    held_out: list[Patches] = []
    pictures: dict[Path, Patches] = {}
    counts: dict[str, int] = {}
    for path in (*sources, *painted):
        picture = Image.open(path)
        patches = list(_cut_at_all_scales(picture.convert("RGB")))
        if picture.mode == "L":
            patches += [_tinted(rng, patch) for patch in patches]
        counts[path.name] = len(patches)
        if path.name in HELD_OUT:
            held_out += patches
        else:
            learnt += patches
            pictures[path] = np.asarray(picture.convert("RGB"))
    made = [texture(rng, PATCH) for _ in range(textures)]
    learnt += made
    counts["procedural textures"] = textures
    contents = [p for path, p in pictures.items() if path in sources] or made
    styles = [p for path, p in pictures.items() if path in painted] + made[:12]
    return Material(np.stack(learnt), np.stack(held_out or made), contents, styles, counts)


def cut(picture: Patches) -> Iterator[Patches]:
    """Yield the patches of a picture, mirrored at its border where they reach beyond it."""
    margin = (PATCH - _CELL) // 2
    height, width = (max(side, _CELL) for side in picture.shape[:2])
    below, right = height - picture.shape[0], width - picture.shape[1]
    padded = np.pad(
        picture, ((margin, margin + below), (margin, margin + right), (0, 0)), "symmetric"
    )
    for top in _starts(height):
        for left in _starts(width):
            yield padded[top : top + PATCH, left : left + PATCH]


def _cut_at_all_scales(picture: Image.Image) -> Iterator[Patches]:
    longest = min(1.0, _LONGEST / max(picture.size))
    for scale in _SCALES:
        size = [round(side * scale * longest) for side in picture.size]
        if min(size) >= _CELL:
            yield from cut(np.asarray(picture.resize(size, Image.Resampling.LANCZOS)))


def _tinted(rng: np.random.Generator, patch: Patches) -> Patches:
    """Return a grey patch between two colours of its own: half of the sources have no colours."""
    dark, light = rng.uniform(0, 110, 3), rng.uniform(145, 255, 3)
    return np.asarray(dark + (light - dark) * (patch / 255) + 0.5, np.uint8)


def _starts(length: int) -> NDArray[np.int_]:
    return np.linspace(0, length - _CELL, length // _CELL).astype(int)
