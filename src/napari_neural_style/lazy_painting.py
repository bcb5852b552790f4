"""Pictures of any size painted with a look, tile by tile, when they are asked for: dask arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, LookError
from napari_neural_style.job import Engine, Job, Place
from napari_neural_style.look_network import TILE, LookNetwork
from napari_neural_style.looks.look import Look, opened
from napari_neural_style.pictures.images import from_rgb, to_rgb
from napari_neural_style.process import engine_process
from napari_neural_style.progress import Progress
from napari_neural_style.settings import LARGEST_SIZE, Settings

if TYPE_CHECKING:
    import dask.array

__all__ = ["paint_lazily"]

_WHITE = {"uint8": 255, "uint16": 65535, "float32": None, "float64": None}


def paint_lazily(
    image: Any,
    look: Any,
    *,
    precision: Any = "auto",
    device: str = "auto",
    engine: Engine | None = None,
) -> dask.array.Array:
    """Return a picture painted with a look, as a dask array: what nobody asks for is not painted.

    Every tile is painted with as much around it as decides on its pixels, so there are no seams.
    On a cluster, every worker process starts an engine of its own.

    Parameters
    ----------
    image : dask array, zarr array or array_like, shape (..., H, W, 3) or (..., H, W, 4)
        RGB, or RGBA, whose alpha stays; uint8, uint16, or floats in [0, 1]. Axes before height and
        width are slices, each painted by itself.
    look : Look or path
        The look, its file, or what `napari_neural_style.learn` returned.
    precision, device : str
        As in `Settings`.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares, in whichever
        process the tile is computed.

    Returns
    -------
    dask array
        Of the image's shape and type, in chunks of 1,024 x 1,024 pixels. Each takes about a second
        and, beside the engine itself, some 100 MB.

    Raises
    ------
    ImageError, LookError
        If the image or the look cannot be.

    Examples
    --------
    >>> import dask.array
    >>> slide = dask.array.zeros((3000, 2000, 3), dtype="uint8", chunks=(512, 512, 3))
    >>> painted = paint_lazily(slide, "night.look")
    >>> painted.shape, painted[:20, :30].compute().shape
    ((3000, 2000, 3), (20, 30, 3))
    """
    import dask.array

    settings = Settings(size=LARGEST_SIZE, steps=1, precision=precision, device=device)
    look = opened(look)
    if not isinstance(look, Look):
        raise LookError("A picture is painted lazily with a look: give one, or its file.")
    array: Any = dask.array.asarray(image)  # type: ignore[no-untyped-call]
    _check(array)
    rows, columns = (_spans(side, look.network.widths.margin) for side in array.shape[-3:-1])
    grid = [
        [_tile(array, row, column, look, settings, engine) for column in columns] for row in rows
    ]
    # Innermost lists are along the last axis, the channels.
    painted: dask.array.Array = dask.array.block([[[tile] for tile in row] for row in grid])  # type: ignore[no-untyped-call]
    return painted


class _Span(NamedTuple):
    """A tile along one axis, and how much around it is there to be seen."""

    start: int
    stop: int
    before: int
    after: int


def _spans(length: int, margin: int) -> list[_Span]:
    found = []
    for start in range(0, length, TILE):
        stop = min(start + TILE, length)
        found.append(_Span(start, stop, min(margin, start), min(margin, length - stop)))
    return found


def _tile(
    array: Any, row: _Span, column: _Span, look: Look, settings: Settings, engine: Engine | None
) -> Any:
    """Return a tile of all slices, to be painted when it is asked for."""
    seen = array[
        ...,
        row.start - row.before : row.stop + row.after,
        column.start - column.before : column.stop + column.after,
        :,
    ]
    slices = (1,) * (array.ndim - 3)
    return seen.rechunk((*slices, *seen.shape[-3:])).map_blocks(
        _painted,
        dtype=array.dtype,
        chunks=(
            *((1,) * length for length in array.shape[:-3]),
            row.stop - row.start,
            column.stop - column.start,
            array.shape[-1],
        ),
        meta=np.empty((0,) * array.ndim, array.dtype),
        network=look.network,
        place=Place(row.start, column.start, row.before, row.after, column.before, column.after),
        settings=settings,
        engine=engine,
    )


def _check(array: Any) -> None:
    if array.dtype.name not in _WHITE:
        raise ImageError(
            f"The image is {array.dtype}: to be painted tile by tile it must be uint8, uint16, or "
            f"floats in [0, 1], for no tile knows which value is white in the others."
        )
    if array.ndim < 3 or array.shape[-1] not in (3, 4):
        raise ImageError(
            f"The image has the shape {array.shape}: a look paints colours, (..., height, width, 3 "
            f"or 4); of a grey stack, give each slice three equal channels: "
            f"dask.array.stack([stack] * 3, axis=-1)."
        )
    if 0 in array.shape:
        raise ImageError(f"The image is empty: its shape is {array.shape}.")


def _painted(
    block: NDArray[Any],
    *,
    network: LookNetwork,
    place: Place,
    settings: Settings,
    engine: Engine | None,
) -> NDArray[Any]:
    """Return what is to be painted of a block that holds a tile and what is around it."""
    flat = block.reshape(block.shape[-3:])
    white = _WHITE[flat.dtype.name]
    rgb, alpha = to_rgb(flat, "image", white)
    job = Job(rgb, (), settings, look=network, place=place)
    image = None
    for update in (engine or engine_process()).stylize_steps(job):
        if isinstance(update, Progress):
            image = update.image
    assert image is not None  # the engine ends with a Progress or raises
    if alpha is not None:
        bottom, right = place.above + image.shape[0], place.left + image.shape[1]
        alpha = alpha[place.above : bottom, place.left : right]
    painted = from_rgb(image, flat.dtype, alpha, white)
    return painted.reshape((*block.shape[:-3], *painted.shape))
