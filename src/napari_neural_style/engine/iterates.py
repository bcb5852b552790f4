"""What all optimisers share: the moving average of their iterates, and the length of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = ["EMA", "averaged_iterate", "brought_back", "cropped_state", "kept_iterate"]
__all__ += [
    "resized_array",
    "resized_iterate",
    "root_mean_square",
    "shown_iterate",
    "strips",
    "without_weave",
]

_TINY = 1e-20
_WHOLE = slice(None), slice(None)
#: Rows of a large picture that are worked on at a time.
_STRIP = 64
#: How much of the finest waves along the axes is taken away before a picture is enlarged.
_WEAVE = 0.65


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
    """Return the picture to go on with, of shape (1, H, W, 3), in [0, 1].

    It is the moving average, or the image itself before the first step.
    """
    value, bias = state.ema
    if _is_in_place(state):
        return tf.constant(_averaged(state, np.float32))
    if float(bias) == 1.0:
        return state.image
    return tf.clip_by_value(value / (1.0 - bias), 0.0, 1.0)


def shown_iterate(state: _State, window: tuple[slice, slice] = _WHOLE) -> NDArray[np.float32]:
    """Return the same as an array of shape (h, w, 3), the rows and columns of a window alone."""
    if _is_in_place(state):
        return np.asarray(_averaged(state, np.float32, window)[0])
    return np.asarray(averaged_iterate(state).numpy()[0, *window])


def kept_iterate(state: _State) -> tf.Tensor | NDArray[np.uint8]:
    """Return the same, to be kept: what is changed in place is copied, in 8 bits.

    `brought_back` is the way back.
    """
    return _averaged(state, np.uint8) if _is_in_place(state) else averaged_iterate(state)


def brought_back(kept: tf.Tensor | NDArray[np.uint8]) -> tf.Tensor | NDArray[np.float32]:
    """Return what `kept_iterate` kept, as a picture in [0, 1]."""
    return kept if isinstance(kept, tf.Tensor) else np.divide(kept, 255, dtype=np.float32)


def resized_iterate(
    state: _State, shape: tuple[int, int], *, in_place: bool = False
) -> tf.Tensor | NDArray[np.float32]:
    """Return the picture at another height and width, in [0, 1]; for Adam in place, an array.

    Optimised pictures have too much of the finest waves along the axes, which the network sees
    best. Enlarged, they would be a mesh that the few steps at the next scale don't undo: so most
    of them is taken away before.
    """
    if in_place:
        picture = shown_iterate(state)[np.newaxis]
        image = _by_channel(picture, shape, _next_scale)
        return np.clip(image, 0, 1, out=image)
    return tf.clip_by_value(_next_scale(averaged_iterate(state), shape), 0.0, 1.0)


def _next_scale(image: tf.Tensor, shape: tuple[int, int]) -> tf.Tensor:
    if max(shape) > max(image.shape[1:3]):
        image = without_weave(image)
    return tf.image.resize(image, shape, "bicubic")


def without_weave(image: tf.Tensor) -> tf.Tensor:
    """Return an image with less of its finest waves along the axes, those at 45 degrees kept.

    Of a wave of two pixels along an axis a third is left, of one of four pixels two thirds; of
    oblique ones two thirds or more.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, C)
    """
    along = np.outer([1, 2, 1], [1, -2, 1]) / 16
    kernel = _WEAVE * (along + along.T)
    kernel[1, 1] += 1
    kernel = np.tile(kernel[:, :, np.newaxis, np.newaxis], (1, 1, image.shape[3], 1))
    around = tf.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return tf.nn.depthwise_conv2d(around, tf.constant(kernel, tf.float32), [1] * 4, "VALID")


def cropped_state(state: Any, window: tuple[slice, slice]) -> Any:
    """Return the state of an optimiser whose picture, and all of its shape, is a part of it."""
    shape = state.image.shape[:3]

    def part(value: Any) -> Any:
        return value[:, window[0], window[1]] if value.shape[:3] == shape else value

    return tf.nest.map_structure(part, state)


def resized_array(
    image: NDArray[np.float32], shape: tuple[int, int], method: str
) -> NDArray[np.float32]:
    """Return an image of shape (1, H, W, 3) at another size."""
    return _by_channel(image, shape, partial(tf.image.resize, method=method))


def _by_channel(
    image: NDArray[np.float32],
    shape: tuple[int, int],
    resized: Callable[[tf.Tensor, tuple[int, int]], tf.Tensor],
) -> NDArray[np.float32]:
    """Return a resized image, of which TensorFlow has but one channel at a time.

    It keeps what large tensors have taken once.
    """
    found = np.empty((1, *shape, 3), np.float32)
    for channel in range(3):
        one = slice(channel, channel + 1)
        found[..., one] = resized(tf.constant(image[..., one]), shape)
    return found


def strips(rows: slice) -> Iterator[slice]:
    """Yield rows a few at a time, as a picture is worked on that is too large for copies."""
    for start in range(rows.start, rows.stop, _STRIP):
        yield slice(start, min(start + _STRIP, rows.stop))


def _is_in_place(state: _State) -> bool:
    return isinstance(state.image, np.ndarray)


def _averaged(
    state: _State, dtype: type, window: tuple[slice, slice] = _WHOLE
) -> NDArray[np.number]:
    """Return the moving average of a large picture, which is made without a second one.

    It is in [0, 1], or in [0, 255] for bytes.
    """
    value, bias = state.ema
    begun = float(bias) != 1.0
    source = (value if begun else state.image)[:, *window]
    found = np.empty(source.shape, dtype)
    for strip in strips(slice(0, source.shape[1])):
        average = source[:, strip] / (1.0 - np.float32(bias)) if begun else source[:, strip]
        average = np.clip(average, 0, 1)
        found[:, strip] = np.rint(255 * average) if dtype is np.uint8 else average
    return found


def root_mean_square(direction: tf.Tensor) -> tf.Tensor:
    """Return the root mean square of the values that are not 0.

    So the pixels that are held fixed do not make the steps of the others longer.
    """
    count = tf.maximum(tf.math.count_nonzero(direction, dtype=tf.float32), 1.0)
    return tf.sqrt(tf.reduce_sum(tf.square(direction)) / count + _TINY)
