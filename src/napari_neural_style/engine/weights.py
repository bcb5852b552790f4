"""Which weights VGG19 gets: ImageNet's, those of a file, or else the built-in network's."""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache
from pathlib import Path

from napari_neural_style.control import Control
from napari_neural_style.engine import imagenet
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.imagenet import imagenet_path, provide_imagenet
from napari_neural_style.engine.vgg import VGGWeights
from napari_neural_style.engine.weight_files import read_weights
from napari_neural_style.errors import WeightsError
from napari_neural_style.progress import Notice

__all__ = ["find_weights"]


def find_weights(wanted: str, control: Control) -> Generator[Notice, None, VGGWeights]:
    """Find weights of VGG19, telling of downloads and of choices made.

    Parameters
    ----------
    wanted : str
        As in `Settings.weights`.
    control : Control

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
        yield from provide_imagenet(control, patient=wanted == "imagenet")
    except WeightsError as error:
        if wanted == "imagenet":
            raise WeightsError(
                f"The ImageNet weights of VGG19 are not there and could not be downloaded: "
                f"{error} Download {imagenet.IMAGENET_URL} by any means and put it at "
                f"{imagenet_path()}, or choose the built-in features."
            ) from error
        yield Notice(
            f"Painting with the small built-in network: VGG19's ImageNet weights, which give a "
            f"better picture, are not on this machine and {error}",
            important=True,
            lacks_weights=True,
        )
        return builtin_weights()
    return _read_once(imagenet_path())


def _read_once(path: Path) -> VGGWeights:
    return _read_cached(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=2)
def _read_cached(path: Path, changed: int) -> VGGWeights:
    title = "VGG19 (ImageNet)" if path == imagenet_path() else None
    return read_weights(path, title)
