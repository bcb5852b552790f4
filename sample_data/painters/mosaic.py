"""A leaping fish before the sun, laid in stone and glass tesserae."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from .fields import Array, fractal_noise, pixel_grid, ramp, rgb, smoothstep, value_noise
from .finish import rake, shrink

SIZE = 1280
TILE = 21.0

# Each region: colour ramp, tile size, how much tiles vary in tone, how much they glint.
REGIONS = {
    "rim": (["2b1d1a", "4a2d22", "6b3a28"], 0.95, 0.2, 0.1),
    "frame": (["a8482c", "c8633a", "d98a55", "8d3a2a"], 1.0, 0.3, 0.1),
    "fillet": (["efe0bd", "f7eed6", "d9c394"], 0.8, 0.25, 0.1),
    "sky": (["a8741f", "cc9730", "e3b84a", "f3d67a"], 1.05, 0.3, 0.9),
    "ray": (["b9502b", "d8743a", "e89c4e"], 0.95, 0.25, 0.3),
    "sun": (["e9952f", "f6c04a", "fbe08a", "fff3c4"], 0.9, 0.25, 0.6),
    "deep": (["0d2f45", "12465c", "1b5f73", "16536a"], 1.0, 0.3, 0.3),
    "wave": (["1c7480", "2b9096", "4fb0a8", "217f8c"], 0.95, 0.3, 0.3),
    "crest": (["bfe0cf", "e6f2e2", "8fcabb"], 0.8, 0.3, 0.2),
    "back": (["20314f", "2b4a70", "3f6d8a", "1a2440"], 0.72, 0.3, 0.3),
    "flank": (["b5452a", "d9703c", "ecA050", "f0c070"], 0.72, 0.3, 0.4),
    "belly": (["f3e6c6", "fbf4e0", "e4cc9a"], 0.72, 0.25, 0.2),
    "fin": (["8d2f24", "c04a2c", "e07a3a"], 0.7, 0.3, 0.2),
    "outline": (["1a1416", "2a2024", "3a2c30"], 0.62, 0.2, 0.05),
    "eye": (["fffaf0", "fff6dc"], 0.62, 0.1, 0.1),
}
NAMES = list(REGIONS)


def _design(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return the region of every pixel, the row direction, and a tone, as a cartoon."""
    y, x = pixel_grid(SIZE, SIZE)
    label = np.zeros((SIZE, SIZE), np.int32)
    tone = fractal_noise(rng, (SIZE, SIZE), 260, 3)
    phase = np.zeros((SIZE, SIZE), np.float32)

    def put(mask: Array, name: str, rows: Array) -> None:
        label[mask] = NAMES.index(name)
        phase[mask] = rows[mask]

    everywhere = np.ones_like(label, bool)
    # The sun stands low; rays and sky rows are rings around it.
    sun_y, sun_x = 372.0, 640.0
    away = np.hypot(y - sun_y, x - sun_x)
    turn = np.arctan2(y - sun_y, x - sun_x)
    put(everywhere, "sky", away)
    wavy = np.cos(turn * 14 + 0.9 * np.sin(away / 60))
    put((wavy > 0.05 + away / 1500) & (away > 176) & (away < 800), "ray", away)
    put((away < 178), "outline", away)
    put((away < 164), "sun", away)

    # Waves: each band overlaps the one behind it and its rows follow its crest.
    for i in range(6):
        top = 760 + 84 * i + (44 - 2 * i) * np.sin(x / (96 + 9 * i) + 2.1 * i)
        top = top - 16 * np.sin(x / 48 + i)
        rows = y - top
        put(rows > 0, "deep" if i % 2 else "wave", rows)
        put((rows > 0) & (rows < 26), "crest", rows)
        tone[rows > 0] = (0.75 - rows / 230)[rows > 0]

    _fish(put, tone, y, x)

    inset = np.minimum(np.minimum(x, SIZE - 1 - x), np.minimum(y, SIZE - 1 - y))
    along = np.where(np.minimum(x, SIZE - 1 - x) < np.minimum(y, SIZE - 1 - y), y, x)
    put(inset < 128, "fillet", inset)
    put(inset < 106, "frame", inset)
    # A running wave ornament inside the frame.
    run = np.abs(inset - 60 - 21 * np.sin(along * 2 * np.pi / 128)) < 12
    put(run & (inset < 106), "fillet", inset)
    other = np.abs(inset - 60 + 21 * np.sin(along * 2 * np.pi / 128)) < 12
    put(other & (inset < 106) & ~run, "wave", inset)
    put(inset < 21, "rim", inset)
    tone[inset < 128] = 0.5
    return label, phase, tone


def _fish(put: Callable[[Array, str, Array], None], tone: Array, y: Array, x: Array) -> None:
    """Draw the fish along an arched spine."""
    u = np.linspace(0, 1, 400)
    spine_x = 345 + 610 * u
    spine_y = 800 - 235 * np.sin(np.pi * (u * 0.80 + 0.06)) + 30 * u
    tree = cKDTree(np.stack([spine_y, spine_x], 1))
    far, near = tree.query(np.stack([y.ravel(), x.ravel()], 1).astype(np.float32))
    near = near.reshape(y.shape)
    far = far.reshape(y.shape).astype(np.float32)
    normal_y = -np.gradient(spine_x)[near]
    normal_x = np.gradient(spine_y)[near]
    side = np.sign((y - spine_y[near]) * normal_y + (x - spine_x[near]) * normal_x)
    v, at = far * side, u[near]  # v > 0 is the back of the fish
    half = 112 * np.clip(np.sin(np.pi * at**1.35), 0, 1) ** 0.8 + 13
    # Tail and fins are drawn before the body so that it overlaps them.
    tail_y, tail_x = y - spine_y[0], x - spine_x[0]
    reach = np.hypot(tail_y, tail_x)
    swing = np.arctan2(tail_y, -tail_x)
    bearing = np.arctan2(-(spine_y[0] - spine_y[20]), spine_x[0] - spine_x[20])
    off = np.abs(np.angle(np.exp(1j * (swing - np.arctan2(-np.sin(bearing), -np.cos(bearing))))))
    lobe = 70 + 125 * np.clip(off / 0.9, 0, 1) ** 1.2
    tail = (off < 0.95) & (reach < lobe)
    # The back fin rises steeply behind the head and has a toothed edge.
    lift = np.clip((at - 0.26) / 0.44, 0, 1)
    crest = 62 * lift**0.9 * smoothstep(1.0, 0.86, lift) * (0.80 + 0.20 * np.sin(lift * 34))
    dorsal = (v > 0) & (v < half + crest)
    dorsal &= (at > 0.26) & (at < 0.70)
    ventral = (v < 0) & (-v < half + 62 * np.sin(np.pi * np.clip((at - 0.40) / 0.2, 0, 1) ** 1.6))
    ventral &= (at > 0.40) & (at < 0.60)
    fins = tail | dorsal | ventral
    body = (far < half) & (at > 0.002) & (at < 0.998)
    whole = fins | body
    grown = ndimage.distance_transform_edt(~whole)
    put(grown < 14, "outline", grown.astype(np.float32))
    put(fins, "fin", at * 640 + reach * tail)
    put(body, "flank", v)
    share = v / half
    put(body & (share > 0.38), "back", v)
    put(body & (share < -0.5), "belly", v)
    scales = np.sin(at * 62 + 2.6 * np.cos(share * 3)) > 0.35
    put(body & scales & (at < 0.76) & (share <= 0.38) & (share >= -0.5), "belly", v)
    put(body & (np.abs(at - 0.785 + 0.03 * share**2) < 0.012), "outline", v)
    mouth = (np.abs(share + 0.42 + 2.2 * (at - 0.93)) < 0.13) & (at > 0.925)
    put(body & mouth, "outline", at * 640)
    eye = np.hypot(y - spine_y[346] + 14, x - spine_x[346])
    put(eye < 31, "eye", eye)
    put(eye < 14, "outline", eye)
    tone[body] = (0.5 + 0.45 * share)[body]


def _directions(label: Array, phase: Array) -> Array:
    """Angle of the rows: along contours close to them, along the phase elsewhere."""
    edge = np.zeros(label.shape, bool)
    edge[:, 1:] |= label[:, 1:] != label[:, :-1]
    edge[1:] |= label[1:] != label[:-1]
    depth = ndimage.distance_transform_edt(~edge).astype(np.float32)
    close = ndimage.gaussian_filter(depth, 3)
    py, px = np.gradient(ndimage.gaussian_filter(phase, 2))
    cy, cx = np.gradient(close)
    # Square tiles look the same after a quarter turn, so angles are averaged times four.
    turn = np.exp(4j * np.arctan2(py, px)) * 0.6
    turn += np.exp(4j * np.arctan2(cy, cx)) * (depth < 1.6 * TILE)
    smooth = ndimage.gaussian_filter(turn.real, 7) + 1j * ndimage.gaussian_filter(turn.imag, 7)
    return (np.angle(smooth) / 4).astype(np.float32)


class _Tiling:
    """Nearest-tile look-ups in the rotated square metric of each tile."""

    def __init__(self, sites: Array, label: Array, angle: Array) -> None:
        iy, ix = np.clip(sites.astype(int), 0, SIZE - 1).T
        self.sites, self.kind, self.turn = sites, label[iy, ix], angle[iy, ix]
        self.scale = np.array([REGIONS[n][1] for n in NAMES])[self.kind]
        self.label = label

    def look(self, at: Array, k: int = 7) -> tuple[Array, Array, Array]:
        """Return nearest tile, its (u, v) offset, and the lead over the runner-up."""
        _, near = cKDTree(self.sites).query(at, k=k)
        off = at[:, None, :] - self.sites[near]
        c, s = np.cos(self.turn[near]), np.sin(self.turn[near])
        u = off[..., 1] * c + off[..., 0] * s
        v = off[..., 0] * c - off[..., 1] * s
        far = np.maximum(np.abs(u), np.abs(v)) / self.scale[near]
        own = self.label[at[:, 0].astype(int), at[:, 1].astype(int)]
        far = far + 5.0 * (self.kind[near] != own[:, None])
        order = np.argpartition(far, 1, axis=1)[:, :2]
        pair = np.take_along_axis(far, order, 1)
        swap = pair[:, 0] > pair[:, 1]
        best = np.where(swap, order[:, 1], order[:, 0])[:, None]
        uv = np.concatenate([np.take_along_axis(w, best, 1) for w in (u, v)], 1)
        return np.take_along_axis(near, best, 1)[:, 0], uv, np.abs(pair[:, 1] - pair[:, 0])


def paint(rng: np.random.Generator) -> Array:
    """Lay the mosaic.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (height, width, 3)
        Colours in 0..1.
    """
    label, phase, tone = _design(rng)
    angle = _directions(label, phase)
    area = (TILE * np.array([REGIONS[n][1] for n in NAMES])[label]) ** 2
    chance = (1 / area).ravel().astype(np.float64)
    count = int(chance.sum() * 1.02)
    pick = rng.choice(SIZE * SIZE, count, replace=False, p=chance / chance.sum())
    sites = np.stack(np.divmod(pick, SIZE), 1).astype(np.float64)

    coarse = np.stack(np.mgrid[1:SIZE:3, 1:SIZE:3], -1).reshape(-1, 2).astype(np.float64)
    home = label[coarse[:, 0].astype(int), coarse[:, 1].astype(int)]
    for _ in range(14):
        tiling = _Tiling(sites, label, angle)
        near, _, _ = tiling.look(coarse, 5)
        # Pixels across a contour do not pull, which pushes tiles off the contours.
        pull = np.where(tiling.kind[near] == home, 1.0, 0.05)
        mass = np.bincount(near, pull, count) + 1e-9
        mean = np.stack([np.bincount(near, pull * coarse[:, i], count) / mass for i in (0, 1)], 1)
        sites = np.where((mass > 1)[:, None], mean, sites)

    tiling = _Tiling(sites, label, angle)
    full = np.stack(np.mgrid[0:SIZE, 0:SIZE], -1).reshape(-1, 2).astype(np.float64)
    parts = [tiling.look(chunk) for chunk in np.array_split(full, 8)]
    near = np.concatenate([p[0] for p in parts]).reshape(SIZE, SIZE)
    u, v = (np.concatenate([p[1][:, i] for p in parts]).reshape(SIZE, SIZE) for i in (0, 1))
    lead = np.concatenate([p[2] for p in parts]).reshape(SIZE, SIZE).astype(np.float32)
    return _render(rng, tiling, near, u.astype(np.float32), v.astype(np.float32), lead, tone)


def _render(
    rng: np.random.Generator,
    tiling: _Tiling,
    near: Array,
    u: Array,
    v: Array,
    lead: Array,
    tone: Array,
) -> Array:
    """Colour the tiles, chip their edges, sink the grout and light the whole."""
    count = len(tiling.sites)
    iy, ix = np.clip(tiling.sites.astype(int), 0, SIZE - 1).T
    level = tone[iy, ix]
    colours = np.zeros((count, 3), np.float32)
    glint = np.zeros(count, np.float32)
    for i, name in enumerate(NAMES):
        stops, _, spread, shine = REGIONS[name]
        mine = tiling.kind == i
        at = np.clip(level[mine] + rng.normal(0, spread, mine.sum()), 0, 1)
        colours[mine] = ramp(at, stops)
        glint[mine] = shine
    colours *= 1 + rng.normal(0, 0.05, (count, 1)) + rng.normal(0, 0.025, (count, 3))

    lean = rng.normal(0, 0.012, (count, 2)).astype(np.float32)
    lift = rng.normal(0, 0.05, count).astype(np.float32) * (0.5 + glint)
    facet = lean[near, 0] * u + lean[near, 1] * v + lift[near]
    chips = 0.5 * value_noise(rng, u.shape, 7) + 0.5 * value_noise(rng, u.shape, 3)
    lead = ndimage.gaussian_filter(lead, 1.0)
    stone = smoothstep(1.6, 3.6, lead - 3.2 * (chips - 0.45))
    grain = fractal_noise(rng, u.shape, 14, 4) - 0.5
    paint_ = colours[near] * (1 + 0.16 * grain + facet * (0.6 + 0.8 * glint[near]))[..., None]
    flash = np.clip(facet * 3 - 0.12, 0, 0.5) * glint[near]
    paint_ = paint_ + flash[..., None] * rgb("fff0c8")
    sand = fractal_noise(rng, u.shape, 10, 4)
    grout = ramp(sand, ["4d443b", "6d6255", "8a7d6c"])
    picture = grout * (1 - stone)[..., None] + paint_ * stone[..., None]
    relief = 2.2 * ndimage.gaussian_filter(stone, 1.4) + 0.5 * grain + facet * 2.5
    shadow = 1 - 0.35 * np.clip(
        ndimage.gaussian_filter(np.roll(stone, (2, 2), (0, 1)), 2) - stone, 0, 1
    )
    return shrink(rake(picture * shadow[..., None], relief, 0.28, 0.22))
