"""From a trained network to the weights file: batch norm folded in, layers calibrated, float16."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import tensorflow as tf
from augmentation import Augmentation
from material import Material
from network import INPUT_SCALE, LAYERS, Network
from numpy.typing import NDArray

from napari_neural_style.engine.vgg import VGG19, VGGWeights

__all__ = ["export"]

_BATCHES = 40
_BATCH = 64
#: Mean activation of every layer after calibration.
_MEAN_ACTIVATION = 0.5
#: Of batch norm; as in `Network.features`.
_EPSILON = 1e-3

Arrays = dict[str, NDArray[np.float32]]


def export(
    network: Network, material: Material, augmentation: Augmentation, seed: int, path: Path
) -> str:
    """Write the weights file.

    Parameters
    ----------
    network : Network
        Trained.
    material : Material
        What it was trained on: its statistics are folded in.
    augmentation : Augmentation
    seed : int
    path : Path
        The ``.npz`` to write: ``<layer>.kernel`` (HWIO) and ``<layer>.bias`` in float16, for blue,
        green, red on the scale 0 to 255 with ImageNet's mean subtracted.

    Returns
    -------
    str
        The file's SHA-256.
    """
    kernels, biases = _folded(network, *_statistics(network, material, augmentation, seed))
    _calibrate(kernels, biases, material, seed)
    arrays = {f"{n}.kernel": k.astype(np.float16) for n, k in kernels.items()}
    arrays |= {f"{n}.bias": b.astype(np.float16) for n, b in biases.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _statistics(
    network: Network, material: Material, augmentation: Augmentation, seed: int
) -> tuple[Arrays, Arrays]:
    """Return mean and variance before each batch norm, over many batches."""
    patches = tf.constant(material.patches)

    @tf.function
    def measure(step: tf.Tensor) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        seeds = tf.stack([seed + 1, step])
        labels = tf.random.stateless_uniform([_BATCH], seeds, 0, len(material.patches), tf.int32)
        _, noisy = augmentation(tf.gather(patches, labels), seeds)
        return network.features(noisy)[1]

    runs = [measure(tf.constant(step)) for step in range(_BATCHES)]
    mean = {n: np.mean([r[n][0].numpy() for r in runs], 0) for n in LAYERS}
    variance = {n: np.mean([r[n][1].numpy() for r in runs], 0) for n in LAYERS}
    return mean, variance


def _folded(network: Network, mean: Arrays, variance: Arrays) -> tuple[Arrays, Arrays]:
    kernels: Arrays = {}
    biases: Arrays = {}
    for layer in LAYERS:
        kernel = network.kernel(layer).numpy()
        gamma, beta = (network.variables[f"{layer}.{part}"].numpy() for part in ("gamma", "beta"))
        gain = gamma / np.sqrt(variance[layer] + _EPSILON)
        kernels[layer] = kernel * gain
        biases[layer] = beta - mean[layer] * gain
    kernels[LAYERS[0]] = kernels[LAYERS[0]] * INPUT_SCALE
    return kernels, biases


def _calibrate(kernels: Arrays, biases: Arrays, material: Material, seed: int) -> None:
    """Scale every layer to the same mean activation on clean patches.

    ReLU and average pooling are homogeneous: with a kernel times ``s_before / s`` and a bias
    over ``s`` the layer's maps are exactly those of before, over ``s``.
    """
    chosen = np.random.default_rng(seed).choice(len(material.patches), 64, replace=False)
    means = dict.fromkeys(LAYERS, 0.0)
    net = VGG19(VGGWeights("", kernels, biases, pooling="average"), padding="edge")
    for n in chosen:
        maps = net(tf.constant(material.patches[n : n + 1] / np.float32(255)), LAYERS)
        for layer in LAYERS:
            means[layer] += float(tf.reduce_mean(maps[layer])) / len(chosen)
    before = 1.0
    for layer in LAYERS:
        scale = means[layer] / _MEAN_ACTIVATION
        kernels[layer] = np.asarray(kernels[layer] * before / scale, np.float32)
        biases[layer] = np.asarray(biases[layer] / scale, np.float32)
        before = scale
