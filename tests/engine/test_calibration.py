"""Whatever the weights' scale, the network means the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.calibration import SCALE, calibrated, probe
from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.job import Job
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.settings import Settings


@pytest.fixture(scope="module")
def weights() -> VGGWeights:
    """Eight channels, five blocks deep."""
    rng = np.random.default_rng(3)
    kernels, biases, inputs = {}, {}, 3
    for layer in FEATURE_LAYERS:
        scale = np.sqrt(2 / (9 * inputs))
        kernels[layer] = rng.normal(0, scale, (3, 3, inputs, 8)).astype(np.float32)
        biases[layer] = rng.uniform(0, 2, 8).astype(np.float32)
        inputs = 8
    return VGGWeights("Small", kernels, biases)


def rescaled(weights: VGGWeights, seed: int = 0) -> VGGWeights:
    """The same network with each layer's outputs up to a million times larger or smaller."""
    rng = np.random.default_rng(seed)
    kernels, biases, before = {}, {}, 1.0
    for layer in weights.kernels:
        factor = 10.0 ** rng.uniform(-6, 6)
        kernels[layer] = (weights.kernels[layer] * (factor / before)).astype(np.float32)
        biases[layer] = (weights.biases[layer] * factor).astype(np.float32)
        before = factor
    return dataclasses.replace(weights, kernels=kernels, biases=biases)


def test_every_layer_gets_its_scale(weights):
    for network in (weights, rescaled(weights)):
        features = VGG19(calibrated(network))(tf.constant(probe()), FEATURE_LAYERS)
        for layer in FEATURE_LAYERS:
            assert np.mean(features[layer]) == pytest.approx(SCALE[layer], rel=1e-3), layer


def test_feature_maps_are_changed_by_one_factor_only(weights, picture):
    image = tf.constant(picture(32, 32)[None])
    before = VGG19(weights)(image, FEATURE_LAYERS)
    after = VGG19(calibrated(weights))(image, FEATURE_LAYERS)
    for layer in FEATURE_LAYERS:
        a, b = np.ravel(before[layer]), np.ravel(after[layer])
        factor = (a @ b) / (a @ a)
        np.testing.assert_allclose(b, factor * a, rtol=1e-3, atol=1e-4 * b.max())


def test_silent_layer_is_left_alone(weights):
    kernels = {**weights.kernels, "block2_conv1": 0 * weights.kernels["block2_conv1"]}
    biases = {**weights.biases, "block2_conv1": -np.ones(8, np.float32)}
    found = calibrated(dataclasses.replace(weights, kernels=kernels, biases=biases))
    assert all(np.isfinite(kernel).all() for kernel in found.kernels.values())
    assert not found.kernels["block2_conv1"].any()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_rescaled_file_paints_the_same_picture(weights, picture, tmp_path, precision):
    images = []
    for name, network in (("plain", weights), ("wild", rescaled(weights))):
        path = tmp_path / f"{name}.npz"
        arrays = {f"{layer}.kernel": kernel for layer, kernel in network.kernels.items()}
        np.savez(path, **arrays, **{f"{n}.bias": b for n, b in network.biases.items()})
        settings = Settings(
            weights=str(path),
            precision=precision,
            size=32,
            # Adam goes a good way in few steps; L-BFGS begins with very small ones. Where it is
            # the sign of a gradient that counts, what centring a Gram matrix rounds off shows.
            optimizer="adam",
            style_loss="gram",
            learning_rate=0.02,
            steps=10,
            smallest_scale=0,
            averaging=0.0,
            decay=0.0,
            device="cpu",
        )
        job = Job(picture(32, 32, seed=1), picture(32, 32, seed=2), settings)
        *_, last = stylize_steps(job)
        images.append(last.image)
        moved = np.abs(last.image - job.content).max()
    assert moved > 0.1
    # The scales differ by a factor that no power of two is: bfloat16 rounds its kernels otherwise.
    tolerance = 1e-4 if precision == "float32" else 0.02
    np.testing.assert_allclose(images[1], images[0], atol=tolerance)


def test_absolute_losses_of_keras_weights_keep_the_scale_of_the_file(weights, picture, tmp_path):
    losses = []
    for factor in (1.0, 10.0):
        path = tmp_path / f"{factor}.npz"
        one = {"block1_conv1.kernel": factor * weights.kernels["block1_conv1"]}
        np.savez(path, **one, **{"block1_conv1.bias": factor * weights.biases["block1_conv1"]})
        settings = Settings(
            weights=str(path),
            loss_scale="absolute",
            style_layers={"block1_conv1": 1.0},
            content_layers={"block1_conv1": 1.0},
            precision="float32",
            size=24,
            steps=1,
            device="cpu",
        )
        (only,) = stylize_steps(Job(picture(24, 24, seed=1), picture(24, 24, seed=2), settings))
        losses.append(only.losses["style"])
    assert losses[1] == pytest.approx(1e4 * losses[0], rel=1e-3)


def test_the_preset_paper_paints_with_the_built_in_network_too(picture):
    paper = presets.settings("paper", features="builtin", size=48, steps=30, device="cpu")
    content, style = picture(48, 48, seed=1), picture(48, 48, seed=2)
    notice, first, *_, last = stylize_steps(Job(content, style, paper.replace(update_every=1)))
    assert "does not hold the content in block5_conv2" in notice.text
    assert np.corrcoef(last.image.mean(-1).ravel(), content.mean(-1).ravel())[0, 1] > 0.5
    assert last.losses["style"] < 0.3 * first.losses["style"]
    assert np.abs(last.image - content).mean() > 0.05
