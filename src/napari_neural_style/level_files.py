"""`save_levels`: a picture of any size as a zarr folder of several sizes, which napari opens."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_neural_style.errors import ImageError
from napari_neural_style.file_faults import fault, remedy
from napari_neural_style.look_network import TILE
from napari_neural_style.pictures.files import home_expanded, shown_name
from napari_neural_style.viewing.multiscale import halved

if TYPE_CHECKING:
    import dask.array

__all__ = ["save_levels"]

#: The smallest size has no side longer than this: it is what napari draws of the whole.
_SMALLEST = 1024


def save_levels(image: Any, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save a picture as a zarr folder that holds it at several sizes, each half of the one before.

    Chunk by chunk, so that memory is no limit; on the cluster of the present
    `dask.distributed.Client`, if there is one. napari opens the folder as one layer, and draws of
    it what the window shows. Until all of it is there the folder has another name.

    Parameters
    ----------
    image : dask array or array_like, shape (..., H, W, 3) or (..., H, W, 4)
        As `paint_lazily` returns it.
    path : path
        Ends in .zarr.
    overwrite : bool
        Whether to replace what is there.

    Returns
    -------
    Path
        The folder; its arrays are called ``"00"``, ``"01"`` and so on, from large to small.

    Raises
    ------
    ImageError
        If it cannot be saved.

    Examples
    --------
    >>> import dask.array
    >>> slide = dask.array.zeros((3000, 2000, 3), dtype="uint8", chunks=(512, 512, 3))
    >>> folder = save_levels(paint_lazily(slide, "night.look")[:1200, :1100], "painted.zarr")
    >>> sorted(array.name for array in folder.iterdir() if array.is_dir())
    ['00', '01']
    """
    import dask.array

    folder = home_expanded(path)
    array: Any = dask.array.asarray(image)  # type: ignore[no-untyped-call]
    _check(array, folder, overwrite)
    part = folder.with_name(f".{folder.stem}-{os.getpid()}.part.zarr")
    old = part.with_suffix(".old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _write(array, part)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except OSError as error:
        raise ImageError(
            f"The picture cannot be saved as {shown_name(folder)} ({fault(error)}): "
            f"{remedy(error, 'choose another place, or make room there')}."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _write(array: dask.array.Array, folder: Path) -> None:
    """Write all sizes; each is made from the one before, as it was written."""
    import dask.array
    import zarr

    zarr.create_group(folder)
    number = 0
    while True:
        name = f"{number:02}"
        array = array.rechunk(_chunks(array))  # type: ignore[no-untyped-call]
        array.to_zarr(str(folder), component=name)  # type: ignore[no-untyped-call]
        if max(array.shape[-3:-1]) <= _SMALLEST:
            return
        array = dask.array.from_zarr(str(folder), component=name)  # type: ignore[no-untyped-call]
        array, number = _halved(array), number + 1


def _halved(array: Any) -> Any:
    """Return an array at half the size, lazily; of an odd side the last pixel is left out."""
    rows, columns = (side // 2 * 2 for side in array.shape[-3:-1])
    axes = (array.ndim - 3, array.ndim - 2)
    even = array[..., :rows, :columns, :]
    chunks = [
        tuple(length // 2 for length in lengths) if axis in axes else lengths
        for axis, lengths in enumerate(even.chunks)
    ]
    return even.map_blocks(halved, axes, dtype=array.dtype, chunks=chunks)


def _chunks(array: Any) -> tuple[int, ...]:
    """Return the shape of the chunks: tiles of one slice. Their sides are even."""
    *slices, height, width, channels = array.shape
    return (*(1 for _ in slices), min(TILE, height), min(TILE, width), channels)


def _check(array: Any, folder: Path, overwrite: bool) -> None:
    shown = shown_name(folder)
    try:
        import zarr  # noqa: F401
    except ImportError as error:
        raise ImageError(
            "Pictures of several sizes need the library zarr: pip install "
            '"napari-neural-style[cluster]" brings it.'
        ) from error
    if folder.suffix.lower() != ".zarr":
        raise ImageError(f"{shown} does not end like a zarr folder: call it, say, painted.zarr.")
    if array.ndim < 3 or array.shape[-1] not in (3, 4) or 0 in array.shape:
        raise ImageError(
            f"The picture has the shape {array.shape}: (..., height, width, 3 or 4) is needed."
        )
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        raise ImageError(f"The picture is {array.dtype}: integers or floats are needed.")
    if folder.exists() and not overwrite:
        raise ImageError(f"{shown} is there already: say overwrite=True, or choose another name.")
