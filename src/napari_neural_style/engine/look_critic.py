"""What compares the paintings of a network that learns with those that it learns from.

The first three blocks of the built-in feature network see both. Where its convolutions would see
beyond the border of a crop they are left out, so that crops have no borders of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from napari_neural_style.engine.vgg import VGGWeights

__all__ = ["LossWeights", "LookCritic", "PairLosses"]

_BLUR = np.outer([1, 3, 3, 1], [1, 3, 3, 1])[:, :, np.newaxis, np.newaxis] / 64
#: The layers that style is compared at, with their shares.
STYLE = {
    "block1_conv1": 0.25,
    "block1_conv2": 0.25,
    "block2_conv1": 0.25,
    "block3_conv1": 0.25,
    "block3_conv2": 0.3,
}
#: The layers that are compared place by place.
PLACES = {"block2_conv1": 0.5, "block3_conv1": 0.5}
_TINY = 1e-6


class LossWeights(NamedTuple):
    """What each part of the loss counts.

    Parameters
    ----------
    pixels, places, style, coarse_style, colour : float
        For `PairLosses`.
    """

    pixels: float = 0.5
    places: float = 0.15
    style: float = 6.0
    coarse_style: float = 4.0
    colour: float = 2.0


class PairLosses(NamedTuple):
    """How far paintings are from those that they should be; scalars of float32, 0 is perfect.

    Parameters
    ----------
    pixels : tensor
        Mean absolute difference of the pixels.
    places : tensor
        Squared difference of the features, place by place, over their variance.
    style : tensor
        Squared differences of the features' means and covariances, crop by crop, over their own.
    coarse_style : tensor
        The same at half the size: for strokes that are larger than what the features see.
    colour : tensor
        Mean absolute difference of the crops' mean colours and of their spreads.
    """

    pixels: tf.Tensor
    places: tf.Tensor
    style: tf.Tensor
    coarse_style: tf.Tensor
    colour: tf.Tensor

    def total(self, weights: LossWeights) -> tf.Tensor:
        """Return their weighted sum."""
        return tf.add_n([w * loss for w, loss in zip(weights, self, strict=True)])


class LookCritic:
    """Compares batches of crops.

    Parameters
    ----------
    weights : VGGWeights
        Those of the built-in network.
    precision : {"float32", "bfloat16"}
        Arithmetic of the convolutions; everything else is float32.
    """

    def __init__(self, weights: VGGWeights, precision: str) -> None:
        self._dtype = tf.as_dtype(precision)
        self._middle = weights.preprocessing.middle
        last = list(weights.kernels).index("block3_conv2")
        self._layers = list(weights.kernels)[: last + 1]
        self._kernels, self._biases = {}, {}
        for name in self._layers:
            kernel = weights.kernels[name]
            if name == self._layers[0]:
                kernel = weights.preprocessing.absorbed(kernel)
            self._kernels[name] = tf.cast(kernel, self._dtype)
            self._biases[name] = tf.cast(weights.biases[name], self._dtype)

    def __call__(self, found: tf.Tensor, wanted: tf.Tensor) -> PairLosses:
        """Return the losses of paintings.

        Parameters
        ----------
        found, wanted : tensor of float32, shape (B, H, W, 3)
            RGB in [0, 1], at least 64 pixels high and wide.
        """
        mine, theirs = self._features(found), self._features(wanted)
        small = self._features(_halved(found)), self._features(_halved(wanted))
        return PairLosses(
            pixels=tf.reduce_mean(tf.abs(found - wanted)),
            places=tf.add_n([w * _places(mine[n], theirs[n]) for n, w in PLACES.items()]),
            style=tf.add_n([w * _style(mine[n], theirs[n]) for n, w in STYLE.items()]),
            coarse_style=tf.add_n(
                [w * _style(*(f[n] for f in small)) for n, w in STYLE.items() if n in small[0]]
            ),
            colour=_colour(found, wanted),
        )

    def _features(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        x = tf.cast(images - self._middle, self._dtype)
        features = {}
        for name in self._layers:
            if name in ("block2_conv1", "block3_conv1"):
                kernel = tf.tile(tf.cast(_BLUR, x.dtype), [1, 1, x.shape[3], 1])
                x = tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "VALID")
            if min(x.shape[1:3]) < 3:  # of a small picture at half its size: it sees no deeper
                break
            x = tf.nn.conv2d(x, self._kernels[name], 1, "VALID")
            x = tf.nn.relu(tf.nn.bias_add(x, self._biases[name]))
            features[name] = tf.cast(x, tf.float32)
        return features


def _halved(images: tf.Tensor) -> tf.Tensor:
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def _places(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    variance = tf.reduce_mean(tf.math.reduce_variance(wanted, [0, 1, 2]))
    return tf.reduce_mean(tf.math.squared_difference(found, wanted)) / (variance + _TINY)


def _style(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return how far means and covariances are, crop by crop, over those of all crops."""
    (mean, covariance), (target_mean, target) = _moments(found), _moments(wanted)
    means = tf.reduce_mean(tf.math.squared_difference(mean, target_mean))
    spreads = tf.reduce_mean(tf.math.squared_difference(covariance, target))
    return means / (tf.reduce_mean(tf.square(target_mean)) + _TINY) + spreads / (
        tf.reduce_mean(tf.square(target)) + _TINY
    )


def _moments(features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    flat = tf.reshape(features, [tf.shape(features)[0], -1, features.shape[3]])
    mean = tf.reduce_mean(flat, 1, keepdims=True)
    flat -= mean
    count = tf.cast(tf.shape(flat)[1], tf.float32)
    return mean, tf.matmul(flat, flat, transpose_a=True) / count


def _colour(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    mean, target = tf.reduce_mean(found, [1, 2]), tf.reduce_mean(wanted, [1, 2])
    spread, other = (tf.math.reduce_std(x, [1, 2]) for x in (found, wanted))
    return tf.reduce_mean(tf.abs(mean - target)) + tf.reduce_mean(tf.abs(spread - other))
