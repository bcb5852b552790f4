"""A narrow VGG19 with batch norm, and the heads it is trained with and then loses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.feature_layers import FEATURE_LAYERS as LAYERS

__all__ = ["INPUT_SCALE", "LAYERS", "Network"]

#: Mean blue, green and red of ImageNet, 0 to 255: the convention of VGG19's published weights.
_MEAN_BGR = (103.939, 116.779, 123.68)
#: Layers from which the crop's class is told, with the share of each in the loss.
_CLASS_HEADS = {"block3_conv4": 0.3, "block4_conv4": 0.3, "block5_conv4": 1.0}
#: The network's input has about unit variance.
INPUT_SCALE = 1 / 64


def _smoothing() -> NDArray[np.float32]:
    """Return the projection of 3x3 kernels on those blind to the highest frequencies.

    It takes the response to (-1)^x, (-1)^y and (-1)^(x+y) away and leaves the sum as it is.
    """
    y, x = np.mgrid[-1:2, -1:2]
    waves = [np.ones((3, 3)), (-1.0) ** x, (-1.0) ** y, (-1.0) ** (x + y)]
    response = np.stack(waves).reshape(4, 9)
    unwanted = np.diag([0.0, 1.0, 1.0, 1.0])
    return np.asarray(np.eye(9) - np.linalg.pinv(response) @ unwanted @ response, np.float32)


_SMOOTH = _smoothing()


class Network:
    """The convolutions, their batch norms and the heads.

    Parameters
    ----------
    widths : sequence of int
        Channels of the five blocks.
    classes : int
        How many patches there are to tell apart.
    seed : int
        Of the first weights.
    precision : {"bfloat16", "float32"}
        Arithmetic of the convolutions.
    smooth_blocks : int
        Up to which block the kernels are blind to the highest frequencies.
    """

    def __init__(
        self,
        widths: Sequence[int],
        classes: int,
        seed: int,
        precision: str = "bfloat16",
        smooth_blocks: int = 3,
    ) -> None:
        self.widths = tuple(widths)
        self._smooth_blocks = smooth_blocks
        self._dtype = tf.as_dtype(precision)
        self.variables: dict[str, tf.Variable] = {}
        inputs = 3
        for number, layer in enumerate(LAYERS):
            outputs = self.widths[int(layer[5]) - 1]
            self._add(f"{layer}.kernel", [3, 3, inputs, outputs], 2 / (9 * inputs), seed, number)
            self._add(f"{layer}.gamma", [outputs], None, seed, number, fill=1.0)
            self._add(f"{layer}.beta", [outputs], None, seed, number)
            if layer.endswith("conv1"):
                self._add(f"{layer}.colour", [1, 1, outputs, 3], 1 / outputs, seed, number + 50)
                self._add(f"{layer}.grey", [3], None, seed, number, fill=0.5)
            if layer in _CLASS_HEADS:
                self._add(f"{layer}.head", [outputs, classes], 1 / outputs, seed, number + 100)
                self._add(f"{layer}.prior", [classes], None, seed, number)
            inputs = outputs

    def _add(
        self,
        name: str,
        shape: list[int],
        variance: float | None,
        seed: int,
        number: int,
        fill: float = 0.0,
    ) -> None:
        if variance is None:
            value = tf.fill(shape, fill)
        else:
            value = tf.random.stateless_normal(shape, [seed, number]) * variance**0.5
        self.variables[name] = tf.Variable(value, name=name)

    def kernel(self, layer: str) -> tf.Tensor:
        """Return a layer's kernel, in the shallow blocks blind to one-pixel checks and stripes.

        Those are what a picture being optimised fools such layers with: they come out as a grid.
        """
        kernel = self.variables[f"{layer}.kernel"]
        if int(layer[5]) > self._smooth_blocks:
            return kernel
        flat = tf.reshape(kernel, [9, -1])
        return tf.reshape(tf.matmul(_SMOOTH, flat), tf.shape(kernel))

    def features(
        self, image: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], dict[str, tuple[tf.Tensor, tf.Tensor]]]:
        """Return feature maps, and the batch's mean and variance before each batch norm.

        Parameters
        ----------
        image : tensor of float32, shape (B, H, W, 3)
            RGB, 0 to 1.
        """
        v = self.variables
        x = (image[..., ::-1] * 255.0 - tf.constant(_MEAN_BGR)) * INPUT_SCALE
        x = tf.cast(x, self._dtype)
        maps: dict[str, tf.Tensor] = {}
        statistics: dict[str, tuple[tf.Tensor, tf.Tensor]] = {}
        for layer in LAYERS:
            if layer.endswith("conv1") and layer != LAYERS[0]:
                x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
            x = tf.nn.conv2d(x, tf.cast(self.kernel(layer), self._dtype), 1, "SAME")
            x, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                x, v[f"{layer}.gamma"], v[f"{layer}.beta"], epsilon=1e-3, is_training=True
            )
            statistics[layer] = mean, variance
            x = tf.nn.relu(x)
            maps[layer] = x
        return maps, statistics

    def losses(self, noisy: tf.Tensor, clean: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the parts of the loss and the share of crops whose patch was found.

        Parameters
        ----------
        noisy, clean : tensor of float32, shape (B, H, W, 3)
            What the network sees, and what its colour heads are to recover.
        labels : tensor of int32, shape (B,)
        """
        v = self.variables
        maps, _ = self.features(noisy)
        out: dict[str, tf.Tensor] = {"class": tf.constant(0.0), "colour": tf.constant(0.0)}
        for layer, share in _CLASS_HEADS.items():
            pooled = tf.cast(tf.reduce_mean(tf.cast(maps[layer], tf.float32), [1, 2]), tf.float32)
            logits = pooled @ v[f"{layer}.head"] + v[f"{layer}.prior"]
            errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            out["class"] += share * tf.reduce_mean(errors)
            hits = tf.equal(tf.argmax(logits, -1, tf.int32), labels)
            out[f"accuracy{layer[5]}"] = tf.reduce_mean(tf.cast(hits, tf.float32))
        target = clean
        for layer in LAYERS:
            if not layer.endswith("conv1"):
                continue
            if layer != LAYERS[0]:
                target = tf.nn.avg_pool2d(target, 2, 2, "VALID")
            head = tf.cast(v[f"{layer}.colour"], self._dtype)
            seen = tf.cast(tf.nn.conv2d(maps[layer], head, 1, "SAME"), tf.float32)
            error = tf.math.squared_difference(seen + v[f"{layer}.grey"], target)
            # A twentieth is about the variance of a picture.
            out["colour"] += 20 * tf.reduce_mean(error) / 5
        return out
