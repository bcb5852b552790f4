"""A bay on a summer evening, in dots of nearly pure colour."""

from __future__ import annotations

import numpy as np

from .brush import Brush, Canvas
from .fields import Array, fractal_noise, mix, pixel_grid, ramp, rgb, smoothstep, value_noise
from .finish import rake, shrink

HEIGHT, WIDTH = 1000, 1280
SHORE = 470.0  # the horizon


def _sky_and_sea(rng: np.random.Generator) -> Array:
    """Sky glowing towards a low sun, sea with its broken reflection."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    sun_y, sun_x = 355.0, 800.0
    away = np.hypot((y - sun_y) * 1.25, x - sun_x)
    cloud = fractal_noise(rng, y.shape, (70, 330), 4)
    glow = np.clip(1 - away / 820, 0, 1)
    colour = ramp(glow + 0.12 * (cloud - 0.5), ["4a7fc4", "6fa8d8", "a8cfd8", "f0d8a8", "f9c46a"])
    colour = mix(
        colour, ramp(glow, ["9a8fd0", "e8a8a8", "ffd9a0"]), 0.85 * smoothstep(0.52, 0.8, cloud)
    )
    colour[away < 66] = rgb("fffbd8")
    down = np.clip((y - SHORE) / 300, 0, 1)
    ripple = fractal_noise(rng, y.shape, (10, 80), 3)
    sea = ramp(
        0.35 + 0.5 * (ripple - 0.5) + 0.4 * (1 - down), ["1f4f8f", "2f77b0", "57a5b8", "a8cfc0"]
    )
    path = np.exp(-(((x - sun_x) / (48 + 210 * down)) ** 2))
    sea = mix(sea, rgb("ffcf72"), 0.95 * path * smoothstep(0.35, 0.62, ripple + 0.12 * path))
    return np.where((y > SHORE)[..., None], sea, colour)


def _headlands(scene: Array, rng: np.random.Generator) -> None:
    """Add far hills, seen through air."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    for base, rise, stops, reach in (
        (SHORE + 2, 120, ["7f86c0", "a79cc8", "d8b0b8"], 760),
        (SHORE + 10, 90, ["3f6a8f", "6a8f9a", "b8a878"], 420),
    ):
        crest = value_noise(rng, (1, WIDTH), (1, 150))[0] * 0.6 + 0.4
        top = base - rise * crest * smoothstep(reach, 40, x[0])
        tone = fractal_noise(rng, y.shape, (30, 60), 3)
        mask = (y > top) & (y < base)
        scene[mask] = ramp(tone, stops)[mask]


def _boats(scene: Array) -> None:
    """Add sails and their reflections."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    for row, col, tall, tint in (
        (512, 560, 120, "fff4e0"),
        (494, 1010, 70, "f4c9a0"),
        (500, 660, 56, "f8e8d8"),
        (545, 1140, 150, "ffe9d0"),
    ):
        up = (row - y) / tall
        main = (up > 0) & (up < 1) & (x - col > 2) & (x - col < 0.52 * tall * (1 - up))
        jib = (up > 0.03) & (up < 0.82) & (col - x > 2) & (col - x < 0.3 * tall * (0.82 - up))
        scene[main] = rgb(tint)
        scene[jib] = rgb(tint) * rgb("e0d0f0")
        hull = (np.abs(x - col - 4) < 0.4 * tall * (1 - 0.3 * (y - row) / 12)) & (y > row)
        scene[hull & (y < row + 0.1 * tall + 4)] = rgb("5a2f4a")
        glint = (y > row + 0.1 * tall + 4) & (y < row + 0.9 * tall)
        glint &= np.abs(x - col - 8 * np.sin(y / 7)) < 0.2 * tall * (1 - (y - row) / tall)
        scene[glint] = 0.45 * scene[glint] + 0.55 * rgb(tint)


def _meadow(scene: Array, rng: np.random.Generator) -> Array:
    """Add the sunlit shore in front with long shadows; return its mask."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    edge = 700 - 90 * smoothstep(500, 0, x) + 60 * np.sin(x / 330 + 0.8) + 24 * np.sin(x / 90)
    mask = y > edge
    patch = fractal_noise(rng, y.shape, (70, 210), 4)
    grass = ramp(
        patch * 0.8 + 0.25 * smoothstep(980, 640, y),
        ["2f6a4a", "4f8f3f", "9ab83f", "dcc850", "f4dc7a"],
    )
    sand = smoothstep(40, 8, y - edge)
    grass = mix(grass, rgb("f6dca8"), sand)
    # The tree and the walkers throw violet shadows towards us.
    slant = x + 0.55 * (y - 760)
    dapple = fractal_noise(rng, y.shape, (50, 110), 3)
    shade = smoothstep(430, 60, np.abs(slant - 60)) * smoothstep(0.25, 0.5, dapple + 0.2)
    shade = np.maximum(shade, smoothstep(16, 6, np.abs(slant - 700)) * (y > 800) * (y < 935))
    shade = np.maximum(shade, smoothstep(16, 6, np.abs(slant - 765)) * (y > 805) * (y < 930))
    grass = mix(grass, rgb("3a3f8a"), 0.72 * shade * (y > edge + 30))
    flowers = fractal_noise(rng, y.shape, 26, 2)
    grass = mix(grass, rgb("e85a4a"), 0.9 * smoothstep(0.84, 0.9, flowers) * (y > edge + 70))
    scene[mask] = grass[mask]
    return mask


def _walkers(scene: Array) -> None:
    """Add two strollers with parasols."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    for foot, col, tall, dress, shade in (
        (800, 690, 150, "f4ecf4", "e85a3a"),
        (806, 755, 138, "3a4f9f", "7a4fc0"),
    ):
        up = (foot - y) / tall
        skirt = (up > 0) & (up < 0.58) & (np.abs(x - col) < tall * (0.19 - 0.22 * up))
        bodice = (up >= 0.5) & (up < 0.78) & (np.abs(x - col) < tall * 0.075)
        head = np.hypot(y - foot + tall * 0.84, x - col) < tall * 0.058
        scene[skirt | bodice] = rgb(dress)
        scene[(skirt | bodice) & (x < col - 2)] = rgb(dress) * rgb("a8a0e0")
        scene[head] = rgb("e8b48a")
        dy, dx = y - (foot - tall * 0.96), x - col - 8
        dome = (np.hypot(dy * 1.7, dx) < tall * 0.33) & (dy < 0)
        scene[dome] = rgb(shade)
        scene[dome & (dx < -8)] = rgb(shade) * rgb("c080c0")


def _tree(scene: Array, rng: np.random.Generator) -> None:
    """Add a big tree on the left, lit through its leaves."""
    y, x = pixel_grid(HEIGHT, WIDTH)
    trunk = np.abs(x - 150 - 26 * np.sin(y / 150)) < 24 + 26 * smoothstep(700, 840, y)
    trunk &= (y > 260) & (y < 830)
    bark = ramp(
        smoothstep(100, 210, x) + 0.4 * (fractal_noise(rng, y.shape, (60, 16), 3) - 0.5),
        ["3a2a5a", "6a3f4a", "c87f4a"],
    )
    scene[trunk] = bark[trunk]
    field = np.full(y.shape, -1.0, np.float32)
    for row, col, size in (
        (110, 90, 210),
        (70, 300, 150),
        (240, 240, 140),
        (270, 20, 170),
        (180, 400, 95),
        (20, 470, 100),
        (360, 130, 90),
    ):
        field = np.maximum(field, 1 - np.hypot((y - row) * 1.25, x - col) / size)
    leaf = field + 0.55 * (fractal_noise(rng, y.shape, 64, 4) - 0.5) > 0.02
    clump = fractal_noise(rng, y.shape, 110, 4)
    tone = 0.75 * clump + 0.3 * smoothstep(0, 520, x) - 0.12 * smoothstep(100, 420, y) + 0.05
    leaves = ramp(tone, ["1f2f5f", "1f5a4f", "3f8a3f", "8fb83a", "e8d84a"])
    scene[leaf] = leaves[leaf]


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
    scene = _sky_and_sea(rng)
    _headlands(scene, rng)
    _boats(scene)
    _meadow(scene, rng)
    _walkers(scene)
    _tree(scene, rng)

    # Pure pigments: push the colours away from grey, more than nature would.
    grey = scene.mean(-1, keepdims=True)
    vivid = np.clip(grey + 1.35 * (scene - grey), 0, 1)
    canvas = Canvas(np.broadcast_to(rgb("e8dcc0"), scene.shape), rng)
    angle = 2 * np.pi * fractal_noise(rng, scene.shape[:2], 160, 3)
    everywhere = np.ones(scene.shape[:2], np.float32)
    canvas.cover(everywhere, vivid, angle, [Brush(26, 18, 1.6, 0.3, jitter=0.05)])
    pure = ("f28a2a", "2f5fd0", "e8508a", "f6dc3a", "2fa878", "8a4fc8")
    accents = np.stack([rgb(c) for c in pure])
    dots = Brush(16.5, 14.0, 1.6, 0.15, 1.5, jitter=0.045, wobble=0.6, dab=True)
    fine = Brush(11.5, 10, 0.75, 0.15, 1.5, jitter=0.07, wobble=0.6, dab=True)
    canvas.cover(everywhere, vivid, angle, [dots])
    # Complements flicker: a share of dots leans to another pigment altogether.
    spice = accents[rng.integers(len(accents), size=scene.shape[:2])]
    lively = vivid + 0.3 * (spice - spice.mean(-1, keepdims=True))
    canvas.cover(everywhere * 0.6, np.clip(lively, 0, 1), angle, [dots])
    canvas.cover(everywhere, np.clip(vivid * 1.04, 0, 1), angle, [fine])
    return shrink(rake(canvas.colour, canvas.relief, 0.26, 0.1))
