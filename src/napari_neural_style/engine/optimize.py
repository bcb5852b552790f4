"""Gradient descent on the image: Adam and LAMB, with a running average of their iterates."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import tensorflow as tf

__all__ = ["AdamState", "adam_resized", "adam_start", "adam_steered", "adam_step", "averaged"]

#: Root mean square of LAMB's steps, in learning rates: about what Adam's come to.
_LENGTH = 0.25
_TINY = 1e-20


class AdamState(NamedTuple):
    """The picture and what Adam remembers of it; a value, never changed in place.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        The latest iterate, in [0, 1].
    first, second : tensor of float32, shape (1, H, W, 3)
        Running means of the gradient and of its square.
    count : tensor of float32, shape ()
        Steps taken, over all scales.
    average : tensor of float32, shape (1, H, W, 3)
        Exponential average of the iterates, before the correction for its start at 0.
    missing : tensor of float32, shape ()
        The weight that the average still lacks: ``averaging ** (steps at this scale)``.
    """

    image: tf.Tensor
    first: tf.Tensor
    second: tf.Tensor
    count: tf.Tensor
    average: tf.Tensor
    missing: tf.Tensor


def adam_start(image: tf.Tensor) -> AdamState:
    """Return the state before the first step on `image`."""
    zeros = tf.zeros_like(image)
    return AdamState(image, zeros, zeros, tf.constant(0.0), zeros, tf.constant(1.0))


def adam_step(
    state: AdamState,
    gradient: tf.Tensor,
    *,
    learning_rate: tf.Tensor | float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    averaging: float,
    normed: bool = False,
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
        Share of the past in the average of iterates, in [0, 1); at 0 it is the image itself.
    normed : bool
        Whether all steps have the same length, a quarter of the learning rate as a root mean
        square, however much Adam's would shrink where gradients disagree: LAMB (Y. You et al.,
        "Large Batch Optimization for Deep Learning", arXiv:1904.00962) with the image as its
        only layer, a constant φ and no decay of weights.

    Returns
    -------
    AdamState
    """
    count = state.count + 1.0
    first = beta_1 * state.first + (1.0 - beta_1) * gradient
    second = beta_2 * state.second + (1.0 - beta_2) * tf.square(gradient)
    move = first / (tf.sqrt(second) + epsilon)
    if normed:
        # What is held fixed does not make the steps of the rest longer.
        moving = tf.maximum(tf.math.count_nonzero(move, dtype=tf.float32), 1.0)
        size = tf.sqrt(tf.reduce_sum(tf.square(move)) / moving + _TINY)
        rate = _LENGTH * learning_rate / size
    else:
        rate = learning_rate * tf.sqrt(1.0 - beta_2**count) / (1.0 - beta_1**count)
    image = tf.clip_by_value(state.image - rate * move, 0.0, 1.0)
    average = averaging * state.average + (1.0 - averaging) * image
    return AdamState(image, first, second, count, average, averaging * state.missing)


def adam_resized(state: AdamState, image: tf.Tensor, free: tuple[tf.Tensor, ...] = ()) -> AdamState:
    """Return the state at another size, to go on from there.

    Adam's memory is resized with the picture and its step count is kept, so that the first steps
    are not leaps; the average starts anew.

    Parameters
    ----------
    state : AdamState
    image : tensor of float32, shape (1, H, W, 3)
        The picture at the new size.
    free : tuple of tensor of float32, shape (1, H, W, 1)
        One if a part of the picture is not to change: 0 there, 1 elsewhere. Resizing would carry
        motion into it.
    """
    shape = tf.shape(image)[1:3]
    first = tf.image.resize(state.first, shape, "bicubic")
    for mask in free:
        first *= mask
    return AdamState(
        image,
        first,
        tf.image.resize(state.second, shape, "bilinear"),
        state.count,
        tf.zeros_like(image),
        tf.constant(1.0),
    )


class _Averaging(Protocol):
    """What the states of all optimisers have in common."""

    @property
    def image(self) -> tf.Tensor: ...

    @property
    def average(self) -> tf.Tensor: ...

    @property
    def missing(self) -> tf.Tensor: ...


def adam_steered(state: AdamState) -> AdamState:
    """Return the state to go on from with another loss: the pictures of the old one do not count.

    Its memory of gradients fades by itself.
    """
    return state._replace(average=tf.zeros_like(state.average), missing=tf.constant(1.0))


def averaged(state: _Averaging) -> tf.Tensor:
    """Return the average of the iterates, the picture to show; of shape (1, H, W, 3), in [0, 1]."""
    if float(state.missing) == 1.0:
        return state.image
    return tf.clip_by_value(state.average / (1.0 - state.missing), 0.0, 1.0)
