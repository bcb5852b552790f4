"""Poppies and cornflowers in loose washes on rough paper."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .fields import Array, fractal_noise, smoothstep
from .finish import shrink
from .paper import Sheet

HEIGHT, WIDTH = 1024, 1280


def _background(sheet: Sheet, reserve: Array) -> None:
    """Flood the sheet wet-in-wet, then add soft far foliage."""
    rng, full = sheet.rng, (slice(0, HEIGHT), slice(0, WIDTH))
    everywhere = np.full((HEIGHT, WIDTH), 500, np.float32)
    y = sheet.y / HEIGHT
    top, low = smoothstep(0.62, 0.1, y), smoothstep(0.35, 0.85, y)
    mid = np.exp(-(((y - 0.48) / 0.2) ** 2))
    noise = fractal_noise(rng, y.shape, 330, 4)
    sheet.wash(
        full,
        everywhere,
        ("6fb4dc", "8fa6df"),
        0.85,
        pool=top * (0.3 + 1.1 * noise),
        reserve=reserve,
    )
    sheet.wash(
        full, everywhere, ("f2d272", "c9d66a"), 0.9, pool=mid * (1.3 - noise), reserve=reserve
    )
    sheet.wash(
        full, everywhere, ("6fa04c", "2f7f6d"), 0.8, pool=low * (0.35 + noise), reserve=reserve
    )
    hues = [
        ("7fbf9a", "4f9fb4"),
        ("b7a2d8", "7f8fd0"),
        ("d8d45a", "8fbf5a"),
        ("f0b6a0", "e7d08a"),
        ("3f8f86", "5aa05a"),
        ("35697f", "4d9a6a"),
    ]
    for _ in range(46):
        row, col = rng.uniform(-40, HEIGHT + 40), rng.uniform(-40, WIDTH + 40)
        reach = rng.uniform(60, 190)
        win = sheet.window(row, col, reach * 1.4 + 150)
        inside = reach - np.hypot((sheet.y[win] - row) * rng.uniform(0.7, 1.5), sheet.x[win] - col)
        hue = hues[rng.integers(4 if row < 0.45 * HEIGHT else 6)]
        wet = rng.random() < 0.55
        sheet.wash(
            win,
            inside,
            hue,
            rng.uniform(0.18, 0.46),
            40 if wet else 2.0,
            0.1 if wet else 0.5,
            40,
            reserve=reserve[win],
        )
    for _ in range(17):
        sheet.bloom(rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH), rng.uniform(45, 130))


def _blade(
    sheet: Sheet,
    root: tuple[float, float],
    tip: tuple[float, float],
    bend: float,
    wide: float,
    hue: tuple[str, str],
    strength: float,
    reserve: Array,
    leafy: bool = False,
) -> None:
    """Draw a stem or a leaf in one pull of the brush."""
    span = max(abs(root[0] - tip[0]), abs(root[1] - tip[1])) / 2 + abs(bend) + wide + 30
    win = sheet.window((root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2, span)
    run = np.array([tip[0] - root[0], tip[1] - root[1]])
    length = float(np.hypot(*run))
    dy, dx = sheet.y[win] - root[0], sheet.x[win] - root[1]
    u = (dy * run[0] + dx * run[1]) / length**2
    v = (dx * run[0] - dy * run[1]) / length - bend * np.sin(np.pi * np.clip(u, 0, 1))
    clip = np.clip(u, 0, 1)
    half = wide * (np.sin(np.pi * clip**0.7) if leafy else 1 - 0.55 * clip)
    inside = np.minimum(np.abs(half) - np.abs(v), np.minimum(u, 1 - u) * length)
    sheet.wash(win, inside, hue, strength, 1.6, 0.6, 2.5 + wide * 0.12, reserve=reserve[win])


def _petal(
    sheet: Sheet,
    row: float,
    col: float,
    turn: float,
    size: float,
    squash: float,
    hue: tuple[str, str],
    strength: float,
) -> None:
    """Lay one petal: a ruffled fan, paler where water was dropped into it."""
    win = sheet.window(row, col, size * 1.5)
    dy, dx = (sheet.y[win] - row) / squash, sheet.x[win] - col
    away, bearing = np.hypot(dy, dx), np.arctan2(dy, dx) - turn
    bearing = np.angle(np.exp(1j * bearing))
    fan = np.clip(np.cos(np.clip(bearing * 0.92, -np.pi / 2, np.pi / 2)), 0, 1) ** 0.55
    phase = sheet.rng.uniform(0, 6.28)
    ruffle = 1 + 0.09 * np.sin(bearing * 3 + phase) + 0.05 * np.sin(bearing * 7 + 2 * phase)
    inside = (size * fan * ruffle - away) * 0.8
    veins = 0.5 + 0.5 * np.sin(bearing * 30 + 5 * np.sin(away / 31 + phase))
    pool = 0.72 + 0.5 * (away / size) ** 2 + 0.13 * veins
    pool = pool - 0.45 * np.exp(-(((away / size - 0.62) / 0.22) ** 2)) * (bearing > -0.2)
    sheet.wash(win, inside, hue, strength, 1.5, 0.75, 7, np.clip(pool, 0.15, None))


REDS = [("e8402a", "f2703a"), ("d82a30", "ef5a3a"), ("f0643c", "f59a4e"), ("d23a52", "ee6a6a")]


def _poppy(sheet: Sheet, row: float, col: float, size: float) -> None:
    """Paint a poppy from back petals to its dark heart."""
    rng = sheet.rng
    squash = rng.uniform(0.5, 0.95)
    hue = REDS[rng.integers(len(REDS))]
    start = rng.uniform(0, 6.28)
    for i, turn in enumerate(start + np.array([0, 3.3, 1.6, 4.8]) + rng.normal(0, 0.25, 4)):
        strength = rng.uniform(0.42, 0.74) * (1.0 if i < 3 else 0.7)
        _petal(sheet, row, col, turn, size * rng.uniform(0.82, 1.1), squash, hue, strength)
    win = sheet.window(row, col, size * 0.6)
    away = np.hypot((sheet.y[win] - row) / squash, sheet.x[win] - col)
    sheet.wash(win, size * 0.24 - away, ("5a2a4a", "3a2a55"), 0.75, size * 0.16, 0.1, size * 0.12)
    sheet.wash(win, size * 0.13 - away, ("2a2038", "2f3a3a"), 1.3, 2.0, 0.5, 3)
    for turn in rng.uniform(0, 6.28, 26):
        far = size * rng.uniform(0.2, 0.36)
        _dot(
            sheet,
            row + far * np.sin(turn) * squash,
            col + far * np.cos(turn),
            rng.uniform(1.5, 3.6),
            ("241a30", "3a2440"),
            1.5,
        )


def _dot(
    sheet: Sheet, row: float, col: float, size: float, hue: tuple[str, str], strength: float
) -> None:
    """Touch the paper with the tip of the brush, or let a drop fall."""
    win = sheet.window(row, col, size * 2 + 6)
    away = np.hypot(sheet.y[win] - row, sheet.x[win] - col)
    sheet.wash(win, size - away, hue, strength, 1.2, 0.5, size * 0.25)


def _cornflower(sheet: Sheet, row: float, col: float, size: float) -> None:
    """Paint a cornflower: a ring of short forked strokes."""
    rng = sheet.rng
    open_ = np.ones((HEIGHT, WIDTH), np.float32)
    for turn in np.arange(0, 6.28, 0.56) + rng.uniform(0, 1):
        far = size * rng.uniform(0.8, 1.15)
        tip = (row + far * np.sin(turn) * 0.75, col + far * np.cos(turn))
        _blade(
            sheet,
            tip,
            (row, col),
            rng.normal(0, 4),
            size * 0.24,
            ("3a55c8", "7a6fd8"),
            rng.uniform(0.6, 1.0),
            open_,
        )
    _dot(sheet, row, col, size * 0.22, ("4a2a78", "2a2a6a"), 1.0)


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
    sheet = Sheet(rng, HEIGHT, WIDTH)
    poppies = [
        (330, 350, 178),
        (250, 860, 150),
        (600, 690, 205),
        (560, 1110, 150),
        (690, 190, 150),
        (130, 590, 96),
        (140, 1130, 84),
        (120, 120, 90),
        (880, 980, 130),
        (890, 440, 110),
    ]
    blues = [
        (430, 560, 52),
        (400, 1020, 46),
        (800, 640, 56),
        (480, 90, 48),
        (730, 900, 50),
        (210, 420, 36),
        (800, 1190, 50),
        (60, 850, 34),
    ]
    # Flowers come first and the rest is painted around them, as on real paper, where
    # nothing light can be laid over something dark.
    for row, col, size in sorted(blues):
        _cornflower(sheet, row, col, size)
    for row, col, size in sorted(poppies):
        _poppy(sheet, row, col, size)
    flowers, sheet.depth = sheet.depth, np.zeros_like(sheet.depth)
    touched = ndimage.binary_fill_holes(flowers.sum(-1) > 0.06)
    outside = ndimage.distance_transform_edt(~touched) - ndimage.distance_transform_edt(touched)
    # Here the washes stop short and leave white paper, there they run into the petals.
    sloppy = 22 * (fractal_noise(rng, touched.shape, 55, 4) - 0.52)
    reserve = 0.03 + 0.97 * smoothstep(-3.0, 3.0, outside.astype(np.float32) - sloppy)
    _background(sheet, reserve)

    greens = [("3f7f3a", "7fa63a"), ("2a6a55", "5a9a4a"), ("7a9a2f", "b0b23f")]
    greens.append(("23605f", "3a8a6a"))
    for _ in range(70):
        root = (HEIGHT + 30, rng.uniform(-30, WIDTH + 30))
        tip = (rng.uniform(430, 930), root[1] + rng.normal(0, 110))
        _blade(
            sheet,
            root,
            tip,
            rng.normal(0, 40),
            rng.uniform(5, 17),
            greens[rng.integers(4)],
            rng.uniform(0.25, 0.6),
            reserve,
            leafy=True,
        )
    for row, col, size in poppies + blues:
        root = (HEIGHT + 20, col + rng.normal(0, 70))
        _blade(
            sheet,
            root,
            (row + size * 0.3, col),
            rng.normal(0, 30),
            5.5,
            greens[rng.integers(4)],
            0.95,
            reserve,
        )
    sheet.depth += flowers
    hues = [*REDS, ("3a55c8", "7a6fd8"), ("2f7f6d", "6fa04c"), ("f2c230", "e8a030")]
    for _ in range(150):
        _dot(
            sheet,
            rng.uniform(0, HEIGHT),
            rng.uniform(0, WIDTH),
            rng.lognormal(1.1, 0.5),
            hues[rng.integers(len(hues))],
            rng.uniform(0.4, 0.9),
        )
    return shrink(sheet.look())
