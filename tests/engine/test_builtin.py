"""The built-in network: the same everywhere, and alive at every depth."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.builtin import builtin_weights
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.settings import FEATURE_LAYERS


def test_builtin_network_has_every_layer_of_vgg19_with_fitting_shapes():
    weights = builtin_weights()
    assert tuple(weights.kernels) == FEATURE_LAYERS
    inputs = 3
    for layer in FEATURE_LAYERS:
        kernel = weights.kernels[layer]
        assert kernel.dtype == np.float32
        assert kernel.shape[:3] == (3, 3, inputs)
        assert weights.biases[layer].shape == kernel.shape[-1:]
        inputs = kernel.shape[-1]


@pytest.mark.parametrize("layer", ["block2_conv1", "block3_conv2", "block5_conv1"])
def test_channels_of_a_builtin_layer_are_orthogonal(layer):
    kernel = builtin_weights().kernels[layer].astype(np.float64)
    flat = kernel.reshape(-1, kernel.shape[-1])
    np.testing.assert_allclose(flat.T @ flat, 2 * np.eye(flat.shape[-1]), atol=1e-5)


def test_builtin_features_neither_die_nor_explode_with_depth(picture):
    image = tf.constant(picture(64, 64)[None])
    layers = [f"block{block}_conv1" for block in range(1, 6)]
    energies = [
        float(tf.reduce_mean(tf.square(f)))
        for f in VGG19(builtin_weights())(image, layers).values()
    ]
    assert max(energies) < 100 * min(energies)


def test_default_layers_exist():
    weights = builtin_weights()
    assert set(weights.content_layers) | set(weights.style_layers) <= set(FEATURE_LAYERS)
