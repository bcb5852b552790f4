"""What all optimisers share: the moving average of their iterates, and the length of a step."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import tensorflow as tf

__all__ = ["EMA", "averaged_iterate", "resized_iterate", "root_mean_square"]

_TINY = 1e-20


class EMA(NamedTuple):
    """Exponential moving average of the iterates at one scale.

    Parameters
    ----------
    value : tensor of float32, shape (1, H, W, 3)
        Before the correction for its start at 0.
    bias : tensor of float32, shape ()
        How much that start still counts: ``decay ** updates``.
    """

    value: tf.Tensor
    bias: tf.Tensor

    @classmethod
    def start(cls, image: tf.Tensor) -> EMA:
        """Return the average before the first iterate, of the shape of `image`."""
        return cls(tf.zeros_like(image), tf.constant(1.0))

    def updated(self, image: tf.Tensor, decay: float) -> EMA:
        """Return the average with one more iterate; at a `decay` of 0 it is that iterate."""
        return EMA(decay * self.value + (1.0 - decay) * image, decay * self.bias)


class _State(Protocol):
    image: tf.Tensor
    ema: EMA


def averaged_iterate(state: _State) -> tf.Tensor:
    """Return the picture to show, of shape (1, H, W, 3), in [0, 1].

    It is the moving average, or the image itself before the first step.
    """
    value, bias = state.ema
    if float(bias) == 1.0:
        return state.image
    return tf.clip_by_value(value / (1.0 - bias), 0.0, 1.0)


def resized_iterate(state: _State, shape: tuple[int, int]) -> tf.Tensor:
    """Return the picture at another height and width, in [0, 1]."""
    image = tf.image.resize(averaged_iterate(state), shape, "bicubic")
    return tf.clip_by_value(image, 0.0, 1.0)


def root_mean_square(direction: tf.Tensor) -> tf.Tensor:
    """Return the root mean square of the values that are not 0.

    So the pixels that are held fixed do not make the steps of the others longer.
    """
    count = tf.maximum(tf.math.count_nonzero(direction, dtype=tf.float32), 1.0)
    return tf.sqrt(tf.reduce_sum(tf.square(direction)) / count + _TINY)
