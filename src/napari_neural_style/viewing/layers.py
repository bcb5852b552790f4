"""Find the viewer's layers, and read what they show. Qt-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_neural_style.errors import ImageError
from napari_neural_style.one_line import brief
from napari_neural_style.pictures.images import FloatImage
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Sliders, plane_of, through
from napari_neural_style.viewing.sources import Source, Window

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer, Shapes

__all__ = ["bare", "checked_window", "find_layer", "find_region", "named_layer", "read_layer"]
__all__ += ["region_window", "when_removed"]

_Thing = TypeVar("_Thing")


def bare(thing: _Thing) -> _Thing:
    """Return the viewer or layer behind napari's proxy of it, or the object itself.

    A proxy is a new object at every access: its identity means nothing, and a weak reference to it
    dies at once.
    """
    return getattr(thing, "__wrapped__", thing)


def named_layer(viewer: ViewerModel, layer: Layer | str, what: str) -> Layer:
    """Return a layer, given itself or its name; `what` names its role ("content") in the error.

    Raises
    ------
    ImageError
        If there is no layer of that name.
    """
    if not isinstance(layer, str):
        return layer
    if layer not in viewer.layers:
        there = ", ".join(brief(other.name) for other in viewer.layers) or "none"
        raise ImageError(f"There is no {what} layer {brief(layer)}; the layers are: {there}.")
    return viewer.layers[layer]


def find_layer(viewer: ViewerModel, layer: Image | str, what: str) -> Image:
    """Return an image layer, as `named_layer` does.

    Raises
    ------
    ImageError
        If there is no layer of that name, or it is not an image layer.
    """
    from napari.layers import Image

    found = named_layer(viewer, layer, what)
    if not isinstance(found, Image):
        raise ImageError(f"The {what} {found!r} is not an image layer: choose one.")
    return found


def find_region(viewer: ViewerModel, layer: Shapes | str) -> Shapes:
    """Return a shapes layer, given itself or its name.

    Raises
    ------
    ImageError
        If there is no layer of that name, it is not a shapes layer, or nothing is drawn on it.
    """
    from napari.layers import Shapes

    found = named_layer(viewer, layer, "region")
    if not isinstance(found, Shapes):
        raise ImageError(f"The region {found!r} is not a shapes layer: draw a rectangle on one.")
    if not len(found.data):
        raise ImageError(f"The region layer {found.name!r} is empty: draw a rectangle on it.")
    return found


def region_window(source: Source, sliders: Sliders, region: Shapes) -> Window:
    """Return the bounding box, in pixels of the source, of the selected shapes, or of all if none.

    Raises
    ------
    ImageError
        If it lies outside the source.
    """
    sliders = replace(sliders, ndisplay=2)
    plane, own = source.plane(sliders), plane_of(region, sliders)
    chosen = sorted(region.selected_data) or range(len(region.data))
    corners = np.concatenate([np.asarray(region.data[k])[:, list(own.axes)] for k in chosen])
    points = through(np.linalg.inv(plane.to_canvas) @ own.to_canvas, corners)
    rows, columns = (
        (max(int(np.ceil(low)), 0), min(int(np.floor(high)) + 1, length))
        for low, high, (_, length) in zip(
            np.round(points.min(0), 9), np.round(points.max(0), 9), source.whole(plane), strict=True
        )
    )
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        raise ImageError(
            f"The region layer {region.name!r} does not lie over the {source.title}: draw its "
            f"rectangle there."
        )
    return rows, columns


def checked_window(window: Any, source: Source, sliders: Sliders) -> Window:
    """Return ``((top, bottom), (left, right))``, the ends excluded, as integers.

    Raises
    ------
    ImageError
        If it does not have that form or does not lie within the source.
    """
    whole = source.whole(source.plane(replace(sliders, ndisplay=2)))
    try:
        (top, bottom), (left, right) = ((int(a), int(b)) for a, b in window)
    except (TypeError, ValueError):
        raise ImageError(
            f"The region {window!r} is no ((top, bottom), (left, right)): give a shapes layer, or "
            f"such numbers in pixels."
        ) from None
    for (start, stop), (_, length) in zip(((top, bottom), (left, right)), whole, strict=True):
        if not 0 <= start < stop <= length:
            raise ImageError(
                f"The region from {start} to {stop} does not lie within the {source.title}, which "
                f"goes from 0 to {length} there."
            )
    return (top, bottom), (left, right)


def read_layer(
    viewer: ViewerModel,
    layer: Image,
    what: str = "layer",
    *,
    size: int | None = None,
    region: Shapes | None = None,
    sliders: Sliders | None = None,
) -> tuple[FloatImage, Placement]:
    """Return what a layer shows, and the placement of a result made from it.

    This is the slice that the viewer shows, and the level of a pyramid that fits the size, as
    displayed with contrast limits, gamma and colormap.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    layer : napari.layers.Image
    what : str
        Its role in error messages.
    size : int, optional
        Longest side, in pixels, that is needed; by default the finest level is read.
    region : napari.layers.Shapes, optional
        Reads only the part in `region_window`.
    sliders : Sliders, optional
        By default as they stand in the viewer.

    Returns
    -------
    rgb : ndarray of float32, shape (H, W, 3)
        In [0, 1].
    placement : Placement

    Raises
    ------
    ImageError
        If the layer cannot be stylised as it is.
    """
    source = Source.of(layer, what)
    sliders = sliders or Sliders.of(viewer)
    window = None if region is None else region_window(source, sliders, region)
    return source.read_at(sliders, size, window)


def when_removed(viewer: ViewerModel, layer: Layer, call: Callable[[], object]) -> None:
    """Call a function once, when a layer is removed from a viewer."""
    removed = viewer.layers.events.removed

    def on_removed(event: Any) -> None:
        if event.value is layer:
            removed.disconnect(on_removed)
            call()

    removed.connect(on_removed)
