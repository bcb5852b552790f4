"""The losses that the networks which looks start from are trained with: `StartLosses`.

They compare crop by crop and place by place, and not, as `learn` does, the distributions of all
places: a start that was trained with those learnt worse afterwards (see looks.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from napari_neural_style.engine.look_critic import LookCritic

__all__ = ["StartLosses"]

_PIXELS, _COLOUR = 0.5, 2.0
#: What style, and style at half the size, count; and each layer in them.
_WHOLE, _HALF = 6.0, 4.0
_STYLE = {
    "block1_conv1": 0.25,
    "block1_conv2": 0.25,
    "block2_conv1": 0.25,
    "block3_conv1": 0.25,
    "block3_conv2": 0.3,
}
#: The layers that are compared place by place, and what they count.
_PLACES = {"block2_conv1": 0.075, "block3_conv1": 0.075}
_TINY = 1e-6


class StartLosses:
    """Compares batches of crops.

    Parameters
    ----------
    critic : LookCritic
        Sees the crops.
    """

    def __init__(self, critic: LookCritic) -> None:
        self._critic = critic

    def __call__(self, found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        """Return the loss of paintings, as `LookCritic.__call__` takes them."""
        mine, theirs = (self._critic.features(images) for images in (found, wanted))
        small = [self._critic.features(tf.nn.avg_pool2d(x, 2, 2, "VALID")) for x in (found, wanted)]
        places = [share * _places(mine[name], theirs[name]) for name, share in _PLACES.items()]
        return tf.add_n(
            [
                _PIXELS * tf.reduce_mean(tf.abs(found - wanted)),
                *places,
                _WHOLE * _style(mine, theirs),
                _HALF * _style(*small),
                _COLOUR * self._critic.colour(found, wanted),
            ]
        )


def _places(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    variance = tf.reduce_mean(tf.math.reduce_variance(wanted, [0, 1, 2]))
    return tf.reduce_mean(tf.math.squared_difference(found, wanted)) / (variance + _TINY)


def _style(found: Mapping[str, tf.Tensor], wanted: Mapping[str, tf.Tensor]) -> tf.Tensor:
    there = [(share, found[n], wanted[n]) for n, share in _STYLE.items() if n in found]
    return tf.add_n([share * _moments_apart(mine, theirs) for share, mine, theirs in there])


def _moments_apart(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
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
