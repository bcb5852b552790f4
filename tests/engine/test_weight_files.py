"""Weights files of all kinds, against Keras and against the formulae of their makers."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from engine_files import write_published_layout
from safetensors.numpy import save_file

from napari_neural_style.engine import weight_files
from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.engine.weight_files import read_weights
from napari_neural_style.errors import WeightsError
from napari_neural_style.feature_layers import FEATURE_LAYERS, WEIGHTS_ENDINGS

#: Where torchvision's VGG19 and VGG16 have their convolutions.
NUMBERS = {
    "VGG19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    "VGG16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
}
VGG16_LAYERS = [layer for layer in FEATURE_LAYERS if not layer.endswith("conv4")]


def narrow(layers, seed=0, width=6):
    """Kernels and biases of a network of a few channels."""
    rng = np.random.default_rng(seed)
    arrays, inputs = {}, 3
    for layer in layers:
        kernel = rng.normal(0, np.sqrt(2 / (9 * inputs)), (3, 3, inputs, width))
        arrays[layer] = kernel.astype(np.float32), rng.normal(0, 0.2, width).astype(np.float32)
        inputs = width
    return arrays


def write_state_dict(path: Path, kind: str, arrays, prefix="features", extra=None) -> None:
    tensors = dict(extra or {})
    for number, (kernel, bias) in zip(NUMBERS[kind], arrays.values(), strict=False):
        tensors[f"{prefix}.{number}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        tensors[f"{prefix}.{number}.bias"] = bias
    save_file(tensors, path)


def assert_holds(found: VGGWeights, arrays) -> None:
    assert list(found.kernels) == list(arrays)
    for layer, (kernel, bias) in arrays.items():
        np.testing.assert_array_equal(found.kernels[layer], kernel)
        np.testing.assert_array_equal(found.biases[layer], bias)


@pytest.mark.parametrize("layout", ["npz_weights", "h5_weights"])
def test_weights_files_are_read_to_the_bit(request, layout, vgg19_arrays):
    path = request.getfixturevalue(layout)
    found = read_weights(path)
    assert path.name in found.title
    assert set(found.kernels) == set(vgg19_arrays)
    for layer, (kernel, bias) in vgg19_arrays.items():
        np.testing.assert_array_equal(found.kernels[layer], kernel)
        np.testing.assert_array_equal(found.biases[layer], bias)


def test_file_written_by_kerass_own_legacy_writer_is_read(keras_vgg19, vgg19_arrays, tmp_path):
    path = tmp_path / "legacy.h5"
    with h5py.File(path, "w") as file:
        keras.src.legacy.saving.legacy_h5_format.save_weights_to_hdf5_group(file, keras_vgg19)
    found = read_weights(path)
    for layer, (kernel, bias) in vgg19_arrays.items():
        np.testing.assert_array_equal(found.kernels[layer], kernel)
        np.testing.assert_array_equal(found.biases[layer], bias)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def not_hdf5(path: Path) -> None:
    path.write_text("<html>404</html>")


def of_another_network(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["dense/kernel"] = np.zeros((3, 3))


def of_another_shape(path: Path) -> None:
    write_published_layout(
        path, {"block1_conv1": (np.zeros((5, 5, 3, 4), np.float32), np.zeros(4, np.float32))}
    )


def with_a_short_bias(path: Path) -> None:
    write_published_layout(
        path, {"block1_conv1": (np.zeros((3, 3, 3, 4), np.float32), np.zeros(3, np.float32))}
    )


def without_weight_names(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["block1_conv1/kernel"] = np.zeros((3, 3, 3, 4))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (Path.unlink, "There is no weights file"),
        (truncated, "cannot be read"),
        (not_hdf5, "cannot be read"),
        (of_another_network, "has no layers of VGG19"),
        (
            of_another_shape,
            r"or VGG16: the kernel of block1_conv1 has the shape \(5, 5, 3",
        ),
        (
            with_a_short_bias,
            r"or VGG16: the bias of block1_conv1 has the shape \(3,\)",
        ),
        (without_weight_names, "as a Keras .h5 or .keras file"),
    ],
)
def test_unusable_file_is_named_with_the_reason(small_h5, damage, sentence):
    damage(small_h5)
    with pytest.raises(WeightsError, match=sentence) as error:
        read_weights(small_h5)
    assert str(small_h5) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing more", b"\x00" * 500])
def test_damaged_npz_is_named_with_the_reason(tmp_path, content):
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"damaged\.npz cannot be read"):
        read_weights(path)


def test_pickled_npz_is_not_executed(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, **{"block1_conv1.kernel": np.array([{}], object), "block1_conv1.bias": 0})
    with pytest.raises(WeightsError, match="cannot be read"):
        read_weights(path)


def test_layers_beyond_a_missing_one_are_left_out(vgg19_arrays, tmp_path):
    path = tmp_path / "gap.h5"
    write_published_layout(
        path, {n: vgg19_arrays[n] for n in ("block1_conv1", "block1_conv2", "block2_conv2")}
    )
    assert set(read_weights(path).kernels) == {"block1_conv1", "block1_conv2"}


@pytest.fixture(scope="module")
def keras_vgg16():
    """`keras.applications.VGG16`, with random weights of its own and some bias."""
    keras.utils.set_random_seed(16)
    model = keras.applications.VGG16(weights=None, include_top=False)
    for layer in VGG16_LAYERS:
        kernel, bias = model.get_layer(layer).get_weights()
        model.get_layer(layer).set_weights([kernel, bias + 0.1])
    return model


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
def test_vgg16_of_keras_is_recognised_and_sees_what_keras_sees(
    keras_vgg16, picture, tmp_path, ending
):
    path = tmp_path / f"mine{ending}"
    (keras_vgg16.save_weights if ending == ".weights.h5" else keras_vgg16.save)(path)
    found = read_weights(path)
    assert found.title == f"VGG16 (mine{ending})"
    assert list(found.kernels) == VGG16_LAYERS
    image = picture(32, 40, seed=4)[None]
    layers = ["block1_conv2", "block3_conv3", "block5_conv3"]
    extractor = keras.Model(
        keras_vgg16.inputs, [keras_vgg16.get_layer(layer).output for layer in layers]
    )
    expected = extractor(keras.applications.vgg16.preprocess_input(image * 255.0))
    features = VGG19(found)(tf.constant(image), layers)
    for layer, values in zip(layers, expected, strict=True):
        scale = float(np.abs(values).max())
        np.testing.assert_allclose(features[layer], values, rtol=1e-4, atol=1e-5 * scale)


def test_whole_model_with_its_classifier_is_read(tmp_path):
    """Keras numbers its layers where nobody has named them."""
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for layer in FEATURE_LAYERS:
        if layer.endswith("conv1") and layer != "block1_conv1":
            model.add(keras.layers.MaxPooling2D())
        model.add(keras.layers.Conv2D(4, 3, padding="same", activation="relu"))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(5))
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)  # so that Adam has moments
    weights = [layer.get_weights() for layer in model.layers if "conv" in layer.name]
    expected = dict(zip(FEATURE_LAYERS, map(tuple, weights), strict=True))
    for path in (tmp_path / "whole.keras", tmp_path / "whole.h5"):
        model.save(path)
        assert_holds(read_weights(path), expected)


@pytest.mark.parametrize("prefix", ["features", "module.features"])
@pytest.mark.parametrize("kind", NUMBERS)
def test_state_dict_of_torchvision_is_read(tmp_path, kind, prefix):
    arrays = narrow(FEATURE_LAYERS if kind == "VGG19" else VGG16_LAYERS)
    path = tmp_path / "vgg.safetensors"
    classifier = {"classifier.0.weight": np.zeros((4, 7), np.float32)}
    write_state_dict(path, kind, arrays, prefix, classifier)
    found = read_weights(path)
    assert found.title == f"{kind} (vgg.safetensors)"
    assert_holds(found, arrays)


def test_state_dict_gets_the_normalisation_of_torchvision_with_its_borders(tmp_path, picture):
    """Against the published numbers and a convolution written with loops."""
    arrays = narrow(["block1_conv1", "block1_conv2"])
    path = tmp_path / "vgg.safetensors"
    write_state_dict(path, "VGG19", arrays)
    image = picture(7, 9, seed=5)
    x = (image.astype(np.float64) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    for kernel, bias in arrays.values():
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        x = np.zeros((7, 9, 6)) + bias
        for dy in range(3):
            for dx in range(3):
                x += padded[dy : dy + 7, dx : dx + 9] @ kernel[dy, dx].astype(np.float64)
        x = np.maximum(x, 0)
    found = VGG19(read_weights(path))(tf.constant(image[None]), ["block1_conv2"])["block1_conv2"]
    np.testing.assert_allclose(found[0], x, rtol=1e-4, atol=1e-5)


def test_batch_normalisation_is_said_not_to_be_supported(tmp_path):
    path = tmp_path / "vgg19_bn.safetensors"
    statistics = {"features.1.running_mean": np.zeros(6, np.float32)}
    write_state_dict(path, "VGG19", narrow(FEATURE_LAYERS[:1]), extra=statistics)
    with pytest.raises(WeightsError, match="it has batch normalisation, which is not supported"):
        read_weights(path)


@pytest.mark.parametrize("name", ["vgg19.pth", "vgg19.pt", "vgg19.BIN"])
def test_pickled_file_is_not_opened_but_told_how_to_convert(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    with pytest.raises(WeightsError, match=r"convert it with safetensors\.torch\.save_file"):
        read_weights(path)


@pytest.mark.parametrize("name", ["a.keras", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\xff" * 100])
def test_damaged_file_of_any_kind_is_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{name} cannot be read"):
        read_weights(path)


def test_values_that_are_no_numbers_are_found(tmp_path):
    arrays = narrow(FEATURE_LAYERS[:2])
    arrays["block1_conv2"][0][0, 0, 0, 0] = np.nan
    write_published_layout(tmp_path / "nan.h5", arrays)
    with pytest.raises(WeightsError, match="NaN or infinite values in block1_conv2"):
        read_weights(tmp_path / "nan.h5")


def test_the_endings_that_the_user_is_asked_for_are_those_that_can_be_read() -> None:
    assert set(WEIGHTS_ENDINGS) == set(weight_files._READERS)
