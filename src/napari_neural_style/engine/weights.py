"""Finding, downloading, verifying and reading the weights of VGG19."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np
import pooch
from numpy.typing import NDArray

from napari_neural_style.control import Control
from napari_neural_style.engine.builtin import builtin_weights
from napari_neural_style.engine.vgg import VGGWeights
from napari_neural_style.errors import Cancelled, WeightsError
from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.job import Notice

__all__ = ["IMAGENET_FILE", "find_weights", "imagenet_path", "read_weights"]

#: The file that Keras publishes: VGG19 trained on ImageNet, without its classifier.
IMAGENET_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_URL = "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/" + IMAGENET_FILE
IMAGENET_MD5 = "253f8cb515780f3b799900260a226db6"

_CONNECT_SECONDS = 3.05
_READ_SECONDS = 20.0
#: Longer than a connection may take; also bounds a name server that never answers.
_FIRST_BYTE_SECONDS = 6.0
#: After a failed download, how long 'auto' does not try again.
_RETRY_SECONDS = 300.0
_last_failure: tuple[float, str] | None = None


def imagenet_path() -> Path:
    """Return where the ImageNet weights lie, or would: the cache that Keras uses."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models" / IMAGENET_FILE


def find_weights(wanted: str, control: Control) -> Generator[Notice, None, VGGWeights]:
    """Find weights of VGG19, telling of downloads and of choices made.

    Parameters
    ----------
    wanted : str
        As in `Settings.weights`.
    control : Control

    Yields
    ------
    Notice

    Returns
    -------
    VGGWeights
        The same object as long as nothing has changed.

    Raises
    ------
    WeightsError
        If they cannot be had, or a file is not what it should be.
    Cancelled
        If the run is cancelled during a download.
    """
    if wanted not in ("auto", "imagenet"):
        return _read_once(Path(wanted).expanduser())
    try:
        yield from _provide_imagenet(control, patient=wanted == "imagenet")
    except WeightsError as error:
        if wanted == "imagenet":
            raise WeightsError(
                f"The ImageNet weights of VGG19 are not there and could not be downloaded: "
                f"{error} Download {IMAGENET_URL} by any means and put it at {imagenet_path()}, or "
                f"choose the built-in features."
            ) from error
        yield Notice(
            f"Painting with the small built-in network: VGG19's ImageNet weights, which give a "
            f"better picture, are not on this machine and {error}",
            important=True,
            lacks_weights=True,
        )
        return builtin_weights()
    return _read_once(imagenet_path())


def read_weights(path: Path) -> VGGWeights:
    """Read VGG19's weights from a file.

    Parameters
    ----------
    path : Path
        A Keras ``.h5`` file, or an ``.npz`` file with arrays named ``<layer>.kernel`` and
        ``<layer>.bias``. It may lack deep layers.

    Raises
    ------
    WeightsError
        If there is no such file, or it does not hold the kernels and biases of VGG19.
    """
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}: check the path.")
    try:
        arrays = _read_npz(path) if path.suffix == ".npz" else _read_h5(path)
    except Exception as error:
        raise WeightsError(
            f"The weights file {path} cannot be read ({error}): it must be a Keras .h5 file of "
            f"VGG19 or an .npz file with arrays such as block1_conv1.kernel."
        ) from error
    kernels: dict[str, NDArray[np.float32]] = {}
    biases: dict[str, NDArray[np.float32]] = {}
    inputs = 3
    for layer in FEATURE_LAYERS:
        if layer not in arrays:
            break  # What lies beyond a missing layer cannot be reached.
        kernel, bias = arrays[layer]
        if kernel.ndim != 4 or kernel.shape[:3] != (3, 3, inputs):
            raise WeightsError(
                f"The weights file {path} is not of VGG19: the kernel of {layer} has the shape "
                f"{kernel.shape} where (3, 3, {inputs}, channels) is needed."
            )
        inputs = kernel.shape[-1]
        if bias.shape != (inputs,):
            raise WeightsError(
                f"The weights file {path} is not of VGG19: the bias of {layer} has the shape "
                f"{bias.shape} where ({inputs},) is needed."
            )
        kernels[layer], biases[layer] = kernel, bias
    if not kernels:
        raise WeightsError(f"The weights file {path} has no layers of VGG19 in it.")
    return VGGWeights(f"VGG19 ({path.name})", kernels, biases)


_Arrays = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def _read_npz(path: Path) -> _Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {
            layer: (_float32(file[f"{layer}.kernel"]), _float32(file[f"{layer}.bias"]))
            for layer in FEATURE_LAYERS
            if f"{layer}.kernel" in file.files
        }


def _read_h5(path: Path) -> _Arrays:
    with h5py.File(path) as file:
        arrays = {}
        for layer in FEATURE_LAYERS:
            if layer in file:
                group = file[layer]
                kernel, bias = (group[name] for name in group.attrs["weight_names"])
                arrays[layer] = (_float32(kernel[()]), _float32(bias[()]))
        return arrays


def _float32(array: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(array, np.float32)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


def _read_once(path: Path) -> VGGWeights:
    return _read_cached(path, _changed(path))


@lru_cache(maxsize=2)
def _read_cached(path: Path, changed: int) -> VGGWeights:
    weights = read_weights(path)
    if path == imagenet_path():
        return VGGWeights("VGG19 (ImageNet)", weights.kernels, weights.biases)
    return weights


def _provide_imagenet(control: Control, *, patient: bool) -> Generator[Notice, None, None]:
    """See to it that the ImageNet weights lie at `imagenet_path`, whole.

    Raises
    ------
    WeightsError
        With the reason, if they cannot be downloaded. Unless `patient`, a recent failure is taken
        as the answer, so that not every run waits for the network.
    """
    global _last_failure
    path = imagenet_path()
    if path.is_file() and pooch.file_hash(str(path), alg="md5") == IMAGENET_MD5:
        return
    if not patient and _last_failure and time.monotonic() - _last_failure[0] < _RETRY_SECONDS:
        raise WeightsError(_last_failure[1])
    yield Notice("Looking for the ImageNet weights of VGG19 (80 MB, downloaded once).")
    try:
        yield from _download(path, control)
    except WeightsError as error:
        _last_failure = (time.monotonic(), str(error))
        raise


def _download(path: Path, control: Control) -> Generator[Notice, None, None]:
    bar = _Bar(control)
    outcome: queue.Queue[Exception | None] = queue.Queue()

    def fetch() -> None:
        try:
            logging.getLogger("pooch").setLevel(logging.WARNING)
            path.parent.mkdir(parents=True, exist_ok=True)
            pooch.retrieve(
                IMAGENET_URL,
                known_hash=f"md5:{IMAGENET_MD5}",
                fname=path.name,
                path=path.parent,
                downloader=pooch.HTTPDownloader(
                    progressbar=bar, timeout=(_CONNECT_SECONDS, _READ_SECONDS)
                ),
            )
        except Exception as error:  # noqa: BLE001 (passed on to the thread that waits)
            outcome.put(error)
        else:
            outcome.put(None)

    # In a thread of its own, so that neither a slow name server nor a stalled connection can
    # delay a cancellation.
    threading.Thread(target=fetch, name="weights-download", daemon=True).start()
    deadline = time.monotonic() + _FIRST_BYTE_SECONDS
    while True:
        control.checkpoint()
        try:
            error = outcome.get(timeout=0.2)
        except queue.Empty:
            if bar.fraction:
                yield Notice("Downloading the ImageNet weights of VGG19.", fraction=bar.fraction)
            elif time.monotonic() > deadline:
                bar.abandon()
                raise WeightsError("their server does not answer.") from None
            continue
        if error is None:
            return
        if isinstance(error, Cancelled):
            raise error
        raise WeightsError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return the cause of a failed download in plain words."""
    if isinstance(error, OSError) and not type(error).__module__.startswith("requests"):
        return f"they cannot be stored ({error})."
    if isinstance(error, ValueError):
        return "what the server sent is not the file that was expected."
    return f"their server cannot be reached ({type(error).__name__})."


class _Bar:
    """The progress bar that pooch drives; also the place where a download can be stopped."""

    def __init__(self, control: Control) -> None:
        self.total = 0
        self._done = 0
        self._control = control
        self._abandoned = False

    @property
    def fraction(self) -> float:
        return self._done / self.total if self.total else 0.0

    def abandon(self) -> None:
        self._abandoned = True

    def update(self, count: int) -> None:
        if self._abandoned or self._control.cancelled:
            raise Cancelled("The download was cancelled.")
        self._done += count

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass
