"""The convolutions of VGG19 at any width: the teacher, and the student that learns from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.vgg import KERAS, VGGWeights

__all__ = ["Arrays", "Network", "block", "teacher", "to_keras"]

Arrays = dict[str, NDArray[np.float32]]

#: The networks' input, an RGB image less its middle, has about unit variance.
_INPUT_GAIN = 255.0 / 64.0
_MIDDLE = np.array(KERAS.middle, np.float32)
_BLUR = np.outer([1, 3, 3, 1], [1, 3, 3, 1])[:, :, np.newaxis, np.newaxis] / 64


def block(layer: str) -> int:
    """Return the block, 1 to 5, that a layer belongs to."""
    return int(layer[5])


class Network:
    """Image to feature maps, like the engine's, but for batches and with kernels that may learn.

    Parameters
    ----------
    kernels, biases : mapping of str to tensor or variable
        By layer, in order; the first for RGB as `__call__` prepares it.
    pooling : {"max", "blur"}
    precision : {"float32", "bfloat16"}
        Arithmetic of the convolutions, and type of the maps.
    """

    def __init__(
        self,
        kernels: Mapping[str, tf.Tensor],
        biases: Mapping[str, tf.Tensor],
        pooling: str,
        precision: str,
    ) -> None:
        self.kernels = dict(kernels)
        self.biases = dict(biases)
        self.layers = tuple(kernels)
        self.dtype = tf.as_dtype(precision)
        self._pooling = pooling

    def __call__(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the maps of all layers, after their ReLU.

        Parameters
        ----------
        images : tensor of float32, shape (B, H, W, 3)
            RGB, 0 to 1.
        """
        maps: dict[str, tf.Tensor] = {}
        for layer in self.layers:
            maps[layer] = tf.nn.relu(self.before_relu(layer, images, maps))
        return maps

    def in_precision(self, precision: str) -> Network:
        """Return the same network with another arithmetic."""
        kernels = {name: tf.cast(kernel, precision) for name, kernel in self.kernels.items()}
        return Network(kernels, self.biases, self._pooling, precision)

    def before_relu(self, layer: str, images: tf.Tensor, maps: dict[str, tf.Tensor]) -> tf.Tensor:
        """Return one layer's map before its ReLU, from the maps of the layers before it."""
        x = tf.nn.conv2d(
            self.padded(layer, images, maps), tf.cast(self.kernels[layer], self.dtype), 1, "VALID"
        )
        return tf.nn.bias_add(x, tf.cast(self.biases[layer], self.dtype))

    def padded(self, layer: str, images: tf.Tensor, maps: dict[str, tf.Tensor]) -> tf.Tensor:
        """Return what a layer convolves: the map before it, pooled where a block begins."""
        number = self.layers.index(layer)
        if number == 0:
            x = tf.cast((images - _MIDDLE) * _INPUT_GAIN, self.dtype)
        else:
            x = maps[self.layers[number - 1]]
            if layer.endswith("conv1"):
                x = self._shrunk(x)
        return _edge_padded(x)

    def _shrunk(self, x: tf.Tensor) -> tf.Tensor:
        if self._pooling == "max":
            return tf.nn.max_pool2d(x, 2, 2, "VALID")
        kernel = tf.tile(tf.cast(_BLUR, x.dtype), [1, 1, x.shape[3], 1])
        return tf.nn.depthwise_conv2d(_edge_padded(x), kernel, [1, 2, 2, 1], "VALID")


def _edge_padded(x: tf.Tensor) -> tf.Tensor:
    # One pixel of mirrored border is the border's own value.
    return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")


def teacher(weights: VGGWeights, images: tf.Tensor) -> Network:
    """Make the teacher of VGG19's weights, each layer's channels of unit variance in the mean.

    ReLU and pooling are homogeneous, so a layer's scale is free, and with this one every layer's
    error counts alike.

    Parameters
    ----------
    weights : VGGWeights
        They may lack deep layers.
    images : tensor of float32, shape (B, H, W, 3)
        RGB, 0 to 1: what variances are measured on.
    """
    first = next(iter(weights.kernels))
    kernels = {name: kernel.astype(np.float32) for name, kernel in weights.kernels.items()}
    biases = {name: bias.astype(np.float32) for name, bias in weights.biases.items()}
    kernels[first] = weights.preprocessing.absorbed(kernels[first])
    shift = _MIDDLE - np.array(weights.preprocessing.middle, np.float32)
    biases[first] = biases[first] + np.einsum("hwio,i->o", kernels[first], shift)
    kernels[first] = kernels[first] / _INPUT_GAIN
    maps = Network(kernels, biases, "max", "float32")(images)
    before = 1.0
    for name, features in maps.items():
        variance = tf.math.reduce_variance(features, [0, 1, 2])
        scale = float(tf.sqrt(tf.reduce_mean(variance)))
        kernels[name] = np.asarray(kernels[name] * (before / scale), np.float32)
        biases[name] = np.asarray(biases[name] / scale, np.float32)
        before = scale
    constants = {name: tf.constant(kernel) for name, kernel in kernels.items()}
    return Network(constants, biases, "max", "float32")


def to_keras(network: Network) -> tuple[Arrays, Arrays]:
    """Return kernels and biases for blue, green, red, 0 to 255, less ImageNet's mean."""
    kernels = {
        name: tf.convert_to_tensor(kernel).numpy() for name, kernel in network.kernels.items()
    }
    biases = {name: tf.convert_to_tensor(bias).numpy() for name, bias in network.biases.items()}
    first = network.layers[0]
    kernels[first] = kernels[first][:, :, ::-1] * np.float32(_INPUT_GAIN / 255)
    return kernels, biases
