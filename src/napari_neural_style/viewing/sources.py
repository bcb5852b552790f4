"""A layer as a run remembers it: its data, how it is displayed, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.images import FloatImage
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.viewing.appearance import as_displayed
from napari_neural_style.viewing.placement import OWN_TRANSFORM, Placement
from napari_neural_style.viewing.planes import Plane, Sliders, plane_of, slice_named

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["Source", "Window"]

#: First and last row and column, the last one not included, in pixels of the finest level.
Window = tuple[tuple[int, int], tuple[int, int]]
_Spans = Iterable[tuple[int, ...]]

_PROJECTIONS: dict[str, Callable[..., NDArray[Any]]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
}


@dataclass(frozen=True)
class Source:
    """An image layer as it was when it was asked: the user may rename, edit or delete it since.

    The data themselves are not copied, and read only where `read` is asked for them.

    Parameters
    ----------
    title : str
        What to call it in an error, such as ``"content layer 'photo'"``.
    levels : tuple of array_like
        Its data, the finest level first; one level if it is no pyramid.
    rgb : bool
    contrast_limits : (float, float)
    gamma : float
    colormap : napari.utils.Colormap
    projection : str
        How thick slices are made one.
    transforms : dict
        Arguments of napari's `Image` that say where it lies.
    """

    title: str
    levels: tuple[Any, ...]
    rgb: bool
    contrast_limits: tuple[float, float]
    gamma: float
    colormap: Any
    projection: str
    transforms: dict[str, Any]

    @classmethod
    def of(cls, layer: Image, what: str = "layer") -> Source:
        """Return a record of a layer.

        Parameters
        ----------
        layer : napari.layers.Image
        what : str
            What to call it in an error: "content", "style" ...

        Raises
        ------
        ImageError
            If nothing can be read from it.
        """
        title = f"{what} {layer.name!r}" if what == "layer" else f"{what} layer {layer.name!r}"
        levels = tuple(layer.data) if layer.multiscale else (layer.data,)
        if 0 in levels[0].shape:
            raise ImageError(f"The {title} is empty: its shape is {levels[0].shape}.")
        if np.dtype(layer.dtype).kind not in "buif":
            raise ImageError(
                f"The {title} holds values of type {layer.dtype}: make it real numbers first, for "
                f"example their absolute values."
            )
        low, high = layer.contrast_limits
        return cls(
            title,
            levels,
            bool(layer.rgb),
            (float(low), float(high)),
            float(layer.gamma),
            layer.colormap,
            str(layer.projection_mode),
            {
                **{name: np.array(getattr(layer, name)) for name in OWN_TRANSFORM},
                "affine": np.array(layer.affine.affine_matrix),
                "units": layer.units,
                "axis_labels": layer.axis_labels,
            },
        )

    def without_data(self) -> Source:
        """Return what says where it lies and how large it is, and holds no pixels."""
        stand_ins = (np.broadcast_to(np.uint8(0), level.shape) for level in self.levels)
        return replace(self, levels=tuple(stand_ins))

    @property
    def ndim(self) -> int:
        """Number of axes, without that of colours."""
        return len(self.transforms["scale"])

    @property
    def units(self) -> Any:
        """One unit for each axis."""
        return self.transforms["units"]

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis, without that of colours, at the finest level."""
        return tuple(self.levels[0].shape[: self.ndim])

    def data_to_world(self, position: Any) -> NDArray[np.float64]:
        """Return a position in the world, given one in the data."""
        physical = np.append(self._own_transform()(position), 1)
        world: NDArray[np.float64] = (self.transforms["affine"] @ physical)[:-1]
        return world

    @property
    def grid(self) -> Source:
        """The source whose pixels are read: this one."""
        return self

    def plane(self, sliders: Sliders) -> Plane:
        """Return the plane that a viewer with these sliders shows.

        Raises
        ------
        ImageError
            If it shows a volume.
        """
        if sliders.ndisplay == 3 and self.ndim > 2:
            raise ImageError(
                f"The {self.title} is shown as a volume: switch to the 2D view (the button at the "
                f"lower left) and choose a slice."
            )
        return plane_of(self, sliders)

    def read(
        self, plane: Plane, size: int | None = None, window: Window | None = None
    ) -> tuple[FloatImage, Placement]:
        """Return what a plane of the layer shows, and where a result made from it belongs.

        Parameters
        ----------
        plane : Plane
        size : int, optional
            Of a pyramid, the coarsest level is read whose longest side has this many pixels.
        window : Window, optional
            The part wanted; else all of it.

        Returns
        -------
        rgb : ndarray of float32, shape (H, W, 3)
            In [0, 1].
        placement : Placement

        Raises
        ------
        ImageError
            If it cannot be painted as it is.
        """
        rgb, placement = self.look(plane, size, window)
        if placement.alpha is not None and not placement.alpha.any():
            raise ImageError(
                f"The {self.title} is transparent everywhere: there is nothing to see."
            )
        return rgb, placement

    def look(
        self, plane: Plane, size: int | None = None, window: Window | None = None
    ) -> tuple[FloatImage, Placement]:
        """Do as `read` does, and take what is transparent as well."""
        level, factors, area = self._part(plane, size, window)
        pixels = self._pixels(level, plane, area, factors)
        rgb, alpha = as_displayed(pixels, self)
        return rgb, replace(self.place(plane, size, window), alpha=alpha)

    def glance(self, sliders: Sliders, size: int) -> tuple[FloatImage, NDArray[np.uint8] | None]:
        """Return RGB and alpha of every so many pixels, at least `size` along the longest side."""
        plane = self.plane(sliders)
        level, factors, area = self._part(plane, size, None)
        step = max(1, max(stop for _, stop in area) // size)
        spans = [(*span, step) for span in area]
        return as_displayed(self._pixels(level, plane, spans, factors), self)

    def place(
        self, plane: Plane, size: int | None = None, window: Window | None = None
    ) -> Placement:
        """Return where a result made from what `read` reads belongs, without reading it."""
        _, factors, area = self._part(plane, size, window)
        # A level covers the same extent as the finest one, in fewer and larger pixels.
        steps = np.ones(self.ndim)
        origin = np.asarray(self.index(plane), float)
        for axis, (start, _) in zip(plane.axes, area, strict=True):
            steps[axis] = factors[axis]
            origin[axis] = (start + 0.5) * factors[axis] - 0.5
        axes = list(plane.axes)
        inside = np.diag([*steps[axes], 1.0])
        inside[:2, 2] = origin[axes]
        (top, bottom), (left, right) = area
        return Placement(
            (bottom - top, right - left),
            None,
            plane.axes,
            {
                **self.transforms,
                "scale": self.transforms["scale"] * steps,
                "translate": np.asarray(self._own_transform()(origin)),
            },
            plane.to_canvas @ inside,
        )

    def read_at(
        self, sliders: Sliders, size: int | None = None, window: Window | None = None
    ) -> tuple[FloatImage, Placement]:
        """Do as `read` does, with the plane that a viewer with these sliders shows."""
        return self.read(self.plane(sliders), size, window)

    def whole(self, plane: Plane) -> Window:
        """Return the window that holds all of a plane."""
        rows, columns = plane.axes
        return (0, self.shape[rows]), (0, self.shape[columns])

    def index(self, plane: Plane) -> tuple[int, ...]:
        """Return the slice nearest to a plane's position, one number for each axis."""
        return _nearest(plane.position, self.shape)

    def _part(
        self, plane: Plane, size: int | None, window: Window | None
    ) -> tuple[Any, NDArray[np.float64], Window]:
        """Return the level to read, how much coarser it is, and the window in its own pixels."""
        window = window or self.whole(plane)
        level = self._level(plane, size, window)
        factors = np.divide(self.shape, level.shape[: self.ndim])
        rows, columns = (
            (int(start // factors[axis]), min(ceil(stop / factors[axis]), level.shape[axis]))
            for (start, stop), axis in zip(window, plane.axes, strict=True)
        )
        return level, factors, (rows, columns)

    def _level(self, plane: Plane, size: int | None, window: Window) -> Any:
        if size is None:
            return self.levels[0]
        part = max(stop - start for start, stop in window) / max(self._sides(0, plane))
        enough = [
            level
            for number, level in enumerate(self.levels)
            if max(self._sides(number, plane)) * part >= size
        ]
        return enough[-1] if enough else self.levels[0]

    def _sides(self, level: int, plane: Plane) -> tuple[int, int]:
        rows, columns = plane.axes
        shape = self.levels[level].shape
        return shape[rows], shape[columns]

    def _pixels(
        self, level: Any, plane: Plane, area: _Spans, factors: NDArray[np.float64]
    ) -> NDArray[Any]:
        shape = level.shape[: self.ndim]
        position = plane.position / factors
        first = last = _nearest(tuple(position), shape)
        if self.projection != "none":
            first = _nearest(tuple((plane.position - np.asarray(plane.spread[0])) / factors), shape)
            last = _nearest(tuple((plane.position + np.asarray(plane.spread[1])) / factors), shape)
        key: list[slice] = [slice(low, high + 1) for low, high in zip(first, last, strict=True)]
        for axis, span in zip(plane.axes, area, strict=True):
            key[axis] = slice(*span)
        others = tuple(sorted({*range(self.ndim)} - {*plane.axes}))
        pixels = loaded(level, self.title, tuple(key), slice_named(first, last, others))
        if first == last:
            pixels = pixels.squeeze(others)
        else:
            pixels = _PROJECTIONS[self.projection](pixels, axis=others)
        rows, columns = plane.axes
        return pixels.swapaxes(0, 1) if rows > columns else pixels

    def _own_transform(self) -> Any:
        from napari.utils.transforms import Affine

        own = {name: self.transforms[name] for name in OWN_TRANSFORM}
        return Affine(**own, ndim=self.ndim)


def _nearest(position: tuple[float, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    clipped = np.clip(np.rint(position), 0, np.asarray(shape) - 1)
    return tuple(int(p) for p in clipped)
