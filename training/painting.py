"""Pictures that the optimisation makes with the student: where it goes, the two have to agree."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from export import export
from material import Material, cut
from network import Network
from numpy.typing import NDArray

from napari_neural_style.engine import stylize_steps
from napari_neural_style.job import Job
from napari_neural_style.pictures.images import fit, resize
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.progress import Progress

__all__ = ["paintings"]

#: Content may be held at any of these: each leads the optimisation another way.
_CONTENT_LAYERS = ("block2_conv2", "block3_conv2", "block4_conv2")
_STYLE_LOSSES = ("moments", "moments", "gram")
_SIZES = (144, 288)
_STEPS = (15, 60)


def paintings(
    student: Network, material: Material, count: int, seed: tuple[int, int]
) -> Iterator[NDArray[np.uint8]]:
    """Paint random pairs of the material with the student; yield patches of the pictures.

    Parameters
    ----------
    student : Network
    material : Material
    count : int
        How many pictures to paint.
    seed : tuple of int
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "student.npz"
        export(student, material, weights, seed=seed[0])
        # What has to be compiled is the same for all pictures of one visit.
        held = _CONTENT_LAYERS[rng.integers(len(_CONTENT_LAYERS))]
        recipe = presets.settings(
            weights=str(weights),
            pooling="blur",
            smallest_scale=64,
            content_layers={held: 1.0},
            style_loss=_STYLE_LOSSES[rng.integers(len(_STYLE_LOSSES))],
            update_every=20,
        )
        for _ in range(count):
            size = int(rng.integers(*_SIZES))
            content, style = (
                _reduced(pictures[rng.integers(len(pictures))], size * float(rng.uniform(1, 1.5)))
                for pictures in (material.contents, material.styles)
            )
            settings = recipe.replace(
                size=size,
                steps=int(rng.integers(*_STEPS)),
                style_strength=float(rng.uniform(0.4, 0.8)),
                tv_weight=float(rng.choice([0.0, 2.0])),
            )
            for update in stylize_steps(Job(content, style, settings)):
                if isinstance(update, Progress) and update.step > 1:
                    yield from cut(np.asarray(update.image * 255 + 0.5, np.uint8))


def _reduced(picture: NDArray[np.uint8], size: float) -> NDArray[np.float32]:
    pixels = np.asarray(picture, np.float32) / 255
    return resize(pixels, fit(pixels.shape, min(round(size), max(pixels.shape[:2]))))
