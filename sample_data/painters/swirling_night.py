"""A lakeside village under a swirling night sky, in thick bristle strokes."""

from __future__ import annotations

import numpy as np

from .brush import Brush, Canvas
from .fields import Array, fractal_noise, mix, pixel_grid, ramp, rgb, smoothstep, value_noise
from .finish import rake, shrink

HEIGHT, WIDTH = 1056, 1280
NIGHT = ["0b1440", "13236b", "1b3f9a", "2a62b8", "4b8fca", "8dc0d2", "dfe6cf"]
# (row, column, radius of the disc): the first one is the moon.
LIGHTS = [
    (190, 300, 52),
    (95, 640, 17),
    (330, 560, 13),
    (120, 905, 22),
    (300, 1130, 18),
    (60, 1180, 13),
    (430, 130, 16),
    (60, 90, 14),
    (430, 800, 12),
]
# (row, column, size, spin): eddies of the wind.
EDDIES = [(300, 800, 105, 1), (215, 960, 62, -1), (390, 420, 70, -1), (120, 470, 50, 1)]


def _sky(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return colours and stroke directions of the sky."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    shape = (HEIGHT, WIDTH)
    stream = y + 34 * np.sin(x / 170 + y / 260) + 60 * (fractal_noise(rng, shape, 420, 2) - 0.5)
    for row, col, size, spin in EDDIES:
        away = ((y - row) ** 2 + (x - col) ** 2) / size**2
        stream += spin * 3.4 * size * np.exp(-away / 2)
    slope_y, slope_x = np.gradient(stream)
    angle = np.arctan2(-slope_x, slope_y)
    for row, col, size, spin in EDDIES:
        # Turning the strokes inwards makes spirals of what would be closed rings.
        away = ((y - row) ** 2 + (x - col) ** 2) / size**2
        angle += spin * 0.22 * np.exp(-away / 3)

    # Bands of colour follow the streamlines, as if the paint were dragged along.
    line = value_noise(rng, (1, 4096), (1, 15))[0]
    wide = value_noise(rng, (1, 4096), (1, 60))[0]
    at = np.clip(stream + 600, 0, 4095)
    band = 0.55 * np.interp(at, np.arange(4096), line) + 0.45 * np.interp(at, np.arange(4096), wide)
    drift = fractal_noise(rng, shape, 300, 3)
    tone = 0.02 + 0.78 * band**1.3 + 0.16 * drift + 0.24 * smoothstep(200, 620, y)
    for row, col, size, _ in EDDIES:
        tone += 0.13 * np.exp(-((y - row) ** 2 + (x - col) ** 2) / (1.5 * size) ** 2)
    colour = ramp(tone - 0.12, NIGHT)
    green = fractal_noise(rng, shape, 180, 3)
    return mix(colour, colour * rgb("b8f0c0") + 0.03, 0.6 * smoothstep(0.6, 0.9, green)), angle


def _lights(colour: Array, angle: Array, rng: np.random.Generator) -> Array:
    """Paint halos into `colour` and bend `angle` around them, both in place."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    glow = np.zeros((HEIGHT, WIDTH), np.float32)
    frayed = 0.9 + 0.5 * (fractal_noise(rng, glow.shape, 34, 3) - 0.5)
    for i, (row, col, disc) in enumerate(LIGHTS):
        dy, dx = y - row, x - col
        away = np.hypot(dy, dx) / disc
        reach = 3.0 if i == 0 else 4.6
        inside = (away < reach * frayed) & (away > 0.75)
        halo = np.clip(1 - away / (reach * frayed), 0, 1)
        rings = 0.75 + 0.25 * np.cos(away * (7.5 if i == 0 else 4.6))
        shine = ramp(
            halo**0.75 * rings, ["2a62b8", "7fb7b4", "d8d58a", "f2c230", "f6dc62", "fff6cf"]
        )
        weight = smoothstep(0.0, 0.42, halo)
        colour[inside] = mix(colour, shine, weight)[inside]
        # A slight outward drift makes the halo radiate instead of closing on itself.
        turn = np.arctan2(dx, -dy) + 0.18
        angle[inside] = turn[inside]
        glow = np.maximum(glow, weight)
        core = away < 1
        colour[core] = rgb("ffe98a") if i == 0 else rgb("fff6d0")
        if i == 0:
            limb = core & (np.hypot(dy + 8, dx - 22) / disc < 0.86)
            colour[limb] = rgb("fff9e0")
    return glow


def _sparks(canvas: Canvas) -> None:
    """Set a few loaded dabs of near white on every star and on the moon."""
    rng = canvas.rng
    thick = Brush(16, 9, bristle=0.4, load=1.8, wobble=1.2)
    angle = np.zeros(canvas.relief.shape, np.float32)
    for i, (row, col, disc) in enumerate(LIGHTS):
        count = 26 if i == 0 else 6
        at = rng.normal(0, disc * (0.36 if i == 0 else 0.32), (count, 2)) + np.array([row, col])
        paint = np.repeat(rgb("fff7dc")[None], count, 0)
        size = np.tile((disc * (0.5 if i == 0 else 1.1) + 4, disc * 0.16 + 6), (count, 1))
        canvas.strokes(at, angle, size, canvas.stray(paint, 0.03), canvas.stray(paint, 0.1), thick)


def _land(rng: np.random.Generator) -> list[tuple[Array, Array, Array]]:
    """Return (mask, colour, angle) of each ridge of hills, far to near."""
    y, _ = pixel_grid(HEIGHT, WIDTH)
    layers = []
    tints = (
        ["20397e", "3a63a6", "6a9dbb"],
        ["14245a", "27508a", "3f8a86"],
        ["0c1a3a", "1c4a50", "4d8a52"],
    )
    for i, (base, rise, stops) in enumerate(zip((560, 610, 668), (75, 60, 36), tints, strict=True)):
        crest = value_noise(rng, (1, WIDTH), (1, 330 - 60 * i))[0]
        fine = value_noise(rng, (1, WIDTH), (1, 70))[0]
        top = base - rise * (1.8 * crest - 0.5) - 12 * fine
        depth = (y - top) / 110
        slope = np.gradient(top)[None, :] * np.exp(-np.clip(depth, 0, None))
        angle = np.arctan2(slope, 1.0) + 0.5 * (fractal_noise(rng, y.shape, 90, 2) - 0.5)
        tone = 0.9 * fractal_noise(rng, y.shape, (26, 90), 3) + 0.3 * np.exp(-((depth * 9) ** 2))
        layers.append(((depth > 0).astype(np.float32), ramp(tone, stops), angle))
    return layers


def _village(canvas: Canvas, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Paint the houses with a small flat brush; return where the lamps are."""
    flat = Brush(16, 7, bristle=0.35, load=0.8, wobble=0.05)
    level = np.zeros((HEIGHT, WIDTH), np.float32)
    lamps = []

    def dab(points: Array, slant: float, size: tuple[float, float], colour: str) -> None:
        at = np.asarray(points, np.float64).reshape(-1, 2)
        paint = np.repeat(rgb(colour)[None], len(at), 0)
        one, two = canvas.stray(paint, 0.06), canvas.stray(paint, 0.12)
        canvas.strokes(at, level + slant, np.tile(size, (len(at), 1)), one, two, flat)

    for i, col in enumerate(np.linspace(60, 990, 30) + rng.normal(0, 16, 30)):
        base = 706 + rng.normal(0, 9)
        wide, tall = rng.uniform(26, 46), rng.uniform(20, 36)
        if i == 13:
            wide, tall = 22, 92
        wall = rng.choice(["5c7ca8", "8a8fa0", "3f5f92", "a3977c", "6f86a8"])
        rows = np.arange(base - tall, base, 5)
        dab([(r, col + wide / 2) for r in rows], 0.0, (wide, 8), wall)
        roof = rng.choice(["7a3b32", "22305f", "93492f", "2d2a4e", "54406a"])
        peak = wide * 0.55
        for u in np.linspace(0, 1, 6):
            row = base - tall - peak * u
            dab((row, col + wide / 2), 0.0, ((wide + 8) * (1 - u) + 3, 7), roof)
        dab((base - tall - peak / 2, col + wide * 0.22), -0.83, (peak * 1.5, 4), "0e1838")
        for _ in range(rng.integers(1, 4)):
            row, at = base - rng.uniform(5, tall), col + rng.uniform(6, wide - 6)
            dab((row, at), np.pi / 2, (9, 6), rng.choice(["ffd24a", "ffb52e", "ffe89a"]))
            lamps.append((base, at))
    return lamps


def _lake(lamps: list[tuple[float, float]], rng: np.random.Generator) -> tuple[Array, Array]:
    """Return colours and directions of the water, with the lamps in it."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    ripple = fractal_noise(rng, y.shape, (13, 110), 3)
    colour = ramp(0.8 * ripple + 0.12 * smoothstep(1000, 720, y), NIGHT[:-1])
    for row, col in lamps:
        fall = np.exp(-(((y - row) / 120) ** 2))
        near = np.exp(-(((x - col) / (5 + (y - row) * 0.05)) ** 2))
        colour = mix(colour, rgb("f5b93c"), 0.85 * fall * near * smoothstep(0.35, 0.6, ripple))
    row, col, disc = LIGHTS[0]
    path = np.exp(-(((x - col) / (disc * 0.7 + (y - 700) * 0.12)) ** 2))
    colour = mix(colour, rgb("f4e7a2"), 0.8 * path * smoothstep(0.45, 0.7, ripple))
    return colour, 0.18 * np.sin(x / 90 + y / 23) + 0.25 * (ripple - 0.5)


def _trees(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return mask, colour and direction of the poplars and the near bank."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    mask = np.zeros(y.shape, np.float32)
    angle = np.full(y.shape, -np.pi / 2, np.float32)
    shape_noise = fractal_noise(rng, y.shape, 70, 3) - 0.5
    side = np.zeros(y.shape, np.float32)
    for foot, top, bulge, lean, shift in (
        (1178, 170, 78, -14, 0.1),
        (1062, 330, 58, 20, -0.55),
        (985, 590, 40, 20, 0.0),
    ):
        u = np.clip((y - top) / (1000 - top), 0, 1)
        axis = foot + lean * np.sin(u * 5.5) + 26 * shape_noise
        half = bulge * np.clip(np.sin(np.pi * u**0.72), 0, 1) ** 0.8 + 3
        rel = (x - axis) / half
        inside = (np.abs(rel) < 1) & (y > top)
        mask[inside] = 1
        angle[inside] = (-np.pi / 2 + 0.55 * rel + 0.5 * np.sin(y / 42 + rel * 2))[inside]
        side[inside] = (1.15 * rel * np.abs(rel) + shift)[inside]
    edge = 955 - 60 * smoothstep(500, 1280, x) + 26 * value_noise(rng, (1, WIDTH), (1, 120))
    bank = y > edge
    mask[bank] = 1
    angle[bank] = (-1.2 + 0.9 * (value_noise(rng, y.shape, 60) - 0.5))[bank]
    tone = 0.7 * fractal_noise(rng, y.shape, (80, 22), 3) - 0.26 * side + 0.1
    tone -= 0.25 * smoothstep(20, 90, y - edge)
    return mask, ramp(tone, ["071018", "0d2a2c", "1d4a35", "4b6b34", "a08a3c"]), angle


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
    sky, flow = _sky(rng)
    glow = _lights(sky, flow, rng)
    y, _ = pixel_grid(HEIGHT, WIDTH)
    canvas = Canvas(np.broadcast_to(rgb("2a3a6a"), sky.shape), rng)
    accents = np.stack([rgb(c) for c in ("e8ecd8", "0a1038", "e0b040", "59b8b0")])

    above = (y < 700).astype(np.float32)
    canvas.cover(
        above,
        sky,
        flow,
        [
            Brush(120, 24, 1.6, jitter=0.05),
            Brush(72, 13, 1.7, jitter=0.07),
            Brush(46, 8.5, 1.1, load=1.3, jitter=0.09),
        ],
        accents,
    )
    canvas.cover(above * glow, sky, flow, [Brush(30, 9, 1.8, load=1.5, jitter=0.06)])
    _sparks(canvas)
    for mask, colour, angle in _land(rng):
        canvas.cover(
            mask * (y < 740),
            colour,
            angle,
            [Brush(58, 15, 1.8), Brush(36, 8, 1.5, jitter=0.08)],
            accents[1:],
        )
    lamps = _village(canvas, rng)
    water, waves = _lake(lamps, rng)
    lake = (y > 722).astype(np.float32)
    canvas.cover(lake, water, waves, [Brush(90, 16, 1.8), Brush(50, 9, 1.8, load=1.2)], accents[1:])
    mask, leaves, angle = _trees(rng)
    canvas.cover(
        mask,
        leaves,
        angle,
        [Brush(70, 15, 2.0), Brush(50, 9, 1.8, jitter=0.08, load=1.3)],
        accents[1:],
    )
    return shrink(rake(canvas.colour, canvas.relief, 0.34, 0.16))
