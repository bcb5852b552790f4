"""Long runs are saved as they go, so that a crash or a power cut costs their last seconds only.

Each process has a session of its own in a folder of the user's: a lock that it holds as long as it
lives, and one file for each long run whose picture is in the viewer. A file goes when the user
removes the layer, or when the process ends in order. What lies under a lock that nobody holds was
left behind by a crash; `napari_neural_style.histories.leftovers` finds it.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from filelock import FileLock
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.forks import in_forked_child
from napari_neural_style.locks import acquire
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import one_picture
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.records.records import KEY, saved_text
from napari_neural_style.safe_files import whole_file
from napari_neural_style.viewing.layers import when_removed
from napari_neural_style.viewing.multiscale import finest
from napari_neural_style.viewing.placement import OWN_TRANSFORM

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_neural_style.progress import Progress
    from napari_neural_style.running.run import BaseRun

__all__ = ["LAYER", "autosave", "folder", "session"]

_log = logging.getLogger("napari_neural_style")

#: A run is saved this many seconds after its start, and then as often, at most.
EVERY_SECONDS = 10.0
#: Large stacks take long to write: at least this many times as long passes until the next time.
_REST = 10.0
#: Where, in the record of a file here, its layer is described.
LAYER = "layer"


def folder() -> Path:
    """Return where long runs are saved."""
    return platformdirs.user_state_path("napari-neural-style") / "unfinished"


class _Session:
    """What this process has saved, and its one thread that writes."""

    def __init__(self, where: Path) -> None:
        self._name = uuid.uuid4().hex[:12]
        self._where = where
        self._process = os.getpid()
        where.mkdir(parents=True, exist_ok=True)
        # Held until the process ends, however it ends.
        self._lock = FileLock(where / f"{self._name}.lock", thread_local=False)
        acquire(self._lock)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="neural-style-autosave")
        self._count = 0
        self._counting = threading.Lock()
        atexit.register(self.close)

    def path(self, ending: str) -> Path:
        """Return the path of a new file."""
        with self._counting:
            self._count += 1
        return self._where / f"{self._name}-{self._count}{ending}"

    def submit(self, function: Any, *args: Any) -> Future[Any] | None:
        """Have something done in the thread; None once the process ends."""
        with suppress(RuntimeError):
            return self._writer.submit(function, *args)
        return None

    def close(self) -> None:
        """Remove all: the process ends in order."""
        if os.getpid() != self._process:
            return  # This one was forked from it, and ends before it.
        self._writer.shutdown(cancel_futures=True)
        for path in self._where.glob(f"{self._name}-*"):
            path.unlink(missing_ok=True)
        self._lock.release()
        with suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)


@cache
def session(where: Path) -> _Session:
    """Return this process's session in a folder.

    Raises
    ------
    OSError
        If nothing can be written there, or there are no locks.
    """
    return _Session(where)


in_forked_child(session.cache_clear)


def autosave(run: BaseRun) -> None:
    """Save a run from now on whenever it has gone on for long; its events are listened to.

    Never raises: what cannot be saved is told in the log, and the run goes on.
    """
    _Saver(run)


class _Saver:
    """Saves one run. Lives as long as the run does."""

    def __init__(self, run: BaseRun) -> None:
        self._run = run
        self._path: Path | None = None
        self._job: Future[Any] | None = None
        self._next: float | None = None

        # Functions, not methods: psygnal holds methods weakly, and nobody else holds the saver.
        def on_progress(progress: Progress) -> None:
            self._save_now_and_then()

        def on_state(state: str) -> None:
            if run.over:
                self._save_last()

        run.progressed.connect(on_progress)
        run.state_changed.connect(on_state)

    def _save_now_and_then(self) -> None:
        if self._next is None:  # The first preview: now it has begun.
            self._next = time.monotonic() + EVERY_SECONDS
        elif time.monotonic() >= self._next and (self._job is None or self._job.done()):
            self._save()

    def _save_last(self) -> None:
        """Save the picture as it stays, if the run was long: it is not saved by the user yet."""
        if self._path and self._run.layer is not None:
            self._save()

    def _save(self) -> None:
        layer = self._run.layer
        if layer is None or KEY not in layer.metadata:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        try:
            data = loaded(finest(layer), f"layer {layer.name!r}")  # a user may have put in anything
            if self._path is None:
                here = session(folder())
                self._path = here.path(".tif" if one_picture(data) is None else ".png")
                self._watch(layer, self._path)
        except (OSError, ImageError) as error:
            _told_once(str(error))
            return
        record = {**layer.metadata[KEY], LAYER: _described(layer)}
        self._job = session(self._path.parent).submit(self._write, self._path, data, record)

    def _write(self, path: Path, data: NDArray[np.uint8], record: dict[str, Any]) -> None:
        start = time.monotonic()
        try:
            _write(path, data, record)
        except Exception as error:  # noqa: BLE001 (a thread has nobody else to tell)
            _told_once(str(error))
        end = time.monotonic()
        self._next = max(self._next or end, end + _REST * (end - start))

    def _watch(self, layer: Image, path: Path) -> None:
        def on_removed() -> None:
            self._path = None
            session(path.parent).submit(path.unlink, True)  # after what is being written

        when_removed(self._run.viewer, layer, on_removed)


def _described(layer: Image) -> dict[str, Any]:
    """Return what a layer of the same name at the same place is made from, as plain values."""
    return {
        "name": layer.name,
        # Not "shape": by that word tifffile knows its own descriptions.
        "lengths": list(finest(layer).shape),
        "saved": datetime.now().astimezone().isoformat(timespec="seconds"),
        **{name: np.asarray(getattr(layer, name)).tolist() for name in OWN_TRANSFORM},
        "affine": np.asarray(layer.affine.affine_matrix).tolist(),
        "units": [str(unit) for unit in layer.units],
        "axis_labels": list(layer.axis_labels),
    }


def _write(path: Path, data: NDArray[np.uint8], record: Mapping[str, Any]) -> None:
    with whole_file(path) as part:
        if path.suffix == ".png":
            picture = one_picture(data)
            if picture is None:
                raise ImageError("the layer holds something else by now")
            write_image(part, picture, saved_text(record))
        else:
            from napari_neural_style.records.layer_writer import write_tiff

            # Most of an unfinished stack is empty.
            write_tiff(part, data, record, compression="zlib", compressionargs={"level": 1})


@cache
def _told_once(error: str) -> None:
    _log.warning("Long runs cannot be saved as they go in %s (%s).", folder(), error)
