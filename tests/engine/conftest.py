"""VGG19 with seeded weights, once as Keras has it and once in the files that users have."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from engine_files import Arrays, write_published_layout


@pytest.fixture(scope="session")
def vgg19_arrays() -> Arrays:
    """Kernels and biases of VGG19, seeded, with feature maps of the order of the real network's.

    Biases lean to the positive: with He's own initialisation most ReLUs sit on the fence, and a
    descent of twenty steps amplifies the last bit of float32 into a different picture, in any
    implementation. With these, such a bit stays below 1e-3.
    """
    rng = np.random.default_rng(20)
    arrays: Arrays = {}
    inputs = 3
    for block, (convs, width) in enumerate([(2, 64), (2, 128), (4, 256), (4, 512), (4, 512)], 1):
        for conv in range(1, convs + 1):
            scale = 0.5 * np.sqrt(2 / (9 * inputs)) * (0.3 if (block, conv) == (1, 1) else 1.0)
            kernel = rng.normal(0, scale, (3, 3, inputs, width))
            bias = rng.normal(40, 5, width)
            arrays[f"block{block}_conv{conv}"] = (
                kernel.astype(np.float32),
                bias.astype(np.float32),
            )
            inputs = width
    return arrays


@pytest.fixture(scope="session")
def keras_vgg19(vgg19_arrays: Arrays) -> keras.Model:
    """`keras.applications.VGG19` with those weights: a way to its features that is not ours."""
    model = keras.applications.VGG19(weights=None, include_top=False)
    for layer, values in vgg19_arrays.items():
        model.get_layer(layer).set_weights(values)
    return model


@pytest.fixture(scope="session")
def npz_weights(vgg19_arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("npz") / "vgg19.npz"
    np.savez(
        path,
        **{
            f"{layer}.{name}": array
            for layer, pair in vgg19_arrays.items()
            for name, array in zip(("kernel", "bias"), pair, strict=True)
        },
    )
    return path


@pytest.fixture(scope="session")
def h5_weights(vgg19_arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layout of the file that Keras publishes, pooling layers and all."""
    path = tmp_path_factory.mktemp("h5") / "vgg19.h5"
    write_published_layout(path, vgg19_arrays)
    return path


@pytest.fixture
def small_h5(tmp_path: Path) -> Path:
    """A valid weights file of two layers in the published layout."""
    rng = np.random.default_rng(0)
    arrays = {
        name: (
            rng.normal(0, 1, (3, 3, i, 4)).astype(np.float32),
            np.arange(4, dtype=np.float32),
        )
        for name, i in (("block1_conv1", 3), ("block1_conv2", 4))
    }
    path = tmp_path / "small.h5"
    write_published_layout(path, arrays)
    return path
