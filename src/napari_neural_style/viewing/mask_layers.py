"""Masks that are painted or drawn in napari, brought to the pixels of what they lie over. Qt-free.

A mask is a labels layer, a shapes layer whose shapes count as labels 1, 2, 3 in their order, or an
image layer of one channel whose pixels are strengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, NothingToPaint
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.viewing.layers import named_layer
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Plane, Sliders, plane_of, slice_named, through
from napari_neural_style.viewing.sources import Source
from napari_neural_style.viewing.strength_layers import as_strengths, can_be_strengths, on_grid

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Labels, Layer, Shapes

__all__ = ["check_labels", "find_mask", "frozen", "labels_of", "labels_on", "new_mask"]

#: Masks of more pixels are looked at in the slice that is shown only.
_MOST_PIXELS = 50_000_000
#: Longest side of a new mask: finer than any brush, and still small in memory.
_LONGEST = 4096


def find_mask(
    viewer: ViewerModel, layer: Layer | str, what: str = "content mask"
) -> Labels | Shapes | Image:
    """Return a layer of the viewer that can be a mask, given itself or its name.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    layer : napari.layers.Labels, napari.layers.Shapes, napari.layers.Image or str
    what : str
        What to call it in an error.

    Raises
    ------
    ImageError
        If there is none of that name, or it is of another kind.
    """
    from napari.layers import Labels, Shapes

    found: Any = named_layer(viewer, layer, what)
    if not (isinstance(found, Labels | Shapes) or can_be_strengths(found)):
        raise ImageError(
            f"The {what} {found!r} is neither a labels nor a shapes layer, nor an image of one "
            f"channel: paint it on one."
        )
    return found


def labels_of(layer: Labels | Shapes | Image, sliders: Sliders) -> list[int]:
    """Return the labels that a mask has, without 0; none of an image.

    All of them if it lies in memory and is of ordinary size; else those of the slice that is shown.

    Parameters
    ----------
    layer : napari.layers.Labels, napari.layers.Shapes or napari.layers.Image
    sliders : Sliders
        Which slice is shown.
    """
    from napari.layers import Image, Labels

    if isinstance(layer, Image):
        return []
    if not isinstance(layer, Labels):
        return list(range(1, len(layer.data) + 1))
    data = layer.data[0] if layer.multiscale else layer.data
    if not isinstance(data, np.ndarray) or data.size > _MOST_PIXELS:
        data = _slice_of(layer, plane_of(layer, sliders))
    if data is None or not data.size:
        return []
    low, high = int(data.min()), int(data.max())
    if low < 0 or high > _MOST_PIXELS:
        return [int(label) for label in np.unique(data) if label]
    # Much faster than sorting, and it is asked for after every stroke of a brush.
    there = np.zeros(high + 1, bool)
    there[data.ravel()] = True
    return [int(label) for label in np.flatnonzero(there) if label]


def check_labels(styles: Mapping[int, Any], there: list[int]) -> None:
    """Raise `ImageError` if there are styles for labels that no slice of a mask has.

    Parameters
    ----------
    styles : mapping
        Something for each label.
    there : list of int
        The labels of the mask.
    """
    for label in styles:
        if label not in there:
            listed = ", ".join(map(str, there[:20])) or "none"
            raise ImageError(
                f"There is a style for the label {label!r}, which the content mask does not have: "
                f"its labels are {listed}."
            )


def frozen(layer: Labels | Shapes | Image) -> Labels | Shapes | Image:
    """Return a copy of a mask, for the user may go on painting while a run needs it."""
    from napari.layers import Layer as AnyLayer

    data, meta, kind = layer.as_layer_data_tuple()
    copied = data.copy() if isinstance(data, np.ndarray) else deepcopy(data)
    # Hidden, for napari reads at once what it shows, and a lazy chunk may be unreadable.
    copy: Labels | Shapes | Image = AnyLayer.create(copied, {**meta, "visible": False}, kind)
    return copy


def new_mask(viewer: ViewerModel, content: Source, sliders: Sliders) -> Labels:
    """Add an empty labels layer to a viewer, exactly over an image, ready to paint.

    Over a stack or a film it is flat, and holds for all slices.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content : Source
        The image.
    sliders : Sliders

    Raises
    ------
    ImageError
        If the image is shown as a volume.
    """
    from napari.layers import Labels

    plane = content.plane(sliders)
    placement = content.place(plane, _LONGEST)
    transforms: dict[str, Any] = placement.transforms
    shape: tuple[int, ...] = placement.shape
    if content.ndim > 2:
        if sliders.order[-2:] == (len(sliders.order) - 2, len(sliders.order) - 1):
            units = {} if sliders.units is None else {"units": sliders.units[-2:]}
            transforms = {"affine": placement.to_canvas, **units}
        else:  # A flat layer would lie on other axes than those that are shown.
            transforms, shape = content.transforms, content.shape
    elif placement.axes == (1, 0):
        shape = shape[::-1]
    mask = Labels(np.zeros(shape, np.int32), name="mask", **transforms)
    viewer.add_layer(mask)
    viewer.layers.selection.active = mask
    mask.brush_size = max(5, max(placement.shape) // 12)
    mask.mode = "paint"
    return mask


def labels_on(
    layer: Labels | Shapes | Image,
    placement: Placement,
    sliders: Sliders,
    what: str = "content mask",
) -> NDArray[Any]:
    """Return the label that each pixel of an image has by a mask, as both lie on the canvas.

    The nearest pixel of a labels layer counts, through all transforms of both layers; what lies
    beyond it is 0. Of an image layer it is no label, but a strength between 0 and 1. A mask with
    fewer axes holds for all slices, one with as many for its own.

    Parameters
    ----------
    layer : napari.layers.Labels, napari.layers.Shapes or napari.layers.Image
    placement : Placement
        Of the image, as `read_layer` returns it.
    sliders : Sliders
        Which slice is shown.
    what : str
        What to call the mask in an error.

    Returns
    -------
    ndarray of int64, or of float32, shape (H, W)
        0 is outside of the mask.

    Raises
    ------
    ImageError
        If nothing is painted on what is shown of it, or what is painted lies elsewhere.
    """
    from napari.layers import Image, Labels

    title = f"{what} layer {layer.name!r}"
    plane = plane_of(layer, sliders)
    onto = np.linalg.inv(plane.to_canvas) @ placement.to_canvas
    labels: NDArray[Any]
    if isinstance(layer, Image):
        values = _slice_of(layer, plane)
        if values is None:
            values = np.zeros((1, 1))
        labels = on_grid(as_strengths(values, title), onto, placement.shape)
        anything = bool(values.any())
    else:
        read = _painted if isinstance(layer, Labels) else _drawn
        labels, anything = read(layer, plane, onto, placement.shape)
    if not anything:
        raise NothingToPaint(f"The {title} is empty here: paint on it, in the slice that is shown.")
    if not labels.any():
        raise ImageError(f"The {title} does not lie over its image: paint it there.")
    return labels


def _painted(
    layer: Labels, plane: Plane, onto: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.int64], bool]:
    """Return the labels on a grid, and whether there are any in the plane at all."""
    painted = _slice_of(layer, plane)
    if painted is None:
        return np.zeros(shape, np.int64), False  # napari shows nothing of it here either.
    grid = np.moveaxis(np.indices(shape), 0, -1)
    places = np.rint(np.round(through(onto, grid), 9)).astype(int)
    inside = ((places >= 0) & (places < painted.shape)).all(axis=-1)
    labels = np.zeros(shape, np.int64)
    labels[inside] = painted[tuple(places[inside].T)]
    return labels, bool(painted.any())


def _slice_of(layer: Labels | Image, plane: Plane) -> NDArray[Any] | None:
    """Return what a layer has in a plane, rows by columns as they are shown; None beyond it."""
    data = layer.data[0] if layer.multiscale else layer.data
    index = np.rint(plane.position).astype(int)
    if ((index < 0) | (index >= data.shape)).any():
        return None
    key: list[int | slice] = [int(k) for k in index]
    rows, columns = plane.axes
    key[rows] = key[columns] = slice(None)
    hidden = [axis for axis in range(len(index)) if axis not in plane.axes]
    which = slice_named(list(index), list(index), hidden)
    painted = loaded(data, f"mask layer {layer.name!r}", tuple(key), which)
    return painted.swapaxes(0, 1) if rows > columns else painted


def _drawn(
    layer: Shapes, plane: Plane, onto: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.int64], bool]:
    """Return the labels on a grid, and whether there are any shapes in the plane at all."""
    from napari.layers import Shapes

    hidden = [axis for axis in range(layer.ndim) if axis not in plane.axes]
    position = np.rint(np.asarray(plane.position)[hidden])
    back = np.linalg.inv(onto)
    labels = np.zeros(shape, np.int64)
    anything = False
    for number, (corners, kind) in enumerate(
        zip(layer.data, layer.shape_type, strict=True), start=1
    ):
        corners = np.asarray(corners, np.float64)
        if (np.rint(corners[:, hidden]) != position).any():
            continue
        anything = True
        # Drawn anew on the image's own pixels: napari draws on whole pixels of the shapes' own.
        points = through(back, corners[:, list(plane.axes)])
        drawn = Shapes([points], shape_type=kind, edge_width=0).to_labels(shape)
        labels[drawn > 0] = number
    return labels, anything
