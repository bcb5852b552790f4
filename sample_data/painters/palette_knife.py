"""Birches by an autumn stream, in slabs of paint pressed on with a knife."""

from __future__ import annotations

import numpy as np

from .brush import Brush, Canvas
from .fields import Array, fractal_noise, mix, pixel_grid, ramp, rgb, smoothstep, value_noise
from .finish import rake, shrink

HEIGHT, WIDTH = 1280, 1040
BANK = 760.0  # where the far bank meets the water
Trees = tuple[tuple[float, float, float], ...]
# Column and row of the foot, and width: the far bank's birches, then the near ones.
FAR: Trees = (
    (470, 752, 16),
    (705, 756, 18),
    (400, 750, 13),
    (610, 748, 12),
    (880, 758, 24),
    (300, 758, 26),
)
NEAR: Trees = ((795, 1050, 46), (980, 985, 52), (205, 1000, 50), (70, 960, 64))
EMBERS = ["3a1238", "7a1f3a", "c4352a", "e8702a", "f4a83a", "f8d868"]


def _wood(rng: np.random.Generator) -> Array:
    """Foliage lit from behind, around a pale opening."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    clump = fractal_noise(rng, y.shape, (150, 130), 4)
    light = np.exp(-(((x - 560) / 230) ** 2) - (((y - 430) / 300) ** 2))
    colour = ramp(0.12 + 0.62 * clump + 0.35 * light, EMBERS)
    sky = ramp(fractal_noise(rng, y.shape, 120, 3), ["5a9ac0", "9accd0", "f4ecd0", "fbd890"])
    gaps = smoothstep(0.52, 0.72, fractal_noise(rng, y.shape, 110, 4) * 0.55 + 0.55 * light)
    colour = mix(colour, sky, gaps)
    cool = smoothstep(0.62, 0.85, fractal_noise(rng, y.shape, 170, 3)) * (1 - light)
    colour = mix(colour, ramp(clump, ["1a2a5a", "2a5a7a", "5a8a6a"]), 0.85 * cool)
    floor = smoothstep(BANK - 110, BANK - 50, y + 30 * (clump - 0.5))
    fallen = fractal_noise(rng, y.shape, (24, 90), 3)
    litter = ramp(fallen, ["5a1a3a", "a83a2a", "e08a2a", "f8c850"])
    return mix(colour, litter, floor)


def _water(wood: Array, rng: np.random.Generator) -> Array:
    """Mirror the wood in the stream, bluer and broken up."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    ripple = fractal_noise(rng, y.shape, (26, 150), 3)
    row = np.clip(2 * BANK - y + 60 * (ripple - 0.5), 0, HEIGHT - 1).astype(int)
    col = np.clip(x + 20 * (ripple - 0.5), 0, WIDTH - 1).astype(int)
    seen = wood[np.maximum(row, 0), col]
    deep = ramp(ripple, ["12204a", "1f4a7a", "3a8a9a", "a8d8d8"])
    return mix(seen * 0.92, deep, 0.3 + 0.55 * smoothstep(0.5, 0.8, ripple))


def _trunks(canvas: Canvas, trees: Trees, rng: np.random.Generator) -> None:
    """Drag white paint up the trunks, then scratch their marks and boughs."""
    slab = Brush(60, 22, bristle=0.16, load=1.7, wobble=0.04)
    edge = Brush(24, 7, bristle=0.1, load=1.4, wobble=0.3)
    flat = np.zeros(canvas.relief.shape, np.float32)

    def press(at: Array, angle: float, size: tuple[float, float], tint: str, knife: Brush) -> None:
        at = np.asarray(at, float).reshape(-1, 2)
        paint = np.repeat(rgb(tint)[None], len(at), 0)
        canvas.strokes(
            at,
            flat + angle,
            np.tile(size, (len(at), 1)),
            canvas.stray(paint, 0.05),
            canvas.stray(paint, 0.12),
            knife,
        )

    for col, foot, wide in trees:
        lean, bow = rng.normal(0, 46), rng.normal(0, 18)
        rows = np.arange(foot, -40, -34)
        up = (foot - rows) / foot
        cols = col + lean * up + bow * np.sin(up * 5)
        slim = wide * (1 - 0.45 * up)
        for row, at, w in zip(rows, cols, slim, strict=True):
            press((row, at + w * 0.30), np.pi / 2, (58, w * 0.55), "5a4a7a", slab)
            press((row, at - w * 0.05), np.pi / 2, (58, w * 0.62), "c8b8c8", slab)
            press((row, at - w * 0.26), np.pi / 2, (52, w * 0.5), "fbf2dc", slab)
            if rng.random() < 0.55:
                off = rng.uniform(-0.3, 0.25) * w
                press(
                    (row + rng.uniform(-14, 14), at + off),
                    rng.normal(0, 0.15),
                    (w * rng.uniform(0.4, 0.9), 4 + w * 0.10),
                    "241a34",
                    edge,
                )
        for _ in range(4):
            i = rng.integers(len(rows) // 3, len(rows))
            side = rng.choice([-1, 1])
            for k in range(1, 6):
                press(
                    (rows[i] - 20 * k, cols[i] + side * 17 * k),
                    -side * 0.86,
                    (34, max(3.0, 8 - k)),
                    "3a2a4a",
                    edge,
                )


def paint(rng: np.random.Generator) -> Array:
    """Paint the picture.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (height, width, 3)
        Colours in 0..1.
    """
    y, x = pixel_grid(HEIGHT, WIDTH)
    wood = _wood(rng)
    canvas = Canvas(np.broadcast_to(rgb("4a2038"), wood.shape), rng)
    accents = np.stack([rgb(c) for c in ("f8e8b0", "2a6a9a", "e0305a", "f4b02a", "2a1a4a")])
    # The knife changes direction from patch to patch, in a few decided angles.
    patch = np.floor(value_noise(rng, y.shape, 60) * 9)
    angle = (patch * 2.39 % np.pi).astype(np.float32)
    far = (y < BANK).astype(np.float32)
    canvas.cover(
        far,
        wood,
        angle,
        [
            Brush(92, 46, 1.7, 0.14, 1.2, 0.05, 0.25),
            Brush(54, 28, 1.6, 0.16, 1.7, 0.07, 0.3),
        ],
        accents,
    )
    level = (0.16 * np.sin(x / 120) + 0.1 * np.sin(y / 40)).astype(np.float32)
    water = _water(wood, rng)
    canvas.cover(
        1 - far,
        water,
        level,
        [
            Brush(130, 34, 1.8, 0.14, 1.2, 0.05, 0.06),
            Brush(84, 19, 1.5, 0.16, 1.6, 0.08, 0.08),
        ],
        accents,
    )
    _trunks(canvas, FAR, rng)
    bank = (np.abs(y - BANK + 12) < 20).astype(np.float32)
    canvas.cover(bank, wood * 0.55, level, [Brush(70, 18, 1.6, 0.15, 1.3)])
    near = y > 1080 - 0.42 * (520 - x) * (x < 520) - 0.36 * (x - 560) * (x > 560)
    near = near & (y > 800)
    leaves = ramp(fractal_noise(rng, y.shape, (60, 80), 4), EMBERS)
    leaves = mix(leaves, rgb("2a1838"), 0.5 * smoothstep(1080, 1280, y))
    carpet = near.astype(np.float32)
    small = Brush(40, 19, 1.1, 0.16, 1.8, 0.09, 0.5)
    canvas.cover(carpet, leaves, angle, [Brush(70, 34, 1.7, 0.14, 1.4, 0.06, 0.4), small], accents)
    _trunks(canvas, NEAR, rng)
    feet = np.zeros_like(y)
    for col, foot, wide in NEAR:
        away = np.hypot((y - foot - 22) / 34, (x - col) / (wide * 1.2))
        feet = np.maximum(feet, smoothstep(1.2, 0.7, away))
    canvas.cover(feet * carpet, leaves, angle, [small, small], accents)
    # Last, loose leaves in front of everything.
    drift = fractal_noise(rng, y.shape, 120, 3)
    canvas.cover(
        (0.75 * smoothstep(0.5, 0.8, drift) * (y < 700)).astype(np.float32),
        ramp(0.35 + 0.7 * drift, EMBERS),
        angle,
        [Brush(30, 17, 0.8, 0.16, 1.9, 0.1, 0.6)],
    )
    return shrink(rake(canvas.colour, canvas.relief, 0.30, 0.2))
