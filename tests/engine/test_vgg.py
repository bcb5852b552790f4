"""Feature maps against `keras.applications.VGG19` with the same weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import correlate1d

from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.feature_layers import FEATURE_LAYERS

ALL_LAYERS = [layer for layer in FEATURE_LAYERS if layer.endswith(("conv1", "conv2"))]


@pytest.fixture(scope="module")
def weights(vgg19_arrays) -> VGGWeights:
    return VGGWeights(
        "seeded",
        {layer: kernel for layer, (kernel, _) in vgg19_arrays.items()},
        {layer: bias for layer, (_, bias) in vgg19_arrays.items()},
    )


@pytest.mark.parametrize("winograd", [False, True])
@pytest.mark.parametrize("shape", [(64, 48), (37, 51), (16, 16)])
def test_feature_maps_are_those_of_keras(weights, keras_vgg19, picture, shape, winograd):
    image = picture(*shape, seed=3)[None]
    extractor = keras.Model(
        keras_vgg19.inputs, [keras_vgg19.get_layer(layer).output for layer in ALL_LAYERS]
    )
    expected = extractor(keras.applications.vgg19.preprocess_input(image * 255.0))
    network = VGG19(weights, padding="zero", pooling="max", winograd=winograd)
    found = network(tf.constant(image), ALL_LAYERS)
    assert set(found) == set(ALL_LAYERS)
    for layer, values in zip(ALL_LAYERS, expected, strict=True):
        assert found[layer].dtype == tf.float32
        scale = float(np.abs(values).max())
        np.testing.assert_allclose(found[layer], values, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize(
    ("joint", "pooling", "precision"),
    [
        ("block2_conv1", "max", "float32"),
        ("block3_conv1", "blur", "bfloat16"),
        ("block5_conv1", "average", "float32"),
    ],
)
def test_taken_apart_it_sees_the_same(weights, picture, joint, pooling, precision):
    network = VGG19(weights, pooling=pooling, padding="edge", precision=precision)
    image = tf.constant(picture(67, 50, seed=3)[None])
    whole = network(image, ALL_LAYERS)
    before = [layer for layer in ALL_LAYERS if layer < joint]
    found, entering = network.stem(image, before, joint)
    assert list(found) == before
    assert entering.dtype == network.dtype == tf.as_dtype(precision)
    found |= network.rest(entering, [layer for layer in ALL_LAYERS if layer >= joint], joint)
    assert set(found) == set(whole)
    for layer, features in whole.items():
        np.testing.assert_array_equal(found[layer], features)


def convolutions(weights: VGGWeights, layers: list[str], *, winograd: bool = False) -> int:
    network = VGG19(weights, winograd=winograd)
    spec = tf.TensorSpec([1, None, None, 3], tf.float32)
    graph = tf.function(lambda image: network(image, layers)).get_concrete_function(spec).graph
    return sum(op.type == "Conv2D" for op in graph.get_operations())


@pytest.mark.parametrize(
    ("layers", "count"),
    [
        (["block1_conv1"], 1),
        (["block2_conv2"], 4),
        (["block3_conv1", "block1_conv2"], 5),
        (["block5_conv2"], 14),
    ],
)
def test_network_runs_no_deeper_than_asked(weights, layers, count):
    assert convolutions(weights, layers) == count


def test_only_wide_convolutions_are_done_by_winograd_s_algorithm(weights):
    assert convolutions(weights, ["block5_conv2"], winograd=True) == 3


def test_edge_padding_leaves_no_frame_around_a_constant_image(weights):
    image = tf.fill([1, 48, 64, 3], 0.7)
    edge = VGG19(weights, padding="edge")(image, ["block1_conv1", "block4_conv2", "block5_conv2"])
    for features in edge.values():
        spread = np.ptp(features, axis=(1, 2)).max()
        assert spread <= 1e-4 * np.abs(features).max()
    zero = VGG19(weights, padding="zero")(image, ["block4_conv2"])["block4_conv2"]
    assert np.ptp(zero, axis=(1, 2)).max() > 0.1 * np.abs(zero).max()


def test_edge_padding_changes_only_what_sees_the_border(weights, picture):
    image = tf.constant(picture(32, 32)[None])
    zero, edge = (
        VGG19(weights, padding=padding)(image, ["block1_conv2"])["block1_conv2"].numpy()
        for padding in ("zero", "edge")
    )
    np.testing.assert_allclose(zero[:, 2:-2, 2:-2], edge[:, 2:-2, 2:-2], rtol=1e-4, atol=1e-3)
    assert not np.allclose(zero[:, 0], edge[:, 0], rtol=1e-2)


def test_average_pooling_takes_the_mean_of_four(weights, picture):
    image = tf.constant(picture(32, 32)[None])
    network = VGG19(weights, pooling="average", padding="zero")
    found = network(image, ["block1_conv2", "block2_conv1"])
    before = found["block1_conv2"].numpy()
    pooled = before.reshape(1, 16, 2, 16, 2, -1).mean(axis=(2, 4))
    kernel, bias = weights.kernels["block2_conv1"], weights.biases["block2_conv1"]
    expected = tf.nn.relu(tf.nn.conv2d(pooled, kernel, 1, "SAME") + bias)
    np.testing.assert_allclose(found["block2_conv1"], expected, rtol=1e-4, atol=1e-3)


def test_blur_pooling_is_a_binomial_filter_around_the_centre_of_four(weights, picture):
    image = tf.constant(picture(32, 32, seed=4)[None])
    network = VGG19(weights, pooling="blur", padding="zero")
    found = network(image, ["block1_conv2", "block2_conv1"])
    smooth = found["block1_conv2"].numpy()[0]
    for axis in (0, 1):
        smooth = correlate1d(smooth, np.array([1, 3, 3, 1]) / 8, axis=axis, mode="reflect")
    # scipy puts the centre of four taps at the third: every odd one stands for its pair.
    pooled = smooth[1::2, 1::2][None]
    kernel, bias = weights.kernels["block2_conv1"], weights.biases["block2_conv1"]
    expected = tf.nn.relu(tf.nn.conv2d(pooled, kernel, 1, "SAME") + bias)
    np.testing.assert_allclose(found["block2_conv1"], expected, rtol=1e-4, atol=1e-3)


def test_auto_pooling_takes_what_suits_the_weights(weights, picture):
    image, layer = tf.constant(picture(32, 32)[None]), "block2_conv1"
    suited = VGGWeights("average", weights.kernels, weights.biases, pooling="average")
    auto = VGG19(suited, pooling="auto")(image, [layer])[layer]
    average = VGG19(weights, pooling="average")(image, [layer])[layer]
    np.testing.assert_array_equal(auto, average)
    assert not np.allclose(auto, VGG19(weights, pooling="auto")(image, [layer])[layer], rtol=1e-2)


def test_bfloat16_is_close_to_float32_and_answers_in_float32(weights, picture):
    image = tf.constant(picture(48, 48)[None])
    layers = ["block1_conv1", "block3_conv1", "block5_conv2"]
    exact = VGG19(weights, precision="float32")(image, layers)
    rounded = VGG19(weights, precision="bfloat16")(image, layers)
    for layer in layers:
        assert rounded[layer].dtype == tf.float32
        error = np.linalg.norm(rounded[layer] - exact[layer]) / np.linalg.norm(exact[layer])
        assert 1e-5 < error < 0.03


# Not for max: with these weights many maxima are nearly ties, which rounding decides otherwise.
@pytest.mark.parametrize("pooling", ["average", "blur"])
def test_gradients_in_bfloat16_point_where_those_in_float32_do(weights, picture, pooling):
    image = tf.constant(picture(48, 40)[None])

    def gradient(precision: str) -> np.ndarray:
        network = VGG19(weights, padding="edge", pooling=pooling, precision=precision)
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.reduce_sum(network(image, ["block4_conv1"])["block4_conv1"] ** 2)
        return tape.gradient(loss, image).numpy().ravel()

    exact, rounded = gradient("float32"), gradient("bfloat16")
    assert exact @ rounded > 0.98 * np.linalg.norm(exact) * np.linalg.norm(rounded)
