"""A gabled riverside town in late light: a content picture, not a painting."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .fields import Array, fractal_noise, smoothstep, value_noise
from .finish import shrink
from .town_life import trees
from .town_scene import build
from .town_surfaces import Surfaces
from .tracer import Camera, Solid, cast, visible_from

WIDTH, HEIGHT, HORIZON = 1280, 960, 560.0
SUN = np.array([-0.62, -0.55, 0.56]) / np.linalg.norm([-0.62, -0.55, 0.56])
SUNLIGHT = np.array([2.75, 2.15, 1.5])
SKYLIGHT = np.array([0.50, 0.62, 0.84])
EYE = (0.0, -58.0, 6.0)


class _Sky:
    """Colour of the sky in any direction."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.sheet = fractal_noise(rng, (1024, 1024), 300, 7, 0.55)

    def look(self, ray: Array) -> Array:
        """Return linear colours for directions (n, 3)."""
        unit = ray / np.linalg.norm(ray, axis=1, keepdims=True)
        up = np.clip(unit[:, 2], 0, 1)
        low, high = np.array([0.88, 0.76, 0.62]), np.array([0.10, 0.27, 0.62])
        clear = low + (high - low) * (smoothstep(-0.08, 0.42, up) ** 0.75)[:, None]
        # Clouds lie on a flat layer, so they crowd together towards the horizon.
        across = unit[:, 0] / (up + 0.14) * 150 + 512
        ahead = unit[:, 1] / (up + 0.14) * 120

        def read(dx: float, dy: float) -> Array:
            at = np.stack([ahead + dy, across + dx])
            return ndimage.map_coordinates(self.sheet, at, order=1, mode="mirror")

        here = read(0, 0)
        thick = smoothstep(0.5, 0.8, here) * smoothstep(0.0, 0.1, up)
        lit = np.clip(0.62 + 2.4 * (here - read(-22, -16)), 0.25, 1.15)
        bright, dark = np.array([1.18, 1.08, 0.96]), np.array([0.52, 0.55, 0.63])
        cloud = dark + (bright - dark) * lit[:, None]
        return clear * (1 - 0.85 * thick[:, None]) + cloud * 0.85 * thick[:, None]


def _sky_directions() -> Array:
    """Eight directions spread over the sky, to measure how open a place is."""
    turn = np.arange(8) * 2.399963
    up = 0.15 + 0.8 * (np.arange(8) * 5 % 8 + 0.5) / 8
    flat = np.sqrt(1 - up**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), up], 1)


def _haze(colour: Array, depth: Array) -> Array:
    """Let the air between here and there take part."""
    share = (1 - np.exp(-np.clip(depth - 40, 0, None) / 1500))[:, None]
    return colour * (1 - share) + np.array([0.66, 0.68, 0.72]) * share


def _render(
    solids: list[Solid], surfaces: Surfaces, sky: _Sky, leaves: tuple[Array, ...], camera: Camera
) -> Array:
    """Render what a camera sees, the water's surface excepted."""
    rays = camera.rays()
    depth, which, normal = cast(solids, camera)
    colour = sky.look(np.where(rays[:, 2:] > 0, rays, rays * (1, 1, 0)))
    seen = np.flatnonzero(which >= 0)
    points = np.asarray(camera.eye) + rays[seen] * depth[seen, None]
    lifted = points + normal[seen] * 0.03
    albedo, mirror = np.zeros((len(seen), 3)), np.zeros(len(seen))
    for i in np.unique(which[seen]):
        mine = which[seen] == i
        albedo[mine], mirror[mine] = surfaces.look(solids[i], points[mine], normal[seen][mine])
    facing = np.clip(normal[seen] @ SUN, 0, None)
    direct = facing * visible_from(solids, lifted, SUN)
    # Neighbouring sub-pixels probe different parts of the sky; shrinking averages them.
    dome = _sky_directions()
    row, col = np.divmod(seen, camera.width)
    open_sky = np.zeros(len(seen))
    for k, towards in enumerate(dome):
        turn = (row % 2) * 2 + col % 2 == k % 4
        free = visible_from(solids, lifted[turn], towards)
        open_sky[turn] += free * np.clip(normal[seen][turn] @ towards + 0.25, 0, None)
    ambient = 0.10 + 0.50 * open_sky
    bounce = np.clip(0.5 - 0.5 * normal[seen][:, 2], 0, 1) * 0.22
    light = direct[:, None] * SUNLIGHT + ambient[:, None] * SKYLIGHT
    light = light + bounce[:, None] * np.array([1.0, 0.8, 0.58])
    surface = albedo * light * 0.62
    reflected = sky.look(
        rays[seen]
        - 2 * (rays[seen] * normal[seen]).sum(1, keepdims=True) * normal[seen]
        + (0, 0, 0.12)
    )
    surface += mirror[:, None] * reflected * 0.62
    colour[seen] = _haze(surface, depth[seen])
    _splat(colour, depth, leaves, camera)
    return colour.reshape(camera.height, camera.width, 3)


def _leaves(solids: list[Solid], rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Scatter leaves over the tree crowns; return positions, colours, sizes."""
    centre, radius, tint = trees(rng)
    distance = centre[:, 1] - EYE[1]
    dense = np.where(distance < 70, 8, 1.3)  # leaves can be told apart on the quay only
    count = np.clip((radius[:, 0] / distance) ** 2 * 2.7e5 * dense, 12, 2600).astype(int)
    owner = np.repeat(np.arange(len(centre)), count)
    out = rng.normal(size=(len(owner), 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    shell = rng.random(len(owner)) ** 0.3
    at = centre[owner] + out * radius[owner] * shell[:, None]
    sunny = np.clip(0.25 + 0.75 * (out @ SUN), 0, 1) * shell**2
    sunny = sunny * visible_from(solids, at + SUN * 0.4, SUN)
    above = 0.3 + 0.7 * np.clip(0.5 + 0.5 * out[:, 2], 0, 1) * shell
    speckle = rng.lognormal(-0.05, 0.4, len(owner))[:, None]
    light = sunny[:, None] * SUNLIGHT * 0.8 + above[:, None] * SKYLIGHT * 0.55
    colour = tint[owner] * light * speckle * 0.85
    size = np.clip(0.16 * radius[owner][:, 0], 0.06, 0.11 + 0.0022 * distance[owner])
    return at, colour, size


def _splat(colour: Array, depth: Array, leaves: tuple[Array, ...], camera: Camera) -> None:
    """Draw leaves as small discs, far ones first, hidden behind what is nearer."""
    at, tint, size = leaves
    col, row, far = camera.project(at)
    order = np.argsort(-far, kind="stable")
    col, row, far, tint, size = col[order], row[order], far[order], tint[order], size[order]
    reach = np.clip(size * camera.focal / far, 0.8, 5.0)
    tint = _haze(tint, far)
    pieces = []
    for dy in range(-5, 6):
        for dx in range(-5, 6):
            near = np.flatnonzero(dy * dy + 1.4 * dx * dx <= reach**2)
            pieces.append((near, (row[near] + dy).astype(int), (col[near] + dx).astype(int)))
    number = np.concatenate([p[0] for p in pieces])
    rows = np.concatenate([p[1] for p in pieces])
    cols = np.concatenate([p[2] for p in pieces])
    keep = (rows >= 0) & (rows < camera.height) & (cols >= 0) & (cols < camera.width)
    number, spot = number[keep], rows[keep] * camera.width + cols[keep]
    front = far[number] < depth[spot]
    number, spot = number[front], spot[front]
    nearest = np.argsort(number, kind="stable")  # numbers run from far to near
    colour[spot[nearest]] = tint[number[nearest]]


def _water(mirrored: Array, rng: np.random.Generator) -> Array:
    """Turn the mirrored scene into a reflection on rippled water."""
    rows = np.arange(HEIGHT) + 0.5
    down = np.clip(rows - HORIZON, 1.0, None)
    distance = 1280 * EYE[2] / down
    col = np.arange(WIDTH)
    across = (col[None, :] - WIDTH / 2) * distance[:, None] / 1280
    ahead = np.broadcast_to(distance[:, None], across.shape)
    tilt = np.zeros((2, *across.shape))
    for cell, weight in ((0.55, 0.22), (1.3, 0.4), (3.4, 0.6), (9.0, 0.55)):
        sheet = value_noise(rng, (1024, 1024), 8)
        gy, gx = np.gradient(sheet)
        at = np.stack([ahead * 8 / (cell * 0.6), across * 8 / cell + 480])
        # Ripples smaller than a pixel would only flicker, so they fade with distance.
        fade = np.clip(down[:, None] * cell / 60, 0, 1)
        for i, slope in enumerate((gy, gx)):
            tilt[i] += weight * fade * ndimage.map_coordinates(slope, at, order=1, mode="mirror")
    stretch = (13 + 0.42 * down)[:, None]
    calm = 0.75 + 0.5 * value_noise(rng, (HEIGHT, WIDTH), (40, 500))
    row_at = 2 * HORIZON - rows[:, None] + tilt[0] * 5.0 * stretch * calm
    col_at = col[None, :] + tilt[1] * 1.6 * stretch * calm
    planes = [
        ndimage.map_coordinates(
            mirrored[..., c], np.stack([row_at, col_at]), order=1, mode="nearest"
        )
        for c in range(3)
    ]
    seen = np.stack(planes, -1)
    look_down = down / np.hypot(down, 1280)
    fresnel = 0.06 + 0.86 * (1 - look_down) ** 4.5
    fresnel = np.clip(fresnel[:, None] + 1.2 * tilt[0], 0.12, 0.92)[..., None]
    body = np.array([0.035, 0.06, 0.06])
    return seen * fresnel + body * (1 - fresnel) * 1.4


def paint(rng: np.random.Generator) -> Array:
    """Render the town.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (height, width, 3)
        Colours in 0..1.
    """
    solids = build(rng)
    surfaces, sky = Surfaces(rng), _Sky(rng)
    leaves = _leaves(solids, rng)
    focal = 1280.0
    view = _render(solids, surfaces, sky, leaves, Camera(EYE, focal, WIDTH, HEIGHT, HORIZON))
    below = Camera((EYE[0], EYE[1], -EYE[2]), focal, WIDTH, int(HORIZON) + 40, HORIZON)
    water = _water(_render(solids, surfaces, sky, leaves, below), rng)
    camera = Camera(EYE, focal, WIDTH, HEIGHT, HORIZON)
    depth, _, _ = cast(solids, camera)
    rays = camera.rays()
    surface_depth = np.where(rays[:, 2] < 0, -EYE[2] / np.minimum(rays[:, 2], -1e-6), np.inf)
    wet = (surface_depth < depth).reshape(HEIGHT, WIDTH)
    view[wet] = water[wet]

    small = shrink(view)
    # A lens softens a little and glows a little around what is bright.
    glow = np.stack([ndimage.gaussian_filter(small[..., c], 9) for c in range(3)], -1)
    small = 0.94 * small + 0.06 * glow
    exposed = 1 - np.exp(-1.8 * np.clip(small - 0.008, 0, None) ** 1.26)
    picture = np.clip(exposed, 0, 1) ** (1 / 2.2)
    picture = picture + 0.12 * (picture - 0.5) * (1 - np.abs(2 * picture - 1))
    y, x = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    picture = picture * (1 - 0.10 * (x**2 + y**2) / 2)[..., None]
    grain = rng.normal(0, 0.008, picture.shape[:2])[..., None] + rng.normal(0, 0.004, picture.shape)
    return np.clip(picture + grain, 0, 1).astype(np.float32)
