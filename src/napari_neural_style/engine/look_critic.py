"""What compares the paintings of a network that learns with those that it learns from.

The first three blocks of the built-in feature network see both. Where its convolutions would see
beyond the border of a crop they are left out, so that crops have no borders of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from napari_neural_style.engine.look_style import style_distance
from napari_neural_style.engine.losses import Moments, moments
from napari_neural_style.engine.vgg import VGGWeights

__all__ = ["LossWeights", "LookCritic", "PairLosses"]

_BLUR = np.outer([1, 3, 3, 1], [1, 3, 3, 1])[:, :, np.newaxis, np.newaxis] / 64
#: The layers that style is compared at, with their shares.
STYLE = {
    "block1_conv2": 0.25,
    "block2_conv1": 0.25,
    "block3_conv1": 0.25,
    "block3_conv2": 0.3,
}
#: How many places there must be for each channel: the covariances of fewer are noise, and looks
#: that follow it are no nearer to the style.
_PLACES = 2
#: At how many smaller sizes the style is compared, each half the one before.
_COARSER = 2


class LossWeights(NamedTuple):
    """What each part of the loss counts.

    Parameters
    ----------
    pixels, style, coarse_style, colour : float
        For `PairLosses`.
    """

    pixels: float = 0.5
    style: float = 240.0
    coarse_style: float = 160.0
    colour: float = 2.0


class PairLosses(NamedTuple):
    """How far paintings are from those that they should be; scalars of float32, 0 is perfect.

    Parameters
    ----------
    pixels : tensor
        Mean absolute difference of the pixels.
    style : tensor
        How far the features of all crops are from those wanted: `style_distance`.
    coarse_style : tensor
        The same at half and a quarter of the size: for strokes that are larger than what the
        features see.
    colour : tensor
        Mean absolute difference of the crops' mean colours and of their spreads.
    """

    pixels: tf.Tensor
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

    def __call__(
        self, found: tf.Tensor, wanted: tf.Tensor, statistics: Mapping[str, Moments]
    ) -> PairLosses:
        """Return the losses of paintings.

        Parameters
        ----------
        found, wanted : tensor of float32, shape (B, H, W, 3)
            RGB in [0, 1], at least 64 pixels high and wide.
        statistics : mapping of str to Moments
            Those of `wanted`.
        """
        whole, *coarse = [
            tf.add_n([tf.zeros([]), *there]) for there in self._distances(found, statistics)
        ]
        return PairLosses(
            pixels=tf.reduce_mean(tf.abs(found - wanted)),
            style=whole,
            coarse_style=tf.add_n(coarse),
            colour=self.colour(found, wanted),
        )

    def statistics(self, images: tf.Tensor) -> dict[str, Moments]:
        """Return what style is to the critic: the moments of features, at every size.

        Parameters
        ----------
        images : tensor of float32, shape (B, H, W, 3)
            RGB in [0, 1].
        """
        found: dict[str, Moments] = {}
        for size in range(_COARSER + 1):
            images = _halved(images) if size else images
            features = self.features(images)
            found |= {_key(n, size): moments(features[n]) for n in STYLE if n in features}
        return found

    def _distances(self, found: tf.Tensor, wanted: Mapping[str, Moments]) -> list[list[tf.Tensor]]:
        """Return those of all layers that there are, size by size; tiny pictures have none."""
        mine = self.statistics(found)
        return [
            [
                share * style_distance(mine[_key(name, size)], wanted[_key(name, size)])
                for name, share in STYLE.items()
                if _key(name, size) in mine
            ]
            for size in range(_COARSER + 1)
        ]

    @staticmethod
    def colour(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        """Return the part of the loss that sees mean colours and their spreads."""
        mean, target = tf.reduce_mean(found, [1, 2]), tf.reduce_mean(wanted, [1, 2])
        spread, other = (tf.math.reduce_std(x, [1, 2]) for x in (found, wanted))
        return tf.reduce_mean(tf.abs(mean - target)) + tf.reduce_mean(tf.abs(spread - other))

    def features(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the feature maps of a batch, of those layers that see enough places in it."""
        x = tf.cast(images - self._middle, self._dtype)
        features = {}
        for name in self._layers:
            blurs = name in ("block2_conv1", "block3_conv1")
            if min(x.shape[1:3]) < (8 if blurs else 3):  # of a small picture: it sees no deeper
                break
            if blurs:
                kernel = tf.tile(tf.cast(_BLUR, x.dtype), [1, 1, x.shape[3], 1])
                x = tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "VALID")
            x = tf.nn.conv2d(x, self._kernels[name], 1, "VALID")
            x = tf.nn.relu(tf.nn.bias_add(x, self._biases[name]))
            if math.prod(x.shape[:3]) < _PLACES * x.shape[3]:
                break
            features[name] = tf.cast(x, tf.float32)
        return features


def _halved(images: tf.Tensor) -> tf.Tensor:
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def _key(layer: str, size: int) -> str:
    return f"{layer} at 1/{2**size}"
