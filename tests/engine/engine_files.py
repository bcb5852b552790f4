"""Weights files as users have them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def write_published_layout(path: Path, arrays: Arrays) -> None:
    """Write kernels and biases as the file that Keras publishes has them."""
    names = []
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in arrays.items():
            group = file.create_group(layer)
            ours = [f"{layer}_W_1:0".encode(), f"{layer}_b_1:0".encode()]
            group.attrs["weight_names"] = ours
            group[ours[0]], group[ours[1]] = kernel, bias
            names.append(layer.encode())
        for block in range(1, 6):
            pool = file.create_group(f"block{block}_pool")
            pool.attrs["weight_names"] = np.zeros(0, "S1")
            names.append(f"block{block}_pool".encode())
        file.attrs["layer_names"] = names
