"""The optimisers to choose from, behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from napari_neural_style.engine import adam, lbfgs
from napari_neural_style.engine.iterates import EMA
from napari_neural_style.errors import SettingsError
from napari_neural_style.settings import Settings

__all__ = ["Optimizer", "make_optimizer"]

_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_DIFFERENCES = tf.TensorSpec([None, None], tf.float32)
_PRODUCTS = tf.TensorSpec([None, None], tf.float32)
_PAIRS = lbfgs.CurvaturePairs(_DIFFERENCES, _DIFFERENCES, _PRODUCTS, _PRODUCTS)
_EMA = EMA(_IMAGE, _SCALAR)


@dataclass(frozen=True)
class Optimizer:
    """A way to lower a loss by changing an image.

    Parameters
    ----------
    init : callable
        From an image to the state before the first step.
    step : callable
        From the state, the loss and its gradient at ``state.image`` and the learning rate to the
        next state.
    warm_start : callable
        From a state, the picture at another size and where it is free to change, to the state to
        go on from.
    steered : callable
        From a state to the one to go on from when the loss has changed.
    accepted : callable
        From the state after a step and the loss given to that step to whether the image of that
        loss was accepted, rather than taken back.
    spec : structure of tf.TensorSpec
        The type of a state.
    """

    init: Callable[[tf.Tensor], Any]
    step: Callable[[Any, tf.Tensor, tf.Tensor, tf.Tensor], Any]
    warm_start: Callable[[Any, tf.Tensor, tuple[tf.Tensor, ...]], Any]
    steered: Callable[[Any], Any]
    accepted: Callable[[Any, tf.Tensor], tf.Tensor]
    spec: Any
    #: Whether steps change their state; those of `napari_neural_style.engine.adam_in_place` do.
    in_place: bool = False


def make_optimizer(settings: Settings, *, targets_age: bool = False) -> Optimizer:
    """Return the optimiser that `settings` ask for, with their constants.

    Parameters
    ----------
    settings : Settings
        ``"auto"`` is L-BFGS, but Adam for style targets that age.
    targets_age : bool
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
        name = "adam" if targets_age else "lbfgs"
    if name == "lbfgs" and targets_age:
        raise SettingsError("This style loss does not go with L-BFGS: take optimizer='adam'.")
    if name == "lbfgs":
        return Optimizer(
            lbfgs.init,
            lambda state, loss, gradient, rate: lbfgs.step(
                state, loss, gradient, learning_rate=rate, averaging=settings.averaging
            ),
            lambda state, image, free: lbfgs.warm_start(state, image),
            lbfgs.steered,
            lambda state, loss: tf.equal(state.loss, loss),
            lbfgs.LBFGSState(_IMAGE, _IMAGE, _IMAGE, _SCALAR, _SCALAR, _PAIRS, _EMA),
        )
    return Optimizer(
        adam.init,
        lambda state, loss, gradient, rate: adam.step(
            state,
            gradient,
            learning_rate=rate,
            beta_1=settings.beta_1,
            beta_2=settings.beta_2,
            epsilon=settings.epsilon,
            averaging=settings.averaging,
            lamb=name == "lamb",
        ),
        adam.warm_start,
        adam.steered,
        lambda state, loss: tf.constant(True),
        adam.AdamState(_IMAGE, _IMAGE, _IMAGE, _SCALAR, _EMA),
    )
