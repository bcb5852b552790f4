"""A pine above a mountain lake, cut in wood and printed from three blocks."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .fields import (
    Array,
    fractal_noise,
    mix,
    pixel_grid,
    rgb,
    smoothstep,
    value_noise,
    warp,
)
from .finish import shrink

HEIGHT, WIDTH = 1280, 1000


def gouge(rows: Array, along: Array, width: Array, cut: float, rng: np.random.Generator) -> Array:
    """Carve rows of tapering grooves and return how far inside a groove each pixel is.

    Parameters
    ----------
    rows : ndarray
        Coordinate across the grooves; each whole number starts a new row.
    along : ndarray
        Coordinate along the grooves, in pixels.
    width : ndarray
        Share of the row to cut away, 0 (solid ink) to 1 (bare paper).
    cut : float
        Mean length of a groove in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray
        Positive inside a groove, in units of a row.
    """
    row = np.floor(rows).astype(np.int64)
    row -= row.min()
    count = int(row.max()) + 1
    start = rng.random(count)[row]
    pace = rng.uniform(0.75, 1.35, count)[row]
    force = rng.normal(1.0, 0.13, count)[row]
    piece = along / (cut * pace) + start
    spot = piece - np.floor(piece)
    # A gouge goes in steeply and leaves flat, so the taper is longer at one end.
    taper = np.clip(np.minimum(spot / 0.1, (1 - spot) / 0.34), 0, 1) ** 0.6
    # Where everything is cut away there must be no bridges of ink between pieces.
    taper = np.maximum(taper, smoothstep(0.72, 0.95, width))
    across = np.abs(rows - np.floor(rows) - 0.5)
    return (0.5 * width * force * taper - across).astype(np.float32)


class _Block:
    """Collect grooves region by region into the key block."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.y, self.x = pixel_grid(HEIGHT, WIDTH)
        shape = self.y.shape
        self.shake_y = 9 * (fractal_noise(rng, shape, 90, 3) - 0.5)
        self.shake_x = 9 * (fractal_noise(rng, shape, 90, 3) - 0.5)
        self.bare = np.zeros(shape, np.float32)  # groove depth in pixels, > 0 is paper

    def carve(
        self, mask: Array, rows: Array, along: Array, width: Array, pitch: float, cut: float
    ) -> None:
        """Replace the block inside `mask` by grooves `pitch` pixels apart."""
        depth = gouge(rows / pitch, along, width, cut, self.rng) * pitch
        self.bare = np.where(mask, depth, self.bare)

    def line(self, mask: Array) -> None:
        """Leave a solid line of ink."""
        self.bare = np.where(mask, -8.0, self.bare).astype(np.float32)


PEAKS = [
    # column, row, steepness, haze: far ones first
    (905, 470, 0.62, 0.2),
    (190, 500, 0.60, 0.2),
    (520, 405, 0.74, 0.16),
    (800, 545, 0.72, 0.06),
    (330, 520, 0.78, 0.04),
    (40, 590, 0.62, 0.0),
    (985, 610, 0.60, 0.0),
    (600, 640, 0.55, 0.0),
]


def _mountains(block: _Block, rng: np.random.Generator) -> tuple[Array, Array]:
    """Carve the peaks; return how sunlit each place is, and the mask of them all."""
    y, x = block.y, block.x
    lit = np.zeros(y.shape, np.float32)
    land = np.zeros(y.shape, bool)
    cols = x[0]
    for col, row, steep, haze in PEAKS:
        crag = fractal_noise(rng, (1, WIDTH), (1, 110), 5, 0.6)[0] - 0.5
        far = np.abs(cols - col)
        top = row + steep * np.where(cols < col, 1.0, 0.88) * far**0.97
        top = (top + 50 * crag * np.clip(far / 60, 0, 1)).astype(np.float32)
        mask = (y > top) & (y < 790)
        down = y - row
        # A wandering spur parts the lit side from the shaded one.
        bend = fractal_noise(rng, (HEIGHT, 1), (90, 1), 4) - 0.5
        spur = col + 120 * bend * np.clip(down / 90, 0, 1) + 0.12 * down
        side = x - spur
        folds = fractal_noise(rng, y.shape, (170, 70), 4)
        shade = smoothstep(-5, 5, side)
        light = (1 - shade) * (0.70 + 0.8 * (folds - 0.42)) + shade * (0.22 + 0.75 * (folds - 0.45))
        light = np.clip(light + haze + 0.3 * smoothstep(640, 790, y), 0.0, 0.97)
        # Grooves run down the slope on both sides, wavering like the rock beneath.
        lean = np.where(side < 0, 0.75, -0.62) * steep
        rows = side + lean * down + 26 * (fractal_noise(rng, y.shape, (60, 120), 2) - 0.5)
        block.carve(mask, rows + block.shake_x, down + block.shake_y, light, 11.5, 85)
        block.line(mask & (y - top < 5 + 2 * np.sin(x / 31)))
        lit = np.where(mask, light * (1 - shade), lit)
        land |= mask
    return lit, land


def _sky(block: _Block, sun: tuple[float, float, float]) -> Array:
    """Carve a sky of long grooves that part around the sun; return cloud mask."""
    y, x, rng = block.y, block.x, block.rng
    away = np.hypot(y - sun[0], x - sun[1])
    rows = y + 20 * np.sin(x / 120 + y / 170) + 14 * np.sin(x / 53 - y / 90)
    cloud = fractal_noise(rng, y.shape, (70, 260), 4)
    cloud = smoothstep(0.56, 0.6, cloud + 0.1 * np.sin(rows / 26))
    width = 0.42 + 0.4 * smoothstep(60, 420, y) + 0.12 * np.sin(rows / 55)
    width = np.maximum(width, 0.99 * cloud)
    block.carve(np.ones(y.shape, bool), rows + block.shake_y, x, np.clip(width, 0.1, 1), 13, 210)
    rays = 15.0 * 96 * np.arctan2(y - sun[0], x - sun[1]) / (2 * np.pi)
    halo = (away > sun[2] + 6) & (away < sun[2] + 92 + 16 * np.sin(rays / 40))
    block.carve(halo, rays, away, np.full(y.shape, 0.66, np.float32), 15, 1e4)
    block.bare = np.where(away < sun[2], 8.0, block.bare).astype(np.float32)
    block.line(np.abs(away - sun[2]) < 3.5)
    return cloud


def _lake(block: _Block, sun: tuple[float, float, float]) -> None:
    """Carve water: grooves get wider and longer towards the viewer and the sun."""
    y, x, rng = block.y, block.x, block.rng
    near = np.clip((y - 790) / 490, 0, 1)
    rows = 90 * np.log1p(near * 4.2) * 4.2
    swell = fractal_noise(rng, y.shape, (60, 240), 3)
    rows = rows + 26 * swell + 5 * np.sin(x / (26 + 60 * near) + y / 17)
    path = np.exp(-(((x - sun[1]) / (70 + 190 * near)) ** 2))
    width = 0.3 + 0.5 * path + 0.5 * (swell - 0.5) + 0.12 * (1 - near)
    width *= 1 - 0.75 * smoothstep(830, 795, y) * (1 - path)
    block.carve(y > 790, rows + block.shake_y * 0.6, x, np.clip(width, 0.05, 0.9), 13, 130)
    block.line(np.abs(y - 790) < 3)


def _pine(block: _Block, rng: np.random.Generator) -> Array:
    """Carve the near bank and the pine; return their mask."""
    y, x = block.y, block.x
    solid = np.zeros(y.shape, bool)
    bank = y > 1130 - 150 * smoothstep(560, 0, x) + 26 * value_noise(rng, (1, WIDTH), (1, 60))
    sway = fractal_noise(rng, y.shape, 40, 3)
    broad = fractal_noise(rng, y.shape, 190, 2)
    rows = x - 0.35 * y + 90 * broad
    block.carve(bank, rows, y + 30 * sway, 0.16 + 0.55 * sway, 12, 62)
    block.line(bank & (value_noise(rng, y.shape, (60, 26)) > 0.86))
    solid |= bank
    up = np.clip((1080 - y) / 930, 0, 1)
    axis = 205 + 120 * up + 46 * np.sin(up * 5.2) + 9 * np.sin(y / 23)
    trunk = (np.abs(x - axis) < 34 * (1 - 0.78 * up) + 5) & (y < 1100) & (y > 160)
    side = (x - axis) / (34 * (1 - 0.78 * up) + 5)
    bark = np.clip(0.42 - 0.5 * side, 0.0, 0.75)
    block.carve(trunk, x - axis + 5 * np.sin(y / 15), y, bark, 9, 34)
    solid |= trunk
    pads = [
        (170, 340, 150, 44),
        (250, 190, 140, 40),
        (268, 470, 130, 36),
        (372, 330, 190, 46),
        (470, 120, 140, 44),
        (500, 470, 150, 38),
        (600, 250, 130, 36),
        (640, 60, 90, 34),
    ]
    for row, col, _, _ in pads:
        stem_col = float(axis[row + 40, col])
        t = np.clip((x - stem_col) / (col - stem_col + 1e-3), 0, 1)
        branch = np.abs(y - (row + 62 - 48 * t + 10 * np.sin(t * 7))) < 9 * (1 - 0.6 * t)
        branch &= (t > 0) & (t < 1)
        block.line(branch)
        solid |= branch
    for row, col, wide, tall in pads:
        dy, dx = (y - row) / tall, (x - col) / wide
        turn = np.arctan2(dy, dx)
        lobes = 1 + 0.10 * np.sin(turn * 11 + col) + 0.08 * np.sin(turn * 23 + row)
        flat = np.where(dy > 0, 1.9, 1.0)  # pads are domed above and flat below
        reach = np.hypot(dx, dy * flat) / lobes
        pad = reach < 1
        fan = np.arctan2(y - row - tall * 0.9, x - col)
        spread = np.hypot(y - row - tall * 0.9, (x - col) * 0.6)
        rows = fan * 17 + 0.4 * np.floor(spread / 30)
        width = np.clip(0.16 + 0.52 * (-dy) + 0.12 * np.sin(fan * 6), 0.0, 0.62)
        block.carve(pad, rows * 10, spread, width, 8, 30)
        block.line((reach > 0.93) & (reach < 1.0))
        solid |= pad
    return solid


def _print(
    paper: Array, block: Array, ink: str, rng: np.random.Generator, strength: Array | float = 1.0
) -> Array:
    """Press one inked block (1 is ink) onto the paper."""
    shape = block.shape
    ragged = 1.6 * (fractal_noise(rng, shape, 7, 3) - 0.5)
    soft = ndimage.gaussian_filter(block, 1.3) + 0.22 * ragged
    edge = smoothstep(0.42, 0.58, soft)
    # Growth rings of the plank and starved spots take ink off; squeezed rims add some.
    rings = fractal_noise(rng, shape, (5, 420), 3)
    starved = fractal_noise(rng, shape, 5, 2) * fractal_noise(rng, shape, 260, 3)
    lack = 0.24 * smoothstep(0.62, 0.98, rings) + 0.75 * smoothstep(0.5, 0.8, starved)
    rim = np.clip(ndimage.gaussian_filter(edge, 3) * 2 - 1, 0, 1)
    cover = edge * np.clip(1.0 - lack * (0.35 + 0.65 * rim), 0, 1) * 0.96 * strength
    tint = 1 - cover[..., None] * (1 - rgb(ink))
    return paper * tint


def paint(rng: np.random.Generator) -> Array:
    """Carve the blocks and print them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (height, width, 3)
        Colours in 0..1.
    """
    block = _Block(rng)
    y, x = block.y, block.x
    sun = (300.0, 665.0, 92.0)
    cloud = _sky(block, sun)
    lit, range_ = _mountains(block, rng)
    _lake(block, sun)
    solid = _pine(block, rng)
    away = np.hypot(y - sun[0], x - sun[1])
    land = range_ | solid

    fibre = fractal_noise(rng, y.shape, (4, 30), 3) * 0.5 + fractal_noise(rng, y.shape, 90, 4) * 0.5
    paper = mix(rgb("efe2c4"), rgb("fbf3de"), fibre)
    frame = 17 + 3 * (value_noise(rng, y.shape, 50) - 0.5)
    inside = np.minimum(np.minimum(x, WIDTH - x), np.minimum(y, HEIGHT - y)) > frame

    def shifted(mask: Array, dy: float, dx: float) -> Array:
        flat = np.full(y.shape, 1.0, np.float32)
        return warp(mask.astype(np.float32), dy * flat, dx * flat)

    # Wiping the block by hand fades a colour out: the printer's bokashi.
    fade = np.clip(smoothstep(520, 40, y) * 0.55 + smoothstep(560, 780, y) * 0.35 + 0.3, 0, 1)
    ochre = ~land & (y < 790) & (away > sun[2]) & (cloud < 0.5) | (y > 790) & ~solid
    picture = _print(paper, shifted(ochre & inside, 3, -3), "e0a548", rng, fade)
    path = np.exp(-(((x - sun[1]) / (60 + 0.35 * (y - 790))) ** 2)) * (y > 800)
    streak = value_noise(rng, y.shape, (14, 90))
    red = (away < sun[2]) | (lit > 0.45) & ~solid | (path * (0.4 + streak) > 0.5) & ~solid
    picture = _print(picture, shifted(red & inside, -2, 4), "cf3f24", rng, 0.92)
    blue = (y > 790) & ~solid & (path < 0.3) | (land & ~solid & (lit < 0.1) & (y < 790))
    picture = _print(
        picture,
        shifted(blue & inside, 2, 2),
        "4d7f8c",
        rng,
        np.clip(0.35 + 0.5 * smoothstep(780, 1280, y), 0, 1),
    )
    key = (block.bare < 0) & inside
    picture = _print(picture, key.astype(np.float32), "171412", rng)
    grain = fractal_noise(rng, y.shape, 3, 2) - 0.5
    return shrink(np.clip(picture * (1 + 0.06 * grain[..., None]), 0, 1))
