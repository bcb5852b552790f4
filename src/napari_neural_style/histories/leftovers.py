"""What a crash of napari, or a power cut, has left of long runs. Qt-free."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image as PictureFile

from napari_neural_style.errors import ImageError
from napari_neural_style.forks import in_forked_child
from napari_neural_style.histories.autosave import LAYER, folder
from napari_neural_style.locks import acquire
from napari_neural_style.pictures.files import read_image
from napari_neural_style.records.records import KEY, read_record
from napari_neural_style.viewing.layers import when_removed

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Leftover", "leftovers"]

_log = logging.getLogger("napari_neural_style")
_PICTURES = (".png", ".tif")
#: Locks of sessions that this process has taken over, so that no other one offers their files.
_adopted: dict[Path, FileLock] = {}
#: Pictures that are in a viewer again.
_opened: set[Path] = set()


@dataclass(frozen=True)
class Leftover:
    """The picture of a run that a crash has interrupted, or that was not kept before one.

    Parameters
    ----------
    path : Path
    record : dict
        As in ``layer.metadata["neural_style"]``.
    layer : dict
        Name and place of the layer.
    """

    path: Path
    record: dict[str, Any]
    layer: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the result layer was called."""
        name = self.layer.get("name")
        return name if isinstance(name, str) and name else "Interrupted run"

    @property
    def saved(self) -> datetime | None:
        """When it was saved."""
        with suppress(KeyError, ValueError, TypeError):
            return datetime.fromisoformat(self.layer["saved"])
        return None

    def open(self, viewer: ViewerModel) -> Image:
        """Add the picture to a viewer, where it lay, with its record.

        Its file is kept until the layer is removed, or this process ends in order.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        from napari.layers import Image

        pixels = self._pixels()
        own = {k: self.layer[k] for k in _PLACE if k in self.layer}
        metadata = {KEY: self.record}
        try:
            opened = Image(pixels, rgb=True, name=self.name, metadata=metadata, **own)
        except Exception:  # noqa: BLE001 (a place that napari does not take: show it anyway)
            opened = Image(pixels, rgb=True, name=self.name, metadata=metadata)
        viewer.add_layer(opened)
        _opened.add(self.path)
        when_removed(viewer, opened, self.discard)
        return opened

    def discard(self) -> None:
        """Delete it."""
        _opened.discard(self.path)
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _pixels(self) -> NDArray[Any]:
        try:
            if self.path.suffix == ".png":
                pixels = read_image(self.path)
            else:
                import tifffile

                pixels = tifffile.imread(self.path)
            shape = self.layer.get("lengths")
            return pixels.reshape(shape) if shape else pixels
        except ImageError:
            raise
        except Exception as error:  # tifffile raises whatever it comes across
            raise ImageError(f"The saved picture {self.path} cannot be read: {error}.") from error


_PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def leftovers() -> list[Leftover]:
    """Return what processes that are gone have left, the latest first.

    Whoever has asked keeps it to itself: no other process offers the same pictures as long as this
    one lives. A file that cannot be read is set aside, with a line in the log.

    Returns
    -------
    list of Leftover
    """
    where = folder()
    found = []
    try:
        locks = sorted(where.glob("*.lock"))
    except OSError:
        return []
    for path in locks:
        if not _adopt(path):
            continue
        files = [file for file in where.glob(f"{path.stem}-*") if file.suffix in _PICTURES]
        files = [file for file in files if file not in _opened]
        found += [leftover for file in files if (leftover := _read(file))]
        for part in where.glob(f".{path.stem}-*.part.*"):
            part.unlink(missing_ok=True)
    return sorted(found, key=lambda leftover: leftover.path.stat().st_mtime, reverse=True)


def _adopt(path: Path) -> bool:
    """Take over the session of a lock, if nobody has it; return whether it is this process's."""
    if path in _adopted:
        return True
    lock = FileLock(path, thread_local=False)
    try:
        acquire(lock, timeout=0)
    except OSError:  # another process holds it, or there are no locks
        return False
    _adopted[path] = lock
    return True


# They are the business of the process that this one was forked from.
in_forked_child(_adopted.clear)
in_forked_child(_opened.clear)


@atexit.register
def _let_go() -> None:
    """Delete what was opened, and leave the rest to be offered again."""
    for path in _opened:
        path.unlink(missing_ok=True)
    for path, lock in _adopted.items():
        lock.release()
        if not any(file.suffix in _PICTURES for file in path.parent.glob(f"{path.stem}-*")):
            path.unlink(missing_ok=True)


def _read(path: Path) -> Leftover | None:
    record = read_record(path)
    layer = (record or {}).pop(LAYER, None)
    leftover = Leftover(path, record, layer) if record and isinstance(layer, Mapping) else None
    try:
        if leftover is None:
            raise ValueError("it has no record")
        if path.suffix == ".png":
            with PictureFile.open(path) as file:
                file.verify()  # by its checksums, without unpacking it
    except (OSError, ValueError, SyntaxError) as error:
        damaged = path.with_name(f"{path.name}.damaged")
        with suppress(OSError):
            path.replace(damaged)
        _log.warning(
            "The picture of an interrupted run cannot be read (%s): it is %s now.", error, damaged
        )
        return None
    return leftover
