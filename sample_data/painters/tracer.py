"""A tiny ray caster for convex solids: enough to light a town properly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .fields import Array


@dataclass
class Solid:
    """A convex solid, the intersection of half-spaces.

    Attributes
    ----------
    planes : ndarray of shape (n, 4)
        Outward unit normals and offsets: a point is inside if ``normal @ p <= offset``.
    low, high : ndarray of shape (3,)
        Bounding box.
    material : str
        Which surface to look up.
    traits : dict
        Whatever the surface needs to know, such as a colour.
    visible : bool
        False for solids that only throw shadows.
    """

    planes: Array
    low: Array
    high: Array
    material: str
    traits: dict = field(default_factory=dict)
    visible: bool = True

    def corners(self) -> Array:
        """Return the eight corners of the bounding box."""
        pick = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)], bool)
        return np.where(pick, self.high, self.low)


def box(
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    material: str,
    cuts: list[tuple[float, float, float, float]] | None = None,
    **traits: object,
) -> Solid:
    """Make a box, optionally cut by more planes.

    Parameters
    ----------
    low, high : tuple of float
        Opposite corners: x to the right, y away from the viewer, z up.
    material : str
        Which surface to look up.
    cuts : list of tuple of float, optional
        Further half-spaces (normal x, y, z, offset); normals need not be unit vectors.
    **traits : object
        Passed on to the surface.

    Returns
    -------
    Solid
        The solid.
    """
    planes = []
    for axis in range(3):
        for sign, bound in ((1.0, high[axis]), (-1.0, -low[axis])):
            plane = [0.0, 0.0, 0.0, bound]
            plane[axis] = sign
            planes.append(plane)
    rows = np.array([*planes, *(cuts or [])], np.float64)
    rows /= np.linalg.norm(rows[:, :3], axis=1, keepdims=True)
    return Solid(rows, np.array(low, float), np.array(high, float), material, traits)


def _enter(solid: Solid, origin: Array, ray: Array) -> tuple[Array, Array, Array]:
    """Return where each ray enters and leaves a solid, and through which plane."""
    near = np.full(len(ray), -np.inf)
    far = np.full(len(ray), np.inf)
    face = np.zeros(len(ray), np.int16)
    for i, (a, b, c, offset) in enumerate(solid.planes):
        speed = ray[:, 0] * a + ray[:, 1] * b + ray[:, 2] * c
        gap = offset - (origin[..., 0] * a + origin[..., 1] * b + origin[..., 2] * c)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = gap / speed
        entering = speed < -1e-9
        later = entering & (t > near)
        near[later] = t[later]
        face[later] = i
        far = np.where(speed > 1e-9, np.minimum(far, t), far)
        far = np.where((np.abs(speed) <= 1e-9) & (np.broadcast_to(gap, far.shape) < 0), -1, far)
    return near, far, face


@dataclass(frozen=True)
class Camera:
    """A level camera looking along y.

    Attributes
    ----------
    eye : tuple of float
        Position.
    focal : float
        Focal length in pixels.
    width, height : int
        Picture size in pixels.
    horizon : float
        Row of the horizon.
    """

    eye: tuple[float, float, float]
    focal: float
    width: int
    height: int
    horizon: float

    def rays(self) -> Array:
        """Return one direction per pixel, with unit y, row by row."""
        row, col = np.mgrid[0 : self.height, 0 : self.width] + 0.5
        across, up = (col - self.width / 2) / self.focal, (self.horizon - row) / self.focal
        return np.stack([across, np.ones_like(up), up], -1).reshape(-1, 3)

    def project(self, points: Array) -> tuple[Array, Array, Array]:
        """Return column, row and depth of points."""
        off = points - np.asarray(self.eye)
        depth = np.maximum(off[:, 1], 0.5)
        col = self.width / 2 + self.focal * off[:, 0] / depth
        return col, self.horizon - self.focal * off[:, 2] / depth, depth


def cast(solids: list[Solid], camera: Camera) -> tuple[Array, Array, Array]:
    """Find what every pixel sees.

    Parameters
    ----------
    solids : list of Solid
        The scene.
    camera : Camera
        The viewer.

    Returns
    -------
    depth, which, normal : ndarray
        Distance along y (infinite for sky), index of the solid (-1 for sky), and unit
        normal of the surface, for every pixel row by row.
    """
    rays = camera.rays()
    depth = np.full(len(rays), np.inf)
    which = np.full(len(rays), -1, np.int32)
    normal = np.zeros((len(rays), 3))
    numbers = np.arange(len(rays)).reshape(camera.height, camera.width)
    eye = np.asarray(camera.eye)
    for i, solid in enumerate(solids):
        if not solid.visible:
            continue
        col, row, _ = camera.project(solid.corners())
        rows = slice(max(int(row.min()) - 1, 0), max(int(row.max()) + 2, 0))
        cols = slice(max(int(col.min()) - 1, 0), max(int(col.max()) + 2, 0))
        pixels = numbers[rows, cols].ravel()
        if len(pixels) == 0:
            continue
        near, far, face = _enter(solid, eye, rays[pixels])
        hit = (near < far) & (near > 0.1) & (near < depth[pixels])
        pixels = pixels[hit]
        depth[pixels], which[pixels] = near[hit], i
        normal[pixels] = solid.planes[face[hit], :3]
    return depth, which, normal


def visible_from(solids: list[Solid], points: Array, towards: Array) -> Array:
    """Tell which points see a far-off light.

    Parameters
    ----------
    solids : list of Solid
        What may stand in the way.
    points : ndarray of shape (n, 3)
        Points, already lifted a little off their surface.
    towards : ndarray of shape (3,)
        Unit vector to the light.

    Returns
    -------
    ndarray of shape (n,)
        True where nothing is in the way.
    """
    side = np.cross(towards, (0.3, 0.9, 0.31))
    side /= np.linalg.norm(side)
    other = np.cross(towards, side)
    a, b, ahead = points @ side, points @ other, points @ towards
    free = np.ones(len(points), bool)
    for solid in solids:
        # Seen from the light, only points behind the solid's outline can be in its shade.
        corners = solid.corners()
        ca, cb = corners @ side, corners @ other
        maybe = free & (a > ca.min()) & (a < ca.max()) & (b > cb.min()) & (b < cb.max())
        maybe &= ahead < (corners @ towards).max()
        index = np.flatnonzero(maybe)
        if len(index) == 0:
            continue
        ray = np.broadcast_to(towards, (len(index), 3))
        near, far, _ = _enter(solid, points[index], ray)
        free[index[(near < far) & (far > 1e-3)]] = False
    return free
