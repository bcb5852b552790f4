"""The town itself: quay, houses, church, boats, hill and trees."""

from __future__ import annotations

import numpy as np

from .fields import Array, rgb
from .tracer import Solid, box

TREES = (-27.5, -15.5, 2.2, 13.5, 30.0)  # along the quay
QUAY = 1.9  # height of the quay above the water, in metres
WALLS = ["e9dcc0", "e3c48a", "dba57e", "cfd6c4", "b9c7d1", "efe9dc", "c98a6a", "d9b45e", "e6cdb8"]
ROOFS = ["8f4a35", "a05a3c", "7a4236", "94604a", "6d4a44", "a8694a"]
SHUTTERS = ["3f5f4a", "4a6a86", "6a4030", "7a3434", "8a8f86"]


def house(
    rng: np.random.Generator, left: float, front: float, base: float, wide: float, storeys: int
) -> list[Solid]:
    """Build one house.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    left, front, base : float
        Position of the lower left front corner.
    wide : float
        Width of the front.
    storeys : int
        Number of full storeys.

    Returns
    -------
    list of Solid
        Walls, both halves of the roof, chimneys and dormers.
    """
    deep = rng.uniform(9, 12)
    tall = 0.5 + 2.85 * storeys + rng.uniform(0, 0.5)
    gable = bool(rng.random() < 0.62)  # the gable faces the river
    pitch = rng.uniform(1.05, 1.45) if gable else rng.uniform(0.85, 1.1)
    right, back, eaves = left + wide, front + deep, base + tall
    mid = (left + right) / 2 if gable else (front + back) / 2
    span = wide / 2 if gable else deep / 2
    ridge = eaves + pitch * span
    traits = {
        "wall": rgb(rng.choice(WALLS)) ** 2.2 * rng.uniform(0.85, 1.08),
        "roof": rgb(rng.choice(ROOFS)) ** 2.2 * rng.uniform(0.8, 1.15),
        "shutter": rgb(rng.choice(SHUTTERS)) ** 2.2 if rng.random() < 0.6 else None,
        "timber": bool(rng.random() < 0.3),
        "left": left,
        "wide": wide,
        "front": front,
        "deep": deep,
        "base": base,
        "eaves": eaves,
        "ridge": ridge,
        "gable": gable,
        "seed": int(rng.integers(1 << 20)),
        "storeys": storeys,
    }

    def slopes(lift: float) -> list[tuple[float, float, float, float]]:
        top = ridge + lift
        if gable:
            return [(pitch, 0, 1, top + pitch * mid), (-pitch, 0, 1, top - pitch * mid)]
        return [(0, pitch, 1, top + pitch * mid), (0, -pitch, 1, top - pitch * mid)]

    walls = box((left, front, base - 8), (right, back, ridge), "wall", slopes(0), **traits)
    parts = [walls]
    hang = 0.42
    for half in (-1, 1):
        low = [left - 0.12, front - 0.3, eaves - hang * pitch]
        high = [right + 0.12, back + 0.3, ridge + 0.4]
        axis = 0 if gable else 1
        if gable:
            low[0], high[0] = left - hang, right + hang
        else:
            low[1], high[1] = front - hang, back + hang
        (low if half > 0 else high)[axis] = mid
        outer = slopes(0.34)[0 if half > 0 else 1]
        inner = slopes(0.02)[0 if half > 0 else 1]
        under = tuple(-v for v in inner)
        parts.append(box(tuple(low), tuple(high), "roof", [outer, under], **traits))
    for _ in range(rng.integers(1, 3)):
        cx = rng.uniform(left + 1, right - 1.6)
        cy = rng.uniform(front + deep * 0.35, back - 1.5)
        parts.append(
            box(
                (cx, cy, eaves),
                (cx + 0.7, cy + 0.6, ridge + rng.uniform(0.4, 1.2)),
                "brick",
                **traits,
            )
        )
    if not gable:
        for cx in np.arange(left + 1.4, right - 2.2, 2.9):
            z, y0 = eaves + 0.55, front + 0.55 / pitch + 0.1
            peak = z + 2.25
            side = [(1.1, 0, 1, peak + 1.1 * (cx + 0.75)), (-1.1, 0, 1, peak - 1.1 * (cx + 0.75))]
            parts.append(
                box(
                    (cx, y0, z - 0.6),
                    (cx + 1.5, y0 + 3, peak),
                    "dormer",
                    side,
                    **{**traits, "dormer": (cx, z)},
                )
            )
            cover = [
                (1.1, 0, 1, peak + 0.16 + 1.1 * (cx + 0.75)),
                (-1.1, 0, 1, peak + 0.16 - 1.1 * (cx + 0.75)),
            ]
            parts.append(
                box(
                    (cx - 0.2, y0 + 0.12, z + 1.25),
                    (cx + 1.7, y0 + 3.2, peak + 0.16),
                    "roof",
                    cover,
                    **traits,
                )
            )
    return parts


def ground_height(x: Array, y: Array) -> Array:
    """Height of the hillside behind the quay."""
    main = QUAY + 0.30 * (y - 16) + 0.05 * x
    knoll = QUAY + 0.40 * (y - 46) - 0.16 * (x + 26)
    height = np.maximum(np.minimum(main, 54 + 0.06 * x), np.minimum(knoll, 66 - 0.2 * (x + 34)))
    return np.maximum(height, QUAY)


def build(rng: np.random.Generator) -> list[Solid]:
    """Build every solid of the scene.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of Solid
        The scene.
    """
    solids = [
        box((-400, 0, -3), (400, 30, QUAY), "quay"),
        box(
            (-300, 12, -3),
            (300, 260, 54 + 18),
            "grass",
            [(-0.05, -0.30, 1, QUAY - 0.30 * 16), (-0.06, 0, 1, 54)],
        ),
        box(
            (-300, 40, -3),
            (300, 260, 120),
            "grass",
            [(0.16, -0.40, 1, QUAY - 0.40 * 46 - 0.16 * 26), (0.2, 0, 1, 66 - 0.2 * 34)],
        ),
    ]
    left = -46.0
    while left < 44:
        wide = rng.uniform(5.6, 8.6)
        if not -9 < left + wide / 2 < -3:  # a lane leads up to the church here
            solids += house(rng, left, 5 + rng.uniform(0, 0.8), QUAY, wide, rng.integers(3, 5))
            left += wide + rng.choice([0.0, 0.0, 0.12, 0.7])
        else:
            left += 3.4
    for front, low, high in ((24, 2, 4), (40, 2, 4), (58, 2, 3)):
        left = -60.0 - front * 0.3
        while left < 60 + front * 0.3:
            wide = rng.uniform(6, 10)
            if rng.random() < 0.8 - front * 0.004:
                y = front + rng.uniform(-2, 4)
                base = float(ground_height(np.float64(left), np.float64(y))) - 0.2
                solids += house(rng, left, y, base, wide, rng.integers(low, high))
            left += wide + rng.uniform(0.2, 4.5)
    solids += _church(5.0, 33.0) + _boats(rng)
    for x in TREES:
        solids.append(box((x - 0.15, 2.85, QUAY), (x + 0.15, 3.15, QUAY + 4.6), "bark"))
    for x in np.arange(-30, 34, 8.4):
        solids.append(box((x, 0.6, QUAY), (x + 0.14, 0.74, QUAY + 3.6), "iron"))
        solids.append(box((x - 0.16, 0.5, QUAY + 3.6), (x + 0.3, 0.86, QUAY + 4.15), "lamp"))
    return solids


def _church(x: float, y: float) -> list[Solid]:
    """Build a tower with a spire, and a nave beside it."""
    base = float(ground_height(np.float64(x), np.float64(y))) - 1
    w, top = 5.6, base + 25
    mid_x, mid_y = x + w / 2, y + w / 2
    stone = {
        "wall": rgb("cdbfa6") ** 2.2,
        "base": base,
        "left": x,
        "wide": w,
        "front": y,
        "eaves": top,
        "roof": rgb("5d6f6a") ** 2.2,
        "gable": True,
        "seed": 7,
    }
    steep = 4.2
    spire_top = top + steep * (w / 2 + 0.3)
    spire = [
        (steep, 0, 1, spire_top + steep * mid_x),
        (-steep, 0, 1, spire_top - steep * mid_x),
        (0, steep, 1, spire_top + steep * mid_y),
        (0, -steep, 1, spire_top - steep * mid_y),
    ]
    nave_mid = y + 6
    ridge = base + 19
    nave = [(0, 1.3, 1, ridge + 1.3 * nave_mid), (0, -1.3, 1, ridge - 1.3 * nave_mid)]
    return [
        box((x, y, base - 4), (x + w, y + w, top), "tower", **stone),
        box((x - 0.25, y - 0.25, top), (x + w + 0.25, y + w + 0.25, top + 0.5), "stone", **stone),
        box(
            (x - 0.3, y - 0.3, top + 0.5),
            (x + w + 0.3, y + w + 0.3, spire_top),
            "slate",
            spire,
            **stone,
        ),
        box((x + w, y + 0.6, base - 4), (x + w + 19, y + 11.4, ridge), "slate", nave, **stone),
        box(
            (x + w, y + 0.9, base - 4),
            (x + w + 18.8, y + 11.1, base + 11.5),
            "tower",
            **{**stone, "left": x + w, "wide": 19.0, "front": y + 0.9, "eaves": base + 11.5},
        ),
    ]


def _boats(rng: np.random.Generator) -> list[Solid]:
    """Moor some boats along the quay."""
    parts = []
    for x, y, long, tint in (
        (-21, -2.6, 6.4, "f2efe8"),
        (-11.5, -2.2, 4.6, "2f5a7a"),
        (8.5, -2.4, 5.2, "9a3a30"),
        (16.5, -3.2, 7.2, "e9e4d6"),
        (25.5, -2.2, 4.4, "3f6a4f"),
        (-3.0, -9.5, 5.0, "7a5236"),
    ):
        mid, half, top = x + long / 2, 0.95, 0.75
        # Raked stem and stern, flaring sides: planes lean outwards with height.
        cuts = [
            (0, 1, -0.5, y + half - 0.35),
            (0, -1, -0.5, -(y - half) - 0.35),
            (1, 0.9, -0.6, x + long + 0.9 * y - 0.25),
            (1, -0.9, -0.6, x + long - 0.9 * y - 0.25),
            (-1, 0.3, -0.3, -x + 0.3 * y),
            (-1, -0.3, -0.3, -x - 0.3 * y),
        ]
        colour = rgb(tint) ** 2.2
        parts.append(
            box((x - 1, y - 1.6, -0.3), (x + long + 1, y + 1.6, top), "hull", cuts, wall=colour)
        )
        if long > 6:
            parts.append(
                box(
                    (mid - 1.4, y - 0.55, top),
                    (mid + 0.8, y + 0.55, top + 1.0),
                    "cabin",
                    wall=rgb("e8e2d4") ** 2.2,
                )
            )
            parts.append(box((mid + 1.0, y - 0.05, top), (mid + 1.1, y + 0.05, top + 7.5), "iron"))
    return parts
