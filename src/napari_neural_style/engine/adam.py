"""Adam and LAMB on the image."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from napari_neural_style.engine.iterates import EMA, root_mean_square

__all__ = ["AdamState", "init", "step", "warm_start", "steered"]

#: Root mean square of LAMB's steps, in learning rates: about what Adam's come to.
_LAMB_LENGTH = 0.25


class AdamState(NamedTuple):
    """The picture and what Adam remembers of it; a value, never changed in place.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        The latest iterate, in [0, 1].
    first_moment, second_moment : tensor of float32, shape (1, H, W, 3)
        Moving averages of the gradient and of its square.
    count : tensor of float32, shape ()
        Steps taken, over all scales.
    ema : EMA
        Of the iterates.
    """

    image: tf.Tensor
    first_moment: tf.Tensor
    second_moment: tf.Tensor
    count: tf.Tensor
    ema: EMA


def init(image: tf.Tensor) -> AdamState:
    """Return the state before the first step on `image`."""
    zeros = tf.zeros_like(image)
    return AdamState(image, zeros, zeros, tf.constant(0.0), EMA.start(image))


def step(
    state: AdamState,
    gradient: tf.Tensor,
    *,
    learning_rate: tf.Tensor | float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    averaging: float,
    lamb: bool = False,
) -> AdamState:
    """Return the state after one step, with the image clipped to [0, 1].

    Kingma and Ba, "Adam: A Method for Stochastic Optimization" (arXiv:1412.6980), in the form of
    the end of its section 2 that Keras uses as well: epsilon stands beside the uncorrected root.

    Parameters
    ----------
    state : AdamState
    gradient : tensor of float32, shape (1, H, W, 3)
    learning_rate, beta_1, beta_2, epsilon : float
        As in the paper.
    averaging : float
        Decay of the moving average of the iterates, in [0, 1).
    lamb : bool
        Whether all steps have the same length, a quarter of the learning rate as a root mean
        square, however much Adam's would shrink where gradients disagree: LAMB (Y. You et al.,
        "Large Batch Optimization for Deep Learning", arXiv:1904.00962) with the image as its
        only layer, a constant φ and no weight decay.
    """
    count = state.count + 1.0
    first_moment = beta_1 * state.first_moment + (1.0 - beta_1) * gradient
    second_moment = beta_2 * state.second_moment + (1.0 - beta_2) * tf.square(gradient)
    update = first_moment / (tf.sqrt(second_moment) + epsilon)
    if lamb:
        rate = _LAMB_LENGTH * learning_rate / root_mean_square(update)
    else:
        rate = learning_rate * tf.sqrt(1.0 - beta_2**count) / (1.0 - beta_1**count)
    image = tf.clip_by_value(state.image - rate * update, 0.0, 1.0)
    return AdamState(image, first_moment, second_moment, count, state.ema.updated(image, averaging))


def warm_start(state: AdamState, image: tf.Tensor, free: tuple[tf.Tensor, ...] = ()) -> AdamState:
    """Return the state to go on from with a picture of another size.

    The moments are resized with the picture and the step count is kept, so that the first steps
    are not leaps; the average of the iterates starts anew.

    Parameters
    ----------
    state : AdamState
    image : tensor of float32, shape (1, H, W, 3)
        The picture at the new size.
    free : tuple of tensor of float32, shape (1, H, W, 1)
        One if a part of the picture is not to change: 0 there, 1 elsewhere. Resizing would carry
        momentum into it.
    """
    shape = tf.shape(image)[1:3]
    first_moment = tf.image.resize(state.first_moment, shape, "bicubic")
    for mask in free:
        first_moment *= mask
    # Bicubic, a second moment could become negative.
    second_moment = tf.image.resize(state.second_moment, shape, "bilinear")
    return AdamState(image, first_moment, second_moment, state.count, EMA.start(image))


def steered(state: AdamState) -> AdamState:
    """Return the state to go on from with another loss: iterates of the old one do not count.

    The moments adapt by themselves.
    """
    return state._replace(ema=EMA.start(state.image))
