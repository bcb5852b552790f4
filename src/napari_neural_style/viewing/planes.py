"""The plane of a layer that a viewer shows, and its place on the canvas. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.viewing.showing import napari_reads

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Plane", "Sliders", "plane_of", "set_sliders", "shown_axes", "slice_named"]
__all__ += ["sliders_at", "through"]


class _Layer(Protocol):
    """A napari layer or a `Source`: its axes, without that of colours, and its transform."""

    @property
    def ndim(self) -> int: ...
    @property
    def units(self) -> Any: ...
    def data_to_world(self, position: Any) -> Any: ...


@dataclass(frozen=True)
class Sliders:
    """A snapshot of a viewer's sliders and order of axes.

    Parameters
    ----------
    point : tuple of float
        In world coordinates, one for each axis.
    margins : (tuple of float, tuple of float)
        Thickness of a slice before and after the point.
    order : tuple of int
        The order of the axes; the last two are rows and columns.
    ndisplay : int
        2, or 3 for the view of a volume.
    units : tuple or None
        The units of the world's axes.
    """

    point: tuple[float, ...]
    margins: tuple[tuple[float, ...], tuple[float, ...]]
    order: tuple[int, ...]
    ndisplay: int
    units: tuple[Any, ...] | None

    @property
    def plain(self) -> bool:
        """Whether there are only two axes, rows and columns, so that no slider is needed."""
        return self.order == (0, 1)

    @classmethod
    def of(cls, viewer: ViewerModel) -> Sliders:
        """Return the current state of a viewer."""
        dims = viewer.dims
        return cls(
            tuple(dims.point),
            (tuple(dims.margin_left), tuple(dims.margin_right)),
            tuple(dims.order),
            dims.ndisplay,
            None if dims.units is None else tuple(dims.units),
        )

    def to_record(self) -> dict[str, list[Any]]:
        """Return the values for `set_sliders`, as JSON can hold them."""
        return {
            "point": [float(value) for value in self.point],
            "margins": [[float(value) for value in side] for side in self.margins],
            "order": [int(axis) for axis in self.order],
        }


def set_sliders(viewer: ViewerModel, record: Mapping[str, Any]) -> None:
    """Set a viewer's sliders and order from a record; axes added or removed since are left out."""
    dims, point = viewer.dims, [float(value) for value in record["point"]]
    shared = min(dims.ndim, len(point))  # as napari aligns the last axes
    if not shared:
        return
    axes = range(dims.ndim - shared, dims.ndim)
    before, after = record["margins"]
    kept = dims.ndim - shared
    slice_ = "the slice that the sliders are set to"
    if len(point) == dims.ndim:
        with napari_reads(slice_):
            dims.order = tuple(record["order"])
    with napari_reads(slice_):
        dims.set_point(axes, point[-shared:])
    with napari_reads(slice_):
        dims.margin_left = (*dims.margin_left[:kept], *before[-shared:])
    with napari_reads(slice_):
        dims.margin_right = (*dims.margin_right[:kept], *after[-shared:])


@dataclass(frozen=True)
class Plane:
    """The plane of a layer that is shown.

    Parameters
    ----------
    axes : (int, int)
        The layer's axes that are shown as rows and columns.
    position : tuple of float
        The slice in data coordinates, one for each axis of the layer; 0 on `axes`.
    spread : (tuple of float, tuple of float)
        Thickness of the slice before and after the position.
    to_canvas : ndarray, shape (3, 3)
        Maps (row, column, 1) of the layer's data to the canvas, in the viewer's units.
    """

    axes: tuple[int, int]
    position: tuple[float, ...]
    spread: tuple[tuple[float, ...], tuple[float, ...]]
    to_canvas: NDArray[np.float64]


def shown_axes(ndim: int, sliders: Sliders) -> tuple[int, ...]:
    """Return a layer's axes in the viewer's order, aligned with the viewer's last axes."""
    offset = len(sliders.order) - ndim
    shown = [axis - offset for axis in sliders.order if axis >= offset]
    return (*range(max(0, -offset)), *shown)


def plane_of(layer: _Layer, sliders: Sliders) -> Plane:
    """Return the plane of a layer, of two axes or more, that a viewer shows."""
    order = shown_axes(layer.ndim, sliders)
    rows, columns = order[-2:]
    hidden = list(order[:-2])
    matrix = _world_matrix(layer, sliders)
    position = np.zeros(layer.ndim)
    spread = np.zeros((2, layer.ndim))
    if hidden:
        # As in napari, a rotation out of the shown plane is ignored.
        inverse = np.linalg.inv(_part(matrix, hidden))
        position[hidden] = (inverse @ [*_last(sliders.point, layer.ndim)[hidden], 1])[:-1]
        for side, margin in zip(spread, sliders.margins, strict=True):
            side[hidden] = np.abs(inverse[:-1, :-1] @ _last(margin, layer.ndim)[hidden])
    return Plane(
        (rows, columns),
        tuple(np.nan_to_num(position)),
        (tuple(spread[0]), tuple(spread[1])),
        _part(matrix, [rows, columns]),
    )


def sliders_at(layer: _Layer, sliders: Sliders, position: tuple[float, ...]) -> Sliders:
    """Return sliders moved to a position in a layer's data, one coordinate for each of its axes."""
    order = shown_axes(layer.ndim, sliders)
    hidden = list(order[:-2])
    world = _part(_world_matrix(layer, sliders), hidden) @ [*np.asarray(position)[hidden], 1]
    missing = max(0, layer.ndim - len(sliders.order))
    point = np.array([*(0.0,) * missing, *sliders.point])
    offset = len(point) - layer.ndim
    point[[axis + offset for axis in hidden]] = world[:-1]
    before, after = ((0.0,) * missing + margin for margin in sliders.margins)
    complete = order if missing else sliders.order
    return replace(sliders, point=tuple(point), margins=(before, after), order=complete)


def slice_named(first: Sequence[int], last: Sequence[int], hidden: Sequence[int]) -> str:
    """Return what to call a slice in an error, as in "slice 3, 0"; "" for a flat image.

    Parameters
    ----------
    first, last : sequence of int
        The slice, or the first and the last of those that are made one, on each axis.
    hidden : sequence of int
        The axes that are not shown.
    """
    ends = [(first[axis], last[axis]) for axis in hidden]
    told = ", ".join(str(low) if low == high else f"{low} to {high}" for low, high in ends)
    return f"slice {told}" if told else ""


def through(matrix: NDArray[Any], points: NDArray[Any]) -> NDArray[np.float64]:
    """Return points of shape (..., 2) mapped by a homogeneous matrix of shape (3, 3)."""
    moved: NDArray[np.float64] = points @ matrix[:2, :2].T + matrix[:2, 2]
    return moved


def _world_matrix(layer: _Layer, sliders: Sliders) -> NDArray[np.float64]:
    """Return the matrix from data to the viewer's world, shape (ndim + 1, ndim + 1)."""
    ndim = layer.ndim
    origin = np.asarray(layer.data_to_world((0.0,) * ndim))
    matrix = np.eye(ndim + 1)
    for axis in range(ndim):
        step = np.eye(ndim)[axis]
        matrix[:ndim, axis] = np.asarray(layer.data_to_world(tuple(step))) - origin
    matrix[:ndim, ndim] = origin
    if sliders.units is not None and len(sliders.units) >= ndim:
        ratios = [
            _in_base_units(own) / _in_base_units(world)
            for own, world in zip(layer.units, sliders.units[-ndim:], strict=True)
        ]
        matrix[:ndim] *= np.asarray(ratios)[:, np.newaxis]
    return matrix


def _in_base_units(unit: Any) -> float:
    import pint

    registry: Any = pint.get_application_registry()  # type: ignore[no-untyped-call]
    return float(registry.get_base_units(unit)[0])


def _part(matrix: NDArray[np.float64], axes: list[int]) -> NDArray[np.float64]:
    kept = [*axes, len(matrix) - 1]
    return matrix[np.ix_(kept, kept)]


def _last(values: tuple[float, ...], count: int) -> NDArray[np.float64]:
    padded = (0.0,) * (count - len(values)) + values
    return np.asarray(padded[-count:])
