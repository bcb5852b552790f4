"""The optimisers to choose from, behind one face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from napari_neural_style.engine.lbfgs import (
    MEMORY,
    LBFGSState,
    Pairs,
    lbfgs_resized,
    lbfgs_start,
    lbfgs_steered,
    lbfgs_step,
)
from napari_neural_style.engine.optimize import (
    AdamState,
    adam_resized,
    adam_start,
    adam_steered,
    adam_step,
    averaged,
)
from napari_neural_style.errors import SettingsError
from napari_neural_style.settings import Settings

__all__ = ["Optimizer", "make_optimizer"]

_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_DIFFERENCES = tf.TensorSpec([MEMORY, None], tf.float32)
_PRODUCTS = tf.TensorSpec([MEMORY, MEMORY], tf.float32)
_PAIRS = Pairs(moves=_DIFFERENCES, bends=_DIFFERENCES, crossed=_PRODUCTS, stiffness=_PRODUCTS)


@dataclass(frozen=True)
class Optimizer:
    """A way to lower a loss by changing an image.

    Parameters
    ----------
    start : callable
        From an image to the state before the first step.
    step : callable
        From the state, the loss and its gradient at ``state.image`` and the learning rate to the
        next state.
    carried : callable
        From a state, the picture at another size and where it is free to change, to the state to
        go on from.
    steered : callable
        From a state to the one to go on from when the loss has become another.
    taken : callable
        From the state after a step and the loss given to that step to whether the step before it
        was kept, rather than taken back.
    spec : structure of tf.TensorSpec
        The type of a state.
    """

    start: Callable[[tf.Tensor], Any]
    step: Callable[[Any, tf.Tensor, tf.Tensor, tf.Tensor], Any]
    carried: Callable[[Any, tf.Tensor, tuple[tf.Tensor, ...]], Any]
    steered: Callable[[Any], Any]
    taken: Callable[[Any, tf.Tensor], tf.Tensor]
    spec: Any

    def resized(
        self,
        state: Any,
        shape: tuple[int, int],
        kept: Callable[[tf.Tensor], tf.Tensor] = lambda image: image,
        free: tuple[tf.Tensor, ...] = (),
    ) -> Any:
        """Return the state at another size; the picture is the average of the iterates so far.

        Parameters
        ----------
        state : structure of tf.Tensor
        shape : (int, int)
            Height and width.
        kept : callable, optional
            What is done to the picture at its new size, to put back what must not change.
        free : tuple of tensor of float32, shape (1, H, W, 1)
            One if there is such a part: 0 there, 1 elsewhere.
        """
        image = tf.image.resize(averaged(state), shape, "bicubic")
        return self.carried(state, kept(tf.clip_by_value(image, 0.0, 1.0)), free)


def make_optimizer(settings: Settings, *, ages: bool = False) -> Optimizer:
    """Return the optimiser that `settings` ask for, with their constants.

    Parameters
    ----------
    settings : Settings
        ``"auto"`` is L-BFGS, but Adam for style targets that age.
    ages : bool
        Whether the style targets are refreshed on the way, as those of the Wasserstein loss: held
        fixed between refreshes, its transport maps make it linear in the picture's moments, and
        what L-BFGS learns of curvature does not hold.

    Raises
    ------
    SettingsError
        If L-BFGS is asked for where targets age.
    """
    name = settings.optimizer
    if name == "auto":
        name = "adam" if ages else "lbfgs"
    if name == "lbfgs" and ages:
        raise SettingsError("This style loss does not go with L-BFGS: take optimizer='adam'.")
    if name == "lbfgs":
        return Optimizer(
            lbfgs_start,
            lambda state, loss, gradient, rate: lbfgs_step(
                state, loss, gradient, learning_rate=rate, averaging=settings.averaging
            ),
            lambda state, image, free: lbfgs_resized(state, image),
            lbfgs_steered,
            lambda state, loss: tf.equal(state.loss, loss),
            LBFGSState(
                image=_IMAGE,
                base=_IMAGE,
                slope=_IMAGE,
                loss=_SCALAR,
                radius=_SCALAR,
                pairs=_PAIRS,
                average=_IMAGE,
                missing=_SCALAR,
            ),
        )
    return Optimizer(
        adam_start,
        lambda state, loss, gradient, rate: adam_step(
            state,
            gradient,
            learning_rate=rate,
            beta_1=settings.beta_1,
            beta_2=settings.beta_2,
            epsilon=settings.epsilon,
            averaging=settings.averaging,
            normed=name == "lamb",
        ),
        adam_resized,
        adam_steered,
        lambda state, loss: tf.constant(True),
        AdamState(_IMAGE, _IMAGE, _IMAGE, _SCALAR, _IMAGE, _SCALAR),
    )
