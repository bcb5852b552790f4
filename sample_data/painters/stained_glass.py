"""A wisteria by a river at sunset, in leaded opalescent glass."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from .fields import Array, fractal_noise, pixel_grid, ramp, rgb, smoothstep, value_noise
from .finish import shrink

HEIGHT, WIDTH = 1280, 960
SHORE = 800.0

GLASS = {
    "sky": ["f9e7a0", "f6b44a", "e8793a", "c4506a", "6a4a9a", "2f4f9f", "1f3f86"],
    "sun": ["fbe48a", "f9d468", "f6c24a"],
    "far": ["8f7fc0", "5a6ab0", "7a5a9a", "4a5a9a"],
    "hill": ["2f7f6a", "4f9a4a", "1f6a5f", "86a83f"],
    "river": ["1f6fa0", "2f9ab0", "6fc0c0", "f4b860", "2a5a9a"],
    "bank": ["3f6a2a", "6a8a2f", "2a5a3f", "a09a3a"],
    "trunk": ["4a2a1f", "6f4020", "8a5a2a", "38201c"],
    "bloom": ["5a3fb8", "8a4fc8", "a868d8", "d890e0", "f0c0e8", "c860b8"],
    "leaf": ["4f9a3a", "8fb83a", "2a7a4a", "c8c84a"],
}
KINDS = list(GLASS)


class _Cartoon:
    """The full-size drawing: which piece and which kind of glass lies where."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        y, x = pixel_grid(HEIGHT, WIDTH)
        shape = (HEIGHT, WIDTH)
        # Hand-drawn lines: nothing is quite straight or quite round.
        self.y = y + 26 * (fractal_noise(rng, shape, 190, 2) - 0.5)
        self.x = x + 26 * (fractal_noise(rng, shape, 190, 2) - 0.5)
        self.piece = np.zeros(shape, np.int64)
        self.kind = np.zeros(shape, np.int32)
        self.tone = np.zeros(shape, np.float32)
        self.serial = 1

    def put(self, mask: Array, kind: str, cells: Array, tone: Array) -> None:
        """Fill `mask` with pieces, one for each value of `cells`."""
        _, local = np.unique(cells[mask], return_inverse=True)
        self.piece[mask] = local.ravel() + self.serial
        self.serial += int(local.max(initial=0)) + 1
        self.kind[mask] = KINDS.index(kind)
        self.tone[mask] = tone[mask]

    def bands(self, across: Array, along: Array, pitch: float, length: float) -> Array:
        """Give numbers to cells in bands `pitch` wide, cut across about every `length`."""
        row = np.floor(across / pitch + 0.22 * np.sin(along / length * 1.7)).astype(np.int64)
        row -= row.min()
        count = int(row.max()) + 1
        start, pace = self.rng.random(count), self.rng.uniform(0.7, 1.4, count)
        col = np.floor(along / (length * pace[row]) + start[row]).astype(np.int64)
        return row * 4096 + col

    def cells(self, mask: Array, spacing: float, stretch: float) -> Array:
        """Give numbers to Voronoi cells, `stretch` times as tall as wide."""
        count = int(HEIGHT * WIDTH / spacing**2)
        seeds = self.rng.random((count, 2)) * (HEIGHT / stretch, WIDTH)
        _, near = cKDTree(seeds).query(
            np.stack([self.y.ravel() / stretch, self.x.ravel()], 1).astype(np.float64)
        )
        return near.reshape(mask.shape).astype(np.int64)


def _draw(rng: np.random.Generator) -> _Cartoon:
    """Draw sky, hills, river, banks and the tree, back to front."""
    c = _Cartoon(rng)
    y, x = c.y, c.x
    sun_y, sun_x = 640.0, 610.0
    away = np.hypot(y - sun_y, x - sun_x)
    turn = np.arctan2(y - sun_y, x - sun_x)
    everywhere = np.ones(y.shape, bool)
    c.put(everywhere, "sky", c.bands(away**0.86, turn * 230, 36, 100), np.clip(away / 760, 0, 1))
    c.put(away < 92, "sun", np.zeros(y.shape), np.full(y.shape, 0.3, np.float32))

    ridges = (("far", 690, 120), ("far", 740, 90), ("hill", 775, 70))
    for i, (kind, base, rise) in enumerate(ridges):
        crest = value_noise(rng, (1, WIDTH), (1, 260 - 40 * i))[0]
        top = base - rise * np.interp(x, np.arange(WIDTH), crest)
        mask = y > top
        c.put(
            mask,
            kind,
            c.bands(y - top, x + 0.5 * y, 44, 120),
            np.clip(0.3 + (y - top) / 160, 0, 1).astype(np.float32),
        )
    swell = 16 * np.sin(x / 120 + y / 60)
    near = np.clip((y - SHORE) / 480, 0, 1)
    glint = np.exp(-(((x - sun_x) / (60 + 170 * near)) ** 2))
    c.put(
        y > SHORE,
        "river",
        c.bands(330 * np.sqrt(near) + swell, x, 34, 150),
        np.clip(0.18 + 0.62 * glint, 0, 1),
    )
    left = 905 + 0.00042 * (x - 40) ** 2 * np.where(x > 40, 1, 0.2) + 20 * np.sin(x / 70)
    c.put(y > left, "bank", c.bands(y - left, x, 52, 110), np.clip((y - left) / 300, 0, 1))
    right = 1000 + 0.0016 * (960 - x) ** 2
    c.put(y > right, "bank", c.bands(y - right, x, 46, 90), np.clip((y - right) / 200, 0, 1))
    _tree(c)
    return c


def _tree(c: _Cartoon) -> None:
    """Draw the trunk, its boughs and the hanging blossom."""
    y, x = c.y, c.x
    up = np.clip((1090 - y) / 900, 0, 1)
    axis = 190 + 90 * np.sin(up * 4.0) + 60 * up
    half = 52 * (1 - 0.62 * up) + 60 * np.exp(-(((y - 1080) / 60) ** 2))
    trunk = (np.abs(x - axis) < half) & (y > 210) & (y < 1095)
    round_ = np.clip((x - axis) / 90 + 0.5, 0, 1)
    c.put(trunk, "trunk", c.bands(x - axis + 400, y, 34, 130), round_)
    boughs = ((420, -150, 620, 24), (300, -90, 420, 20), (520, -110, -230, 20))
    for row, bow, reach, thick in boughs:
        t = np.clip((x - 240) / reach, 0, 1)
        mid = row + bow * np.sin(t * 2.2) * 0.9 + 24 * np.sin(t * 9)
        mask = (np.abs(y - mid) < thick * (1.15 - t)) & (t > 0) & (t < 1)
        c.put(mask, "trunk", np.floor(t * 5), t)
    canopy = fractal_noise(c.rng, y.shape, 150, 2)
    lower = 210 + 70 * np.sin(x / 84 + 1) + 130 * (canopy - 0.4) - 0.00034 * (x - 330) ** 2
    mask = y < lower
    c.put(mask, "leaf", c.cells(mask, 46, 0.9), canopy)
    bunches = [
        (60, 240, 62, 250),
        (170, 300, 66, 300),
        (300, 250, 60, 240),
        (420, 230, 70, 330),
        (540, 190, 60, 230),
        (655, 170, 64, 290),
        (770, 140, 58, 220),
        (880, 120, 62, 270),
        (-5, 330, 60, 240),
        (120, 60, 70, 210),
        (365, 60, 70, 170),
        (600, 40, 70, 180),
        (720, 30, 60, 150),
        (250, 90, 60, 170),
        (490, 70, 56, 150),
        (835, 20, 60, 140),
    ]
    for col, row, wide, tall in bunches:
        u = (y - row) / tall
        width = wide * np.clip(np.sin(np.pi * np.clip(u * 0.93 + 0.07, 0, 1) ** 0.55), 0, 1) ** 0.8
        bunch = (np.abs(x - col - 12 * np.sin(u * 4 + col)) < width) & (u > 0) & (u < 1)
        c.put(bunch, "bloom", c.cells(bunch, 31, 0.85), np.clip(1 - u, 0, 1).astype(np.float32))


def _glass(c: _Cartoon, rng: np.random.Generator) -> Array:
    """Give each piece its own sheet of streaky, rippled, backlit glass."""
    shape = c.piece.shape
    count = int(c.piece.max()) + 1
    first = np.zeros(count, np.int64)
    flat, order = np.unique(c.piece, return_index=True)
    first[flat] = order
    kind = c.kind.ravel()[first]
    tone = np.bincount(c.piece.ravel(), c.tone.ravel(), count) / np.maximum(
        np.bincount(c.piece.ravel(), minlength=count), 1
    )
    one, two = np.zeros((count, 3), np.float32), np.zeros((count, 3), np.float32)
    for i, name in enumerate(KINDS):
        mine = kind == i
        spread = 0.05 if name == "sky" else 0.26
        at = tone[mine] + rng.normal(0, spread, mine.sum())
        one[mine] = ramp(np.clip(at, 0, 1), GLASS[name])
        two[mine] = ramp(np.clip(at + rng.normal(0, spread + 0.1, mine.sum()), 0, 1), GLASS[name])
    # Streaks run another way in every piece: read one noise sheet along turned axes.
    sheet = fractal_noise(rng, (1024, 1024), (34, 170), 4)
    turn = rng.uniform(0, np.pi, count)[c.piece]
    shift = rng.integers(1024, size=(2, count))[:, c.piece]
    y, x = pixel_grid(*shape)
    r = (y * np.cos(turn) - x * np.sin(turn) + shift[0]).astype(int) % 1024
    s = (y * np.sin(turn) + x * np.cos(turn) + shift[1]).astype(int) % 1024
    streak = ndimage.gaussian_filter(sheet, 1.0)[r, s]
    colour = one[c.piece] + (two - one)[c.piece] * smoothstep(0.2, 0.8, streak)[..., None]
    wisp = smoothstep(0.6, 1.0, sheet[s, r])
    colour = colour + 0.22 * wisp[..., None] * (rgb("fff6e8") - colour)
    # Rolled glass is uneven: its ripples bend the light behind it.
    ripple = fractal_noise(rng, shape, 26, 3)
    gy, gx = np.gradient(ndimage.gaussian_filter(ripple, 1.5))
    hammered = 1 + 4.0 * (gy - gx)
    pebble = ndimage.gaussian_filter(fractal_noise(rng, shape, 9, 2), 1.0)
    py, px = np.gradient(pebble)
    # Some sheets are smooth, some pebbled like cathedral glass, some full of seeds.
    make = rng.random(count)[c.piece]
    hammered = hammered + 2.4 * smoothstep(0.35, 0.8, make) * (py - px)
    seeds = smoothstep(0.93, 0.98, value_noise(rng, shape, 6)) * (make < 0.5)
    hammered = np.clip(hammered + 0.35 * seeds, 0.55, 1.6)
    light = 0.86 + 0.38 * fractal_noise(rng, shape, 420, 2)
    level = rng.normal(1.0, 0.08, count)[c.piece]
    return colour * (hammered * light * level)[..., None]


def paint(rng: np.random.Generator) -> Array:
    """Make the window.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (height, width, 3)
        Colours in 0..1.
    """
    c = _draw(rng)
    glass = _glass(c, rng)

    def edges(ids: Array) -> Array:
        edge = np.zeros(ids.shape, bool)
        edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
        edge[1:] |= ids[1:] != ids[:-1]
        return ndimage.distance_transform_edt(~edge).astype(np.float32)

    worn = 2.4 * (fractal_noise(rng, c.piece.shape, 40, 3) - 0.5)
    thin = edges(c.piece) - 3.3 + worn * 0.8
    main = edges(c.kind) - 5.4 + worn
    inside = ndimage.gaussian_filter(np.minimum(thin, main), 1.6)
    lead = smoothstep(1.0, -1.0, inside)
    # Putty and dirt gather along the lead and darken the rim of each piece.
    glass = glass * (0.72 + 0.40 * smoothstep(0, 13, inside))[..., None]
    halo = np.stack([ndimage.gaussian_filter(glass[..., i] * (1 - lead), 12) for i in range(3)], -1)
    glass = glass + 0.22 * halo
    profile = np.sqrt(np.clip(-inside, 0, 7) / 7)
    gy, gx = np.gradient(ndimage.gaussian_filter(profile, 1.2))
    rough = fractal_noise(rng, c.piece.shape, 12, 4)
    metal = 0.10 + 0.10 * rough + np.clip(-(gy + gx) * 0.9, -0.08, 0.3)
    came = np.clip(metal, 0.02, 1)[..., None] * rgb("c8c4c0") + 0.26 * halo
    return shrink(np.clip(glass * (1 - lead[..., None]) + came * lead[..., None], 0, 1))
