"""What a batch consists of: files of a folder, a list, slices; and where each result is saved."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_neural_style.errors import ImageError
from napari_neural_style.file_faults import fault
from napari_neural_style.pictures.files import NOT_READ, home_expanded, is_picture, shown_name

__all__ = ["Item", "check_targets", "items_of", "target_of", "title_of", "style_files"]

_log = logging.getLogger("napari_neural_style")


@dataclass(frozen=True)
class Item:
    """One picture of a batch, to be read when its turn comes.

    Parameters
    ----------
    index : int
        Its place among the contents.
    name : str
        The name of its file, or its number.
    source : object
        A path, an image that may be lazy, or the error that came in its place.
    """

    index: int
    name: str
    source: Any


@dataclass(frozen=True)
class _Slice:
    """A slice of an array in a file, which is read when numpy asks for it."""

    whole: Any
    index: int

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.whole[self.index], dtype)


def items_of(contents: Any) -> Iterator[Item]:
    """Yield the items of a batch; nothing is read yet.

    Parameters
    ----------
    contents : path, iterable or array
        As `napari_neural_style.stylize_many` takes them.

    Raises
    ------
    ImageError
        If there is no such folder, no image in it, or one image instead of many.
    """
    if isinstance(contents, str | PathLike):
        contents = _files(home_expanded(contents))
    if (shape := np.shape(contents) if hasattr(contents, "shape") else ()) and (
        len(shape) < 3 or (len(shape) == 3 and shape[-1] in (3, 4))
    ):
        raise ImageError(f"An array of the shape {shape} is one image: put it into a list.")
    for index, source in enumerate(_each(contents)):
        if isinstance(source, str | PathLike):
            path = home_expanded(source)
            yield Item(index, path.stem, path)
        else:
            yield Item(index, f"{index:04}", source)


def _each(contents: Any) -> Iterator[Any]:
    """Yield what is to be painted; of an array each slice, or the error that came in its place."""
    if hasattr(contents, "shape") and hasattr(contents, "__getitem__"):
        # What numpy and dask have is sliced without being read.
        light = isinstance(contents, np.ndarray) or hasattr(contents, "dask")
        for index in range(contents.shape[0]):
            yield contents[index] if light else _Slice(contents, index)
        return
    try:
        yield from contents
    except Exception as error:  # noqa: BLE001 (nothing more can be had, but what there is goes on)
        yield error


def _files(folder: Path) -> list[Path]:
    """Return the image files of a folder, by name, and tell of each other file why it is left."""
    if not folder.is_dir():
        raise ImageError(f"There is no folder {shown_name(folder)}: check the path.")
    endings = {*Image.registered_extensions(), *NOT_READ}
    found = []
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(
            f"The folder {shown_name(folder)} cannot be read ({fault(error)}): change its "
            f"permissions."
        ) from None
    for path in paths:
        if path.name.startswith("."):
            reason = "its name begins with a dot, as those of hidden files"
        elif path.is_dir():
            reason = "it is a folder, and folders within are not looked into"
        elif not path.is_file():
            reason = "it is no ordinary file, or a link to nothing"
        elif path.suffix.lower() in endings or is_picture(path):
            found.append(path)
            continue
        else:
            reason = "it is no image file"
        _log.warning("%s is left out: %s.", shown_name(path), reason)
    if not found:
        raise ImageError(f"There are no image files in {shown_name(folder)}.")
    return found


def target_of(folder: Path, name: str) -> Path:
    """Return where the result of an item is saved."""
    return folder / f"{name}.png"


def style_files(style: Any) -> list[Path]:
    """Return the files among one or several styles, with or without weights."""
    if isinstance(style, list | tuple):
        return [path for item in style for path in style_files(item)]
    return [home_expanded(style)] if isinstance(style, str | PathLike) else []


def check_targets(items: list[Item], styles: list[Path], folder: Path) -> None:
    """Refuse to save a result over an image that goes in, or over another result.

    Raises
    ------
    ImageError
        If one would be.
    """
    paths = [item.source for item in items if isinstance(item.source, Path)] + styles
    inputs = {identity for path in paths if (identity := _identity(path))}
    taken: dict[str, Item] = {}
    for item in items:
        target = target_of(folder, item.name)
        if _identity(target) in inputs:
            raise ImageError(
                f"{target} is one of the images that are painted from, and a result would be saved "
                f"over it: give another folder as output."
            )
        # On many disks Photo.png and photo.png are one file.
        other = taken.setdefault(target.name.casefold(), item)
        if other is not item:
            raise ImageError(
                f"{title_of(other)} and {title_of(item)} would both be saved as {target}: rename "
                f"one of them, or paint them into two folders."
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what is the same for all names of a file; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def title_of(item: Item) -> str:
    """Return what to call an item in a sentence."""
    return shown_name(item.source) if isinstance(item.source, Path) else f"Item {item.index}"
