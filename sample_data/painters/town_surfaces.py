"""What the town is made of: plaster, windows, tiles, stone, hulls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .fields import Array, fractal_noise, rgb, smoothstep
from .tracer import Solid

Surface = tuple[Array, Array]


class Surfaces:
    """Look up reflectance and mirror share of points on solids.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the stains and grain.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.sheet = fractal_noise(rng, (1024, 1024), 256, 7, 0.62)
        self.table = rng.random(1 << 16)

    def noise(self, u: Array, v: Array, scale: float) -> Array:
        """Read the noise sheet, `scale` being the metres it spans."""
        i = (np.abs(u) / scale * 1024).astype(np.int64)
        j = (np.abs(v) / scale * 1024).astype(np.int64)
        return self.sheet[i % 1024, j % 1024]

    def dice(self, *keys: Array | int) -> Array:
        """Random number in 0..1 for each tuple of integer keys."""
        mixed = 0
        for key in keys:
            mixed = (np.asarray(key, np.int64) + mixed * 7919) * 2654435761 % (1 << 31)
        return self.table[np.asarray(mixed) >> 7 & 0xFFFF]

    def look(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Return reflectance (n, 3) and mirror share (n,) of points on a solid."""
        known: dict[str, Callable[[Solid, Array, Array], Surface]] = {
            "wall": self.wall,
            "roof": self.roof,
            "slate": self.slate,
            "tower": self.tower,
            "dormer": self.dormer,
            "quay": self.quay,
            "grass": self.grass,
            "hull": self.hull,
        }
        if solid.material in known:
            return known[solid.material](solid, p, normal)
        plain = {
            "brick": "8a5a48",
            "stone": "b8ab94",
            "iron": "2c2e30",
            "lamp": "d8d2c0",
            "cabin": "e4ded0",
            "bark": "6a5a4a",
        }
        base = rgb(plain[solid.material]) ** 2.2
        grain = 0.8 + 0.4 * self.noise(p[:, 0] + p[:, 1], p[:, 2], 4)
        return base * grain[:, None], np.zeros(len(p))

    def wall(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Plaster with windows, shutters, timber and a shop floor."""
        t = solid.traits
        front = np.abs(normal[:, 1]) > 0.7
        u = np.where(front, p[:, 0] - t["left"], p[:, 1] - t["front"])
        wide = np.where(front, t["wide"], t["deep"])
        v = p[:, 2] - t["base"]
        stain = self.noise(p[:, 0] + 37 * (t["seed"] % 97), p[:, 2] + p[:, 1], 14)
        fine = self.noise(u + 11.3, v + t["seed"] % 53, 1.7)
        wall = t["wall"] * (0.74 + 0.34 * stain + 0.16 * fine)[:, None]
        # Rain streaks below the eaves, splashes and damp above the pavement.
        streak = self.noise(u * 6, v * 0.35, 12)
        wall = wall * (1 - 0.16 * streak * smoothstep(3, 0, t["eaves"] - p[:, 2]))[:, None]
        wall = wall * (1 - 0.3 * smoothstep(0.9 + fine, 0, v))[:, None]
        if t["timber"]:
            beam = (np.abs((v - 3.1) % 2.85) < 0.2) | (np.abs((u - 0.1) % 1.45) < 0.13)
            cell = np.floor((u - 0.1) / 1.45)
            brace = np.abs((u - 0.1) % 1.45 - ((v - 3.1) % 2.85) * 0.5) < 0.13
            beam |= brace & (self.dice(cell, np.floor(v / 2.85), t["seed"]) < 0.22)
            beam &= v > 3.0
            wood = rgb("4a3426") ** 2.2 * (0.7 + 0.6 * fine)[:, None]
            wall = np.where(beam[:, None], wood, wall)
        return self._windows(wall, t, u, v, wide, front, p)

    def _windows(
        self, wall: Array, t: dict, u: Array, v: Array, wide: Array, front: Array, p: Array
    ) -> Surface:
        count = np.maximum(np.floor((wide - 0.7) / 2.0), 1)
        pitch = (wide - 0.7) / count
        cell = np.floor((u - 0.35) / pitch)
        du = (u - 0.35) - (cell + 0.5) * pitch
        floor = np.floor((v - 0.2) / 2.85)
        dv = (v - 0.2) - floor * 2.85 - 0.85
        half, tall = 0.5, 1.5
        top = t["eaves"] - t["base"]
        # A window in the gable must fit below the slopes of the roof, with all its corners.
        head = floor * 2.85 + 2.75
        room_left = (t["ridge"] - t["base"] - head) / max(t["ridge"] - t["eaves"], 1e-3)
        middle = 0.35 + (cell + 0.5) * pitch - wide / 2
        inside = np.abs(middle) + 0.75 < room_left * wide / 2
        fits = np.where(head > top, inside & front & t["gable"], True)
        fits &= (cell >= 0) & (cell < count)
        shop = (floor == 0) & front
        half = np.where(shop, 0.72, half)
        dv = np.where(shop, dv + 0.55, dv)
        tall = np.where(shop, 2.05, tall)
        keep = self.dice(cell, floor, t["seed"]) < np.where(front, 0.97, 0.55)
        fits &= keep
        within = (np.abs(du) < half) & (dv > 0) & (dv < tall) & fits
        frame = (np.abs(du) < half + 0.13) & (dv > -0.13) & (dv < tall + 0.13) & fits & ~within
        bar = (np.abs(np.abs(du) - half) < 0.09) | (dv < 0.09) | (dv > tall - 0.09)
        bar |= (np.abs(du) < 0.045) | (np.abs(dv - tall * 0.62) < 0.04)
        sill = (np.abs(du) < half + 0.2) & (dv > -0.22) & (dv <= -0.1) & fits
        mirror = np.zeros(len(u))
        out = wall
        if t["shutter"] is not None:
            slat = 0.8 + 0.3 * (np.floor(dv / 0.09) % 2)
            panel = (np.abs(du) > half + 0.1) & (np.abs(du) < half + 0.56) & (dv > -0.06)
            panel &= (dv < tall + 0.06) & fits & ~shop
            edge = (np.abs(np.abs(du) - half - 0.33) > 0.19) * 0.15
            out = np.where(panel[:, None], t["shutter"] * (slat + edge)[:, None], out)
        surround = np.clip(t["wall"] * 0.55 + 0.32, 0, 0.8)
        out = np.where(
            (frame | sill)[:, None] & ~np.isnan(out),
            np.where((np.abs(du) < half + 0.13)[:, None] | sill[:, None], surround, out),
            out,
        )
        # Deep in the wall, the glass lies in the shade of lintel and left reveal.
        shade = 1 - 0.7 * smoothstep(0.30, 0.05, tall - dv) - 0.4 * smoothstep(0.2, 0.04, du + half)
        luck = self.dice(cell, floor, t["seed"], 3)
        room = 0.012 + 0.02 * luck
        curtain = (np.abs(du) > half * (0.25 + 0.7 * luck)) & (luck > 0.35) & ~shop
        drape = rgb("d8d4c8") ** 2.2 * (0.34 + 0.12 * np.sin(du * 60))[:, None]
        glass = np.where(curtain[:, None], drape, np.stack([room, room, room * 1.15], -1))
        pane = np.where(bar[:, None], rgb("d9d4c6") ** 2.2 * 0.8, glass)
        pane = pane * np.clip(shade, 0.15, 1)[:, None]
        out = np.where(within[:, None], pane, out)
        mirror = np.where(within & ~bar, 0.3 + 0.25 * luck, 0.0)
        return out, mirror

    def dormer(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Small plastered front with one window, tiled cheeks."""
        left, base = solid.traits["dormer"]
        du, dv = np.abs(p[:, 0] - left - 0.75), p[:, 2] - base - 0.1
        out = np.clip(solid.traits["wall"], 0, 1) * np.ones((len(p), 1))
        pane = (du < 0.42) & (dv > 0) & (dv < 1.05) & (normal[:, 1] < -0.7)
        bar = (du < 0.04) | (np.abs(du - 0.42) < 0.07) | (dv < 0.07) | (dv > 0.98)
        out = np.where(pane[:, None], np.where(bar[:, None], 0.6, 0.02), out)
        return out, np.where(pane & ~bar, 0.35, 0.0)

    def roof(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Clay tiles, each fired a little differently, with lichen."""
        steep = np.abs(normal[:, 2]) < 0.05
        t = solid.traits
        flat_u = np.where(np.abs(normal[:, 0]) > np.abs(normal[:, 1]), p[:, 1], p[:, 0])
        down = p[:, 2] / np.maximum(np.sqrt(1 - normal[:, 2] ** 2), 0.2)
        row = np.floor(down / 0.27)
        col = np.floor(flat_u / 0.2 + 0.5 * (row % 2))
        tile = self.dice(row, col, t["seed"])
        lip = smoothstep(0.0, 0.35, down / 0.27 - row)
        age = self.noise(flat_u + t["seed"] % 61, down, 11)
        lichen = smoothstep(0.55, 0.9, self.noise(flat_u + 5, down + t["seed"] % 31, 6))
        shade = (0.62 + 0.42 * tile + 0.4 * (age - 0.5)) * (0.62 + 0.38 * lip)
        out = t["roof"] * shade[:, None]
        out = out * (1 - 0.4 * lichen[:, None]) + 0.4 * lichen[:, None] * rgb("8a8068") ** 2.2
        fascia = rgb("5a4a3c") ** 2.2 * np.ones((len(p), 1))
        return np.where(steep[:, None], fascia, out), np.zeros(len(p))

    def slate(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Slate or weathered copper in courses."""
        row = np.floor(p[:, 2] / 0.45)
        col = np.floor((p[:, 0] + p[:, 1]) / 0.4 + 0.5 * (row % 2))
        shade = 0.7 + 0.35 * self.dice(row, col, 5) + 0.4 * (self.noise(p[:, 0], p[:, 2], 9) - 0.5)
        return solid.traits["roof"] * shade[:, None], np.full(len(p), 0.06)

    def tower(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Ashlar with tall arched windows."""
        t = solid.traits
        u = np.where(np.abs(normal[:, 1]) > 0.7, p[:, 0] - t["left"], p[:, 1] - t["front"])
        row = np.floor(p[:, 2] / 0.55)
        col = np.floor(u / 0.9 + 0.5 * (row % 2))
        shade = 0.72 + 0.25 * self.dice(row, col, 9) + 0.4 * (self.noise(u + 3, p[:, 2], 12) - 0.5)
        out = t["wall"] * shade[:, None]
        bays = max(1, round(t["wide"] / 3.2))
        pitch = t["wide"] / bays
        du = np.abs(u % pitch - pitch / 2)
        for drop, tall, half in ((2.0, 3.6, 0.55), (9.0, 2.4, 0.35), (15.0, 2.2, 0.3)):
            dv = t["eaves"] - drop - p[:, 2]
            arch = (dv > 0) & (dv < tall) | (np.hypot(du, dv) < half)
            open_ = arch & (du < half) & (p[:, 2] > t["base"])
            rim = arch & (du < half + 0.2) & ~open_
            out = np.where(rim[:, None], t["wall"] * 1.15, out)
            out = np.where(open_[:, None], 0.02 + 0.03 * (np.floor(dv / 0.25) % 2)[:, None], out)
        return out, np.zeros(len(p))

    def quay(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Stone blocks with a wet, weedy foot; paving on top."""
        row = np.floor(p[:, 2] / 0.48)
        jog = self.dice(row, 1)
        col = np.floor(p[:, 0] / 1.15 + jog * 7)
        du = np.abs((p[:, 0] / 1.15 + jog * 7) % 1 - 0.5) * 1.15
        dv = p[:, 2] % 0.48
        joint = (du > 0.55) | (dv < 0.03)
        shade = 0.6 + 0.3 * self.dice(row, col, 2) + 0.5 * (self.noise(p[:, 0], p[:, 2], 5) - 0.5)
        out = rgb("a89c88") ** 2.2 * (shade * np.where(joint, 0.55, 1.0))[:, None]
        wet = smoothstep(0.75, 0.3, p[:, 2] + 0.4 * (self.noise(p[:, 0], p[:, 2] + 9, 3) - 0.5))
        weed = rgb("3c4428") ** 2.2
        out = out * (1 - 0.75 * wet[:, None]) + 0.75 * wet[:, None] * weed
        top = normal[:, 2] > 0.5
        pave = rgb("a39a8a") ** 2.2 * (0.7 + 0.5 * self.noise(p[:, 0], p[:, 1] * 2, 3))[:, None]
        return np.where(top[:, None], pave, out), np.zeros(len(p))

    def grass(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Meadow and undergrowth between the trees."""
        patch = self.noise(p[:, 0] + 200, p[:, 1] * 2, 60)[:, None]
        fine = self.noise(p[:, 0], p[:, 1] * 3, 5)[:, None]
        out = (rgb("4a5c34") ** 2.2 * (1 - patch) + rgb("727440") ** 2.2 * patch) * (0.5 + fine)
        return out, np.zeros(len(p))

    def hull(self, solid: Solid, p: Array, normal: Array) -> Surface:
        """Painted planks, a rubbing strake, and the boards inside."""
        strake = np.abs(p[:, 2] - 0.62) < 0.06
        plank = 0.82 + 0.18 * (np.abs(p[:, 2] % 0.2 - 0.1) > 0.02)
        worn = 0.8 + 0.3 * self.noise(p[:, 0], p[:, 2], 2)
        out = solid.traits["wall"] * (plank * worn)[:, None]
        out = np.where(strake[:, None], rgb("5a4028") ** 2.2, out)
        thwart = np.abs(p[:, 0] % 0.9 - 0.45) < 0.14
        boards = rgb("8a6a48") ** 2.2 * (0.45 + 0.5 * thwart)[:, None]
        return np.where((normal[:, 2] > 0.5)[:, None], boards, out), np.full(len(p), 0.04)
