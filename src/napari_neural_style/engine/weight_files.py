"""Reading weights of VGG19 and VGG16 from the files that people have; nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from napari_neural_style.engine.trusted_data import (
    LARGEST_FILE,
    check_inflation,
    check_own_data_only,
)
from napari_neural_style.engine.vgg import KERAS, TORCHVISION, Preprocessing, VGGWeights
from napari_neural_style.errors import WeightsError
from napari_neural_style.feature_layers import FEATURE_LAYERS

__all__ = ["read_weights"]

_Arrays = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]

#: VGG16 has three layers where VGG19 has four.
_VGG16 = tuple(layer for layer in FEATURE_LAYERS if not layer.endswith("conv4"))
_PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl")
_WHAT = (
    "it must be VGG19 or VGG16 as a Keras .h5 or .keras file, a .safetensors file of torchvision's "
    "state dict, or an .npz file with arrays such as block1_conv1.kernel"
)


def read_weights(path: Path, title: str | None = None) -> VGGWeights:
    """Read the weights of VGG19 or VGG16 from a file.

    Parameters
    ----------
    path : Path
        A Keras ``.h5`` (weights or whole model) or ``.keras`` file, with or without the
        classifier; a ``.safetensors`` file of torchvision's state dict, whose normalisation is
        kept; or an ``.npz`` file with arrays named ``<layer>.kernel`` and ``<layer>.bias``. It may
        lack deep layers.
    title : str, optional
        What to call the network; by default its kind and the file's name.

    Raises
    ------
    WeightsError
        If there is no such file, or it does not hold such kernels and biases.
    """
    if path.suffix.lower() in _PICKLED:
        raise WeightsError(
            f"The weights file {path} may hold a program that runs as it is read, and is not "
            f"opened: where you trust it, convert it with safetensors.torch.save_file("
            f"model.state_dict(), 'vgg19.safetensors') and choose that file."
        )
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}: check the path.")
    read, preprocessing = _READERS.get(path.suffix.lower(), (_read_h5, KERAS))
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"it is larger than {LARGEST_FILE / 1e9:g} GB")
        arrays = read(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except Exception as error:
        raise WeightsError(f"The weights file {path} cannot be read ({error}): {_WHAT}.") from error
    depths = [int(layer[-1]) for layer in arrays]
    kind = "VGG16" if max(depths, default=0) < 4 and "block4_conv1" in arrays else "VGG19"
    kernels, biases = _chained(arrays, FEATURE_LAYERS if kind == "VGG19" else _VGG16, path)
    if not kernels:
        raise WeightsError(f"The weights file {path} has no layers of VGG19 in it: {_WHAT}.")
    return VGGWeights(
        title or f"{kind} ({path.name})",
        kernels,
        biases,
        preprocessing=preprocessing,
        sha256=sha256,
    )


def _chained(
    arrays: _Arrays, order: tuple[str, ...], path: Path
) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
    """Return kernels and biases of the layers that can be reached, each fitting the one before."""
    kernels: dict[str, NDArray[np.float32]] = {}
    biases: dict[str, NDArray[np.float32]] = {}
    inputs = 3
    for layer in order:
        if layer not in arrays:
            break  # What lies beyond a missing layer cannot be reached.
        kernel, bias = arrays[layer]
        wrong = f"The weights file {path} is not of VGG19 or VGG16: the"
        if kernel.ndim != 4 or kernel.shape[:3] != (3, 3, inputs):
            raise WeightsError(
                f"{wrong} kernel of {layer} has the shape {kernel.shape} where "
                f"(3, 3, {inputs}, channels) is needed."
            )
        inputs = kernel.shape[-1]
        if bias.shape != (inputs,):
            raise WeightsError(
                f"{wrong} bias of {layer} has the shape {bias.shape} where ({inputs},) is needed."
            )
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise WeightsError(f"The weights file {path} has NaN or infinite values in {layer}.")
        kernels[layer], biases[layer] = kernel, bias
    return kernels, biases


def _read_npz(path: Path) -> _Arrays:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            check_inflation(member.filename, member.file_size, member.compress_size)
            if member.filename.removesuffix(".npy").rpartition(".")[0] in FEATURE_LAYERS:
                with archive.open(member) as part:
                    _check_npy_header(member.filename, part)
    with np.load(path, allow_pickle=False) as file:
        return {
            layer: (_float32(file[f"{layer}.kernel"]), _float32(file[f"{layer}.bias"]))
            for layer in FEATURE_LAYERS
            if f"{layer}.kernel" in file.files
        }


def _read_keras(path: Path) -> _Arrays:
    """Read the weights in the archive; its other parts may describe programs and stay closed."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("model.weights.h5")
        check_inflation(member.filename, member.file_size, member.compress_size)
        return _read_h5(io.BytesIO(archive.read(member)))


def _read_h5(path: Path | io.BytesIO) -> _Arrays:
    """Read a Keras file of any age: each convolution is a group with one kernel and one bias."""
    groups: dict[str, list[h5py.Dataset]] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            groups.setdefault(name.rpartition("/")[0], []).append(item)

    with h5py.File(path, "r") as file:
        check_own_data_only(file)
        file.visititems(visit)
        convolutions = {
            name: _pair(name, items)
            for name, items in groups.items()
            if any(item.ndim == 4 for item in items)  # and no other is read
        }
    named = {m[0]: c for n, c in convolutions.items() if (m := re.search(r"block\d_conv\d", n))}
    if named or not convolutions:
        return named
    # Without names, as Keras 3 has it: conv2d, conv2d_1, conv2d_2 ...
    ordered = [convolutions[name] for name in sorted(convolutions, key=_number)]
    order = _VGG16 if len(ordered) == len(_VGG16) else FEATURE_LAYERS
    return dict(zip(order, ordered, strict=False))


def _pair(name: str, items: list[h5py.Dataset]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    kernels = [item for item in items if item.ndim == 4]
    biases = [item for item in items if item.ndim == 1]
    if (len(kernels), len(biases)) != (1, 1):
        raise ValueError(f"{name} is no kernel with its bias")
    return _float32(kernels[0][()]), _float32(biases[0][()])


def _check_npy_header(name: str, part: IO[bytes]) -> None:
    """Refuse an array whose header declares more than the file can hold."""
    version = np.lib.format.read_magic(part)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, _, dtype = read(part)
    check_inflation(name, math.prod(shape) * dtype.itemsize, 0)


def _number(name: str) -> int:
    found = re.search(r"_(\d+)(?:/vars)?$", name)
    return int(found[1]) if found else 0


def _read_safetensors(path: Path) -> _Arrays:
    """Read torchvision's state dict: convolutions are numbered, and a pool takes a number too."""
    with safe_open(path, framework="numpy") as file:
        names = {
            (int(found[1]), found[2]): name
            for name in file.keys()  # noqa: SIM118 (it is no dict)
            if (found := re.search(r"(?:^|\.)features\.(\d+)\.(\w+)$", name))
        }
        if any(part == "running_mean" for _, part in names):
            raise ValueError("it has batch normalisation, which is not supported")
        arrays: _Arrays = {}
        block, conv, last = 1, 0, -2
        for number in sorted({number for number, _ in names}):
            # Two apart, a ReLU lies between; three apart, a pool as well.
            block, conv = (block, conv + 1) if number - last == 2 else (block + 1, 1)
            last = number
            kernel = _float32(file.get_tensor(names[number, "weight"]))
            bias = _float32(file.get_tensor(names[number, "bias"]))
            arrays[f"block{block}_conv{conv}"] = kernel.transpose(2, 3, 1, 0), bias
        return arrays


def _float32(array: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(array, np.float32)


_READERS: dict[str, tuple[Callable[[Any], _Arrays], Preprocessing]] = {
    ".h5": (_read_h5, KERAS),
    ".hdf5": (_read_h5, KERAS),
    ".keras": (_read_keras, KERAS),
    ".npz": (_read_npz, KERAS),
    ".safetensors": (_read_safetensors, TORCHVISION),
}
