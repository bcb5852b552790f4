"""VGG19's ImageNet weights: where they lie, whether they are whole, and how they get there."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from pathlib import Path

import filelock

from napari_neural_style.control import Control
from napari_neural_style.engine.download import Patience, download, file_md5
from napari_neural_style.errors import WeightsError
from napari_neural_style.file_faults import fault
from napari_neural_style.locks import acquire
from napari_neural_style.preferences import CACHE, OFFLINE
from napari_neural_style.progress import Notice

__all__ = ["IMAGENET_FILE", "IMAGENET_URL", "imagenet_path", "provide_imagenet"]

#: The file that Keras publishes: VGG19 trained on ImageNet, without its classifier.
IMAGENET_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_URL = "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/" + IMAGENET_FILE
#: The publisher gives no other checksum. It has been broken for those who make both of two files
#: that share one; nobody can make a second file for one that is given.
IMAGENET_MD5 = "253f8cb515780f3b799900260a226db6"
_WHAT = "the ImageNet weights of VGG19"
_BYTES = 80_134_624

#: For 'auto', which has something else to paint with; and for those who insist.
_IMPATIENT, _PATIENT = Patience(), Patience(connect=10.0, first_byte=30.0)
#: After a failed download, how long 'auto' does not try again.
_RETRY_SECONDS = 300.0
_POLL_SECONDS = 0.2

_last_failure: tuple[float, str] | None = None
#: Files found whole by this process, as they were then: path, size, time of change.
_verified: set[tuple[Path, int, int]] = set()


def imagenet_path() -> Path:
    """Return where the ImageNet weights lie, or would: the cache that Keras uses.

    The environment variable ``NAPARI_NEURAL_STYLE_CACHE``, which napari's preferences set, names
    another folder.
    """
    if folder := os.environ.get(CACHE):
        return Path(folder).expanduser() / IMAGENET_FILE
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models" / IMAGENET_FILE


def provide_imagenet(control: Control, *, patient: bool) -> Generator[Notice, None, None]:
    """See to it that the ImageNet weights lie at `imagenet_path`, whole.

    A file there with another checksum is moved aside. One process downloads at a time; others wait
    for it.

    Parameters
    ----------
    control : Control
    patient : bool
        Whether to try again however recently it has failed.

    Raises
    ------
    WeightsError
        With the reason, as the end of a sentence, if they cannot be downloaded.
    Cancelled
        If the run is cancelled meanwhile.
    """
    global _last_failure
    path = imagenet_path()
    if _is_whole(path):
        return
    if os.environ.get(OFFLINE):
        raise WeightsError(f"{_damage(path)}the preferences say to stay offline.")
    if not patient and _last_failure and time.monotonic() - _last_failure[0] < _RETRY_SECONDS:
        raise WeightsError(_last_failure[1])
    yield Notice(f"Looking for {_WHAT} (80 MB, downloaded once).")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(f"{path}.lock")
        yield from _locked(lock, path, control)
        try:
            if not _is_whole(path):  # another process may just have brought it
                yield from _move_aside(path)
                patience = _PATIENT if patient else _IMPATIENT
                yield from download(
                    IMAGENET_URL, path, IMAGENET_MD5, _BYTES, _WHAT, control, patience
                )
                _remember(path)
        finally:
            lock.release()
    except WeightsError as error:
        _last_failure = (time.monotonic(), str(error))
        raise
    except OSError as error:
        raise WeightsError(f"they cannot be stored ({fault(error)}).") from error


def _locked(
    lock: filelock.BaseFileLock, path: Path, control: Control
) -> Generator[Notice, None, None]:
    """Acquire the lock; tell what is waited for, and how far it is."""
    while True:
        control.checkpoint()
        try:
            acquire(lock, timeout=_POLL_SECONDS)
        except filelock.Timeout:
            part = Path(f"{path}.part")
            fraction = min(part.stat().st_size / _BYTES, 1.0) if part.is_file() else 0.0
            yield Notice(f"Waiting while another process downloads {_WHAT}.", fraction=fraction)
        else:
            return


def _is_whole(path: Path) -> bool:
    """Whether the file is there and has the right checksum; reads it once in this process."""
    if not path.is_file():
        return False
    if _state(path) in _verified:
        return True
    whole = path.stat().st_size == _BYTES and file_md5(path) == IMAGENET_MD5
    if whole:
        _remember(path)
    return whole


def _remember(path: Path) -> None:
    _verified.add(_state(path))


def _state(path: Path) -> tuple[Path, int, int]:
    status = path.stat()
    return path, status.st_size, status.st_mtime_ns


def _damage(path: Path) -> str:
    return f"the file {path} is damaged and " if path.is_file() else ""


def _move_aside(path: Path) -> Generator[Notice, None, None]:
    """Keep a file that is not what its name says: it may be dear to somebody."""
    if not path.exists():
        return
    number = 1
    while (aside := Path(f"{path}.damaged{number}")).exists():
        number += 1
    path.rename(aside)
    yield Notice(
        f"The weights file {path} is damaged, or another file of that name (its checksum is "
        f"wrong): it is now {aside.name} beside it, and is downloaded anew.",
        important=True,
    )
