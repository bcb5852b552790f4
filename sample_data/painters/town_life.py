"""What grows and walks in the town: trees and people, as clouds of small blobs."""

from __future__ import annotations

import numpy as np

from .fields import Array, rgb
from .town_scene import QUAY, TREES, ground_height


def trees(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Plant trees; return crown centres, radii (n, 3 each) and tints (n, 3)."""
    centres, radii, tints = [], [], []
    greens = [rgb(c) ** 2.2 for c in ("5f7a36", "4c6b34", "76853c", "3f5c36", "8a8540", "557a46")]

    def crown(
        x: float, y: float, z: float, size: float, tint: Array, lobes: int = 7, lobe: float = 0.64
    ) -> None:
        # A crown is several overlapping lobes, otherwise it looks like a lollipop.
        for _ in range(lobes):
            off = np.clip(rng.normal(0, 0.42, 3), -0.8, 0.8) * size
            centres.append((x + off[0], y + off[1], z + 0.8 * off[2]))
            radii.append(np.array([1, 1, 0.85]) * size * lobe * rng.uniform(0.78, 1.22))
            tints.append(tint * rng.uniform(0.85, 1.15))

    for x in TREES:
        crown(
            x,
            3.0,
            QUAY + rng.uniform(4.6, 5.3),
            rng.uniform(1.8, 2.2),
            greens[rng.integers(6)],
            26,
            0.36,
        )
    for _ in range(950):
        x, y = rng.uniform(-150, 150), 30 + 190 * rng.random() ** 0.8
        if y < 62 and rng.random() < 0.72:
            continue
        z = float(ground_height(np.float64(x), np.float64(y)))
        size = rng.uniform(2.0, 4.6)
        crown(x, y, z + size * 0.9, size, greens[rng.integers(6)])
    _strollers(rng, centres, radii, tints)
    return np.array(centres), np.array(radii), np.array(tints)


def _strollers(rng: np.random.Generator, centres: list, radii: list, tints: list) -> None:
    """Add people on the quay: at this distance four blobs each are enough."""
    coats = [rgb(c) ** 2.2 for c in ("2f3f5f", "8a3030", "e4ddd0", "3f4a3a", "b08a50", "2a2a2c")]
    spots = [-25, -24.2, -18, -9.5, -6.2, -5.3, 0.2, 5.5, 10.6, 11.5, 19, 22.5, 23.3]
    for x in np.array(spots) + rng.normal(0, 0.2, len(spots)):
        y, coat = rng.uniform(1.0, 2.0), coats[rng.integers(6)]
        legs, size = coats[rng.choice([0, 3, 5])], rng.uniform(0.9, 1.08)
        for z, r, tint in (
            (0.42, (0.15, 0.1, 0.42), legs),
            (1.1, (0.23, 0.14, 0.34), coat),
            (1.02, (0.3, 0.1, 0.26), coat),
            (1.6, (0.1, 0.1, 0.13), rgb("c89878") ** 2.2),
        ):
            centres.append((x, y, QUAY + z * size))
            radii.append(np.array(r) * size)
            tints.append(tint * 1.2)
