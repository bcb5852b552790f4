"""Brings the activations of any VGG to the scale that those of ImageNet's Keras file have.

Relative losses do not depend on that scale; absolute ones do, by its second and fourth power, and
so does how far numbers are from the ends of their range. A ReLU network keeps its meaning when a
layer's outputs are scaled and the next layer's kernel takes that back (its homogeneity), so the
factors go into kernels and biases. Gatys et al. (2016) normalise theirs that way, filter by filter;
here it is one factor a layer, which leaves the directions of the feature space alone.
"""

from __future__ import annotations

import dataclasses
from itertools import groupby

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.feature_layers import FEATURE_LAYERS

__all__ = ["SCALE", "calibrated", "probe"]

_PROBE_PIXELS = 64

#: Mean activation of each layer of the published Keras file. Blocks 1 to 3 were measured on
#: `probe`; block4_conv1, block5_conv1 and block5_conv2 follow the figures that TensorFlow's
#: tutorial "Neural style transfer" prints, and the others lie between or beside them.
SCALE = dict(
    zip(
        FEATURE_LAYERS,
        (27, 116, 141, 178, 209, 257, 593, 959, 700, 360, 190, 97, 50, 12, 12, 12),
        strict=True,
    )
)


def probe() -> NDArray[np.float32]:
    """Return the picture that activations are measured on, of shape (1, 64, 64, 3), in [0, 1].

    Smooth colours, edges and grain, from a fixed seed.
    """
    rng = np.random.default_rng(1409_1556)
    y, x = np.mgrid[:_PROBE_PIXELS, :_PROBE_PIXELS] / _PROBE_PIXELS
    image = np.zeros((_PROBE_PIXELS, _PROBE_PIXELS, 3))
    for octave in range(6):
        for _ in range(3):
            fy, fx = rng.normal(0, 2**octave, 2)
            wave = np.sin(2 * np.pi * (fy * y + fx * x) + rng.uniform(0, 2 * np.pi))
            edges = np.sign(wave) if octave < 3 else wave
            image += edges[..., np.newaxis] * rng.normal(0, 0.2 / 1.5**octave, 3)
    image = np.clip(0.5 + 0.22 * image / image.std(), 0, 1)
    return np.asarray(image[np.newaxis], np.float32)


def calibrated(weights: VGGWeights) -> VGGWeights:
    """Return the same network with the mean activation of each layer on `probe` as in `SCALE`.

    A layer that is silent there keeps the factor of the one before it.
    """
    kernels, biases = dict(weights.kernels), dict(weights.biases)
    so_far = dataclasses.replace(weights, kernels=kernels, biases=biases)
    image = tf.constant(probe())
    factor = 1.0
    for _, members in groupby(weights.kernels, lambda layer: layer.partition("_")[0]):
        block = list(members)
        # All before is calibrated already: within one block nothing runs out of range.
        carried = factor
        for layer in block:
            biases[layer] = weights.biases[layer] * np.float32(carried)
        features = VGG19(so_far)(image, block)
        for layer in block:
            before = factor
            mean = float(tf.reduce_mean(features[layer])) / carried
            factor = SCALE[layer] / mean if mean > 0 else before
            kernels[layer] = weights.kernels[layer] * np.float32(factor / before)
            biases[layer] = weights.biases[layer] * np.float32(factor)
    return so_far
