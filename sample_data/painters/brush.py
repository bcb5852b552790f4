"""A bristle brush: single strokes with streaks, ragged ends and a relief."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .fields import Array


@dataclass(frozen=True)
class Brush:
    """How one size of brush behaves.

    Attributes
    ----------
    length, width : float
        Mean size of a stroke in pixels.
    density : float
        How many times the strokes cover the surface on average.
    bristle : float
        Contrast of the streaks along a stroke, 0 (a knife) to 1 (a dry hog brush).
    load : float
        How thick the paint lies, which is what the raking light shows.
    jitter : float
        How far the colour of a stroke strays from what it depicts.
    wobble : float
        How far, in radians, a stroke strays from the direction field.
    dab : bool
        A round touch of the tip instead of a pull of the brush.
    """

    length: float
    width: float
    density: float = 1.5
    bristle: float = 0.6
    load: float = 1.0
    jitter: float = 0.06
    wobble: float = 0.12
    dab: bool = False


class Canvas:
    """Paint colours and their relief, worked on stroke by stroke.

    Parameters
    ----------
    ground : ndarray of shape (height, width, 3)
        Colours of the priming.
    rng : numpy.random.Generator
        Source of randomness for everything painted on this canvas.
    """

    def __init__(self, ground: Array, rng: np.random.Generator) -> None:
        self.colour = np.ascontiguousarray(ground, np.float32).copy()
        self.relief = np.zeros(ground.shape[:2], np.float32)
        self.rng = rng
        # Streaks are long along a stroke (rows) and a hair wide across it (columns).
        raw = rng.random((2048, 512), dtype=np.float32)
        long = ndimage.gaussian_filter(raw, (45, 0.9))
        short = ndimage.gaussian_filter(raw[::-1], (9, 0.7))
        hair = long / long.std() + 0.5 * short / short.std()
        hair = (hair - hair.mean()) / hair.std()
        self.hair = np.clip(0.5 + 0.22 * hair, 0, 1).astype(np.float32)

    def cover(
        self,
        mask: Array,
        target: Array,
        angle: Array,
        brushes: list[Brush],
        accent: Array | None = None,
    ) -> None:
        """Cover a region with strokes, one brush after the other.

        Parameters
        ----------
        mask : ndarray of shape (height, width)
            Where strokes may be centred: a probability, 0..1.
        target : ndarray of shape (height, width, 3)
            The colours to depict.
        angle : ndarray of shape (height, width)
            Stroke direction in radians, x to the right and y downwards.
        brushes : list of Brush
            Usually from large to small.
        accent : ndarray of shape (n, 3), optional
            Colours of which a little gets picked up by some strokes.
        """
        height, width = mask.shape
        for brush in brushes:
            area = brush.length * brush.width
            step = np.sqrt(area / brush.density)
            ys, xs = np.meshgrid(
                np.arange(0, height + step, step), np.arange(0, width + step, step), indexing="ij"
            )
            at = np.stack([ys.ravel(), xs.ravel()], 1)
            at += self.rng.uniform(-0.6, 0.6, at.shape) * step
            at = at[self.rng.permutation(len(at))]
            iy = np.clip(at[:, 0], 0, height - 1).astype(int)
            ix = np.clip(at[:, 1], 0, width - 1).astype(int)
            keep = self.rng.random(len(at)) < mask[iy, ix]
            at, iy, ix = at[keep], iy[keep], ix[keep]
            if len(at) == 0:
                continue
            first = self.stray(target[iy, ix], brush.jitter)
            second = self.stray(target[iy, ix], brush.jitter * 2.2)
            if accent is not None:
                pick = accent[self.rng.integers(len(accent), size=len(at))]
                share = 0.45 * self.rng.random((len(at), 1)) ** 4
                second = second * (1 - share) + pick * share
            size = self.rng.lognormal(0.0, 0.22, (len(at), 2)) * (brush.length, brush.width)
            self.strokes(at, angle, size, first, second, brush)

    def stray(self, colours: Array, amount: float) -> Array:
        """Vary colours: brightness most of all, hue a little.

        Parameters
        ----------
        colours : ndarray of shape (n, 3)
            Colours to vary.
        amount : float
            Standard deviation of the brightness.

        Returns
        -------
        ndarray
            The varied colours, within 0..1.
        """
        value = self.rng.normal(0, amount, (len(colours), 1))
        hue = self.rng.normal(0, amount * 0.55, colours.shape)
        return np.clip(colours * (1 + 1.2 * value) + 0.35 * value + hue, 0, 1)

    def strokes(
        self,
        at: Array,
        angle: Array,
        size: Array,
        first: Array,
        second: Array,
        brush: Brush,
    ) -> None:
        """Paint many strokes, in order, each bending along the direction field.

        Parameters
        ----------
        at : ndarray of shape (n, 2)
            Centres (row, column).
        angle : ndarray of shape (height, width)
            Direction field in radians.
        size : ndarray of shape (n, 2)
            Length and width of each stroke.
        first, second : ndarray of shape (n, 3)
            The two colours each stroke carries, streaked along the bristles.
        brush : Brush
            Source of bristle contrast, load and wobble.
        """
        paths = self.trace(at, angle, size[:, 0], brush.wobble)
        for path, (length, width), one, two in zip(paths, size, first, second, strict=True):
            self._stroke(path, length, width, one, two, brush)

    def trace(self, at: Array, angle: Array, length: Array, wobble: float) -> Array:
        """Follow the direction field both ways from every centre.

        Parameters
        ----------
        at : ndarray of shape (n, 2)
            Centres (row, column).
        angle : ndarray of shape (height, width)
            Direction field in radians.
        length : ndarray of shape (n,)
            Length of each path in pixels.
        wobble : float
            Standard deviation of a constant turn added to each path.

        Returns
        -------
        ndarray of shape (n, 9, 2)
            Points along each path.
        """
        height, width = angle.shape
        turn = self.rng.normal(0, wobble, len(at))
        halves = []
        for sign in (-1.0, 1.0):
            here, points = at.copy(), []
            for _ in range(4):
                iy = np.clip(here[:, 0], 0, height - 1).astype(int)
                ix = np.clip(here[:, 1], 0, width - 1).astype(int)
                heading = angle[iy, ix] + turn
                step = np.stack([np.sin(heading), np.cos(heading)], 1)
                here = here + sign * step * length[:, None] / 8
                points.append(here)
            halves.append(points)
        return np.stack([*halves[0][::-1], at, *halves[1]], 1)

    def _stroke(
        self, path: Array, length: float, width: float, one: Array, two: Array, brush: Brush
    ) -> None:
        """Lay down one stroke by scattering a fine grid of paint along its path."""
        rows, cols = self.relief.shape
        n_s, n_t = int(length * 1.5) + 4, int(width * 1.5) + 4
        s = np.linspace(0, 1, n_s, dtype=np.float32)
        t = np.linspace(-1, 1, n_t, dtype=np.float32)
        knots = np.linspace(0, 1, len(path))
        cy, cx = np.interp(s, knots, path[:, 0]), np.interp(s, knots, path[:, 1])
        ty, tx = np.gradient(cy), np.gradient(cx)
        norm = np.hypot(ty, tx) + 1e-6
        y = (cy[:, None] + (tx / norm)[:, None] * t * (width / 2)).astype(np.int32)
        x = (cx[:, None] - (ty / norm)[:, None] * t * (width / 2)).astype(np.int32)

        o_s = self.rng.integers(self.hair.shape[0] - n_s)
        o_t = self.rng.integers(self.hair.shape[1] - n_t)
        hair = self.hair[o_s : o_s + n_s, o_t : o_t + n_t]
        # Each hair leaves the surface at its own moment, hence ragged ends.
        reach = 0.12 * (hair[n_s // 2] - 0.5)
        ends = np.minimum((s[:, None] + reach) * 9, (1 - s[:, None] + reach * 2) * 5)
        body = np.clip(ends, 0, 1) * (1 - np.abs(t) ** 5)
        if brush.dab:
            body = np.clip(2.5 * (1 - t**2 - (2 * s[:, None] - 1) ** 2 + 0.5 * reach), 0, 1)
        alpha = np.clip((body - brush.bristle * 0.55 * (1 - hair)) * 4.5, 0, 1)
        streak = np.clip(0.5 + (hair - 0.5) * 2.2, 0, 1)[..., None]
        paint = one * (1 - streak) + two * streak
        ridge = 0.55 * np.abs(t) ** 6 + 0.5 * np.clip(s[:, None] - 0.8, 0, None) * 2
        thick = brush.load * (0.35 + brush.bristle * 1.3 * (hair - 0.5) + ridge)

        inside = (y >= 0) & (y < rows) & (x >= 0) & (x < cols) & (alpha > 0.02)
        y, x, a = y[inside], x[inside], alpha[inside]
        self.colour[y, x] += a[:, None] * (paint[inside] - self.colour[y, x])
        self.relief[y, x] += a * (0.45 * self.relief[y, x] + thick[inside] - self.relief[y, x])
