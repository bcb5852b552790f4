"""From a student to the weights file: deep layers added, scales settled, float16, an origin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from material import Material
from network import Arrays, Network, block, to_keras
from numpy.typing import NDArray

from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.feature_layers import FEATURE_LAYERS

__all__ = ["DEEP_WIDTHS", "export"]

#: Channels of the deep blocks where no teacher has them.
DEEP_WIDTHS = (192, 192)
_MEAN_ACTIVATION = 0.5
_CALIBRATION_PATCHES = 16


def export(
    student: Network,
    material: Material,
    path: Path,
    *,
    metric: NDArray[np.float32] | None = None,
    seed: int = 0,
    deep_widths: Sequence[int] = DEEP_WIDTHS,
    origin: Mapping[str, str] | None = None,
) -> str:
    """Write the weights file.

    Parameters
    ----------
    student : Network
    material : Material
        The mean activation of every layer on its patches is made the same.
    path : Path
        The ``.npz`` to write: ``<layer>.kernel`` (HWIO) and ``<layer>.bias`` in float16, for blue,
        green, red on the scale 0 to 255 with ImageNet's mean subtracted.
    metric : ndarray of float32, shape (C, C), optional
        As `Pupil.metric` returns it for the last layer that was taught: with it the first layer
        that was not sees distances as the teacher's would.
    seed : int
        Of the layers that were not taught, and of the patches.
    deep_widths : sequence of int
        Channels of blocks 4 and 5 where they were not taught: random orthogonal kernels, which
        keep what the layers before them tell apart.
    origin : mapping of str to str, optional
        What the file says of itself, by key.

    Returns
    -------
    str
        The file's SHA-256.
    """
    rng = np.random.default_rng(seed)
    kernels, biases = to_keras(student)
    width = kernels[student.layers[-1]].shape[-1]
    for number in range(len(student.layers), len(FEATURE_LAYERS)):
        layer, inputs = FEATURE_LAYERS[number], width
        width = deep_widths[block(layer) - 4] if block(layer) > 3 else width
        kernels[layer] = _orthogonal(rng, inputs, width)
        if metric is not None and number == len(student.layers):
            kernels[layer] = np.einsum("ij,hwjo->hwio", metric, kernels[layer])
        biases[layer] = np.zeros(width, np.float32)
    _calibrate(kernels, biases, material, rng)
    arrays = {f"{n}.kernel": k.astype(np.float16) for n, k in kernels.items()}
    arrays |= {f"{n}.bias": b.astype(np.float16) for n, b in biases.items()}
    arrays |= {name: np.array(text) for name, text in (origin or {}).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _orthogonal(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float32]:
    wide, narrow = max(9 * inputs, outputs), min(9 * inputs, outputs)
    basis, _ = np.linalg.qr(rng.normal(size=(wide, narrow)))
    basis = basis if wide == 9 * inputs else basis.T
    return np.asarray(basis.reshape(3, 3, inputs, outputs) * np.sqrt(2), np.float32)


def _calibrate(
    kernels: Arrays, biases: Arrays, material: Material, rng: np.random.Generator
) -> None:
    """Scale every layer to the same mean activation.

    ReLU and average pooling are homogeneous: with a kernel times ``s_before / s`` and a bias
    over ``s`` the layer's maps are exactly those of before, over ``s``.
    """
    count = len(material.patches)
    chosen = rng.choice(count, min(count, _CALIBRATION_PATCHES), replace=False)
    network = VGG19(VGGWeights("", kernels, biases, pooling="blur"), padding="edge")
    means = dict.fromkeys(FEATURE_LAYERS, 0.0)
    for patch in material.patches[chosen]:
        maps = network(tf.constant(patch[np.newaxis] / np.float32(255)), FEATURE_LAYERS)
        for layer in FEATURE_LAYERS:
            means[layer] += float(tf.reduce_mean(maps[layer])) / len(chosen)
    before = 1.0
    for layer in FEATURE_LAYERS:
        scale = means[layer] / _MEAN_ACTIVATION
        kernels[layer] = np.asarray(kernels[layer] * before / scale, np.float32)
        biases[layer] = np.asarray(biases[layer] / scale, np.float32)
        before = scale
