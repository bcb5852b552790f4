"""The built-in network: the same everywhere, and alive at every depth."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import builtin_network
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.errors import WeightsError
from napari_neural_style.feature_layers import FEATURE_LAYERS


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


def test_a_damaged_file_is_noticed(tmp_path, monkeypatch):
    good = resources.files(builtin_network.__package__).joinpath("builtin_weights.npz").read_bytes()
    (tmp_path / "builtin_weights.npz").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    monkeypatch.setattr(builtin_network.resources, "files", lambda _: tmp_path)
    with pytest.raises(WeightsError, match="reinstall"):
        builtin_network.builtin_weights.__wrapped__()


def test_the_file_is_small_enough_to_ship():
    file = resources.files(builtin_network.__package__).joinpath("builtin_weights.npz")
    assert len(file.read_bytes()) < 10e6


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
