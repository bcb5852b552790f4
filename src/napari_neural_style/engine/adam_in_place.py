"""Adam on a picture too large for copies of it: its state is changed in place, strip by strip.

As values, a state before and after a step, a gradient and what comes between are fourteen pictures;
in place they are four. The same as `napari_neural_style.engine.adam` in everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine import adam
from napari_neural_style.engine.adam import AdamState
from napari_neural_style.engine.iterates import EMA, resized_array, strips
from napari_neural_style.settings import Settings

__all__ = ["AdamInPlace"]

_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_STATE = AdamState(_IMAGE, _IMAGE, _IMAGE, _SCALAR, EMA(_IMAGE, _SCALAR))


class AdamInPlace:
    """An optimiser whose state is an `AdamState` of numpy arrays, which each step changes.

    Parameters
    ----------
    settings : Settings
        The constants of Adam.
    """

    in_place = True

    def __init__(self, settings: Settings) -> None:
        step = partial(
            adam.step,
            beta_1=settings.beta_1,
            beta_2=settings.beta_2,
            epsilon=settings.epsilon,
            averaging=settings.averaging,
        )
        self._averaging = settings.averaging
        self._step: Callable[..., AdamState] = tf.function(
            lambda state, gradient, rate: step(state, gradient, learning_rate=rate),
            input_signature=[_STATE, _IMAGE, _SCALAR],
            autograph=False,
        )

    def init(self, image: tf.Tensor | NDArray[np.floating]) -> AdamState:
        """Return the state before the first step on an image; a copy of it."""
        return self.taking_over(_copied(image))

    def taking_over(self, image: NDArray[np.float32]) -> AdamState:
        """Return the same with the image itself, which the steps will change."""
        start = EMA(_zeros(image), tf.constant(1.0))
        return AdamState(image, _zeros(image), _zeros(image), tf.constant(0.0), start)

    def warm_start(
        self,
        state: Any,
        image: tf.Tensor | NDArray[np.floating],
        free: tuple[tf.Tensor, ...],
    ) -> AdamState:
        """Return the state to go on from with a picture of another size, from any optimiser's.

        As `napari_neural_style.engine.adam.warm_start`.
        """
        begun = self.init(image)
        if not isinstance(state, AdamState):
            return begun
        shape = (image.shape[1], image.shape[2])
        first = resized_array(np.asarray(state.first_moment), shape, "bicubic")
        second = resized_array(np.asarray(state.second_moment), shape, "bilinear")
        for mask in free:
            for strip in strips(slice(0, image.shape[1])):
                first[:, strip] *= mask[:, strip].numpy()
        return begun._replace(first_moment=first, second_moment=second, count=state.count)

    def steered(self, state: AdamState) -> AdamState:
        """Return the state to go on from with another loss."""
        state.ema.value[...] = 0
        return state._replace(ema=EMA(state.ema.value, tf.constant(1.0)))

    def change(
        self,
        state: AdamState,
        rows: slice,
        gradient: NDArray[np.float32],
        rate: tf.Tensor,
    ) -> None:
        """Take the step in some rows of the picture.

        Parameters
        ----------
        state : AdamState
        rows : slice
        gradient : ndarray of float32, shape (1, rows, W, 3)
        rate : tensor of float32, shape ()
        """
        image, first, second, count, (average, bias) = state
        arrays = image, first, second, average
        for strip in strips(rows):
            own = [array[:, strip] for array in arrays]
            part = AdamState(own[0], own[1], own[2], count, EMA(own[3], bias))
            inner = slice(strip.start - rows.start, strip.stop - rows.start)
            found = self._step(part, gradient[:, inner], rate)
            for array, value in zip(arrays, (*found[:3], found.ema.value), strict=True):
                array[:, strip] = value

    def stepped(self, state: AdamState) -> AdamState:
        """Return the state once all rows have taken the step."""
        bias = self._averaging * state.ema.bias
        return state._replace(count=state.count + 1.0, ema=EMA(state.ema.value, bias))


def _copied(image: tf.Tensor | NDArray[np.floating]) -> NDArray[np.float32]:
    # What numpy makes of a tensor by itself are several copies on the way.
    return image.numpy() if isinstance(image, tf.Tensor) else np.array(image, np.float32)


def _zeros(image: tf.Tensor | NDArray[np.floating]) -> NDArray[np.float32]:
    # Unlike `np.zeros_like`, it takes memory only once it is written.
    return np.zeros(image.shape, np.float32)
