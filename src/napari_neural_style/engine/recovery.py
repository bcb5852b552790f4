"""Bringing back a run that diverges."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.errors import EngineFailed

__all__ = ["Recovery"]

_Picture: TypeAlias = tf.Tensor | NDArray[np.uint8]

#: A run diverges when its loss is this many times that at the start of its scale ...
_DIVERGED = 2.0
#: ... and above this: near 0, a factor means nothing.
_LEAST_LIMIT = 0.02
#: It then goes on with this share of the learning rate.
_RATE_FACTOR = 0.25


class Recovery:
    """Keeps the last good picture of a run, and tells when to go back to it.

    Parameters
    ----------
    relative : bool
        Whether losses are relative. Absolute ones, those of the published method, may rise; they
        only have to stay finite.
    """

    def __init__(self, *, relative: bool) -> None:
        self._relative = relative
        self._limit = math.inf
        self._limit_is_due = False
        #: The last good picture.
        self.picture: _Picture | None = None
        #: Factor on the learning rate, smaller each time that the run diverged.
        self.rate_factor = 1.0

    def start_scale(self, picture: _Picture) -> None:
        """Begin a scale from a picture, which counts as good; the next loss sets the limit."""
        self.picture, self._limit, self._limit_is_due = picture, math.inf, True

    def loss_changed(self) -> None:
        """Let the next loss set the limit: the run was steered, and means another loss now."""
        self._limit_is_due = True

    def see(self, loss: tf.Tensor) -> None:
        """Take the loss after a step, which is read from the device only if it sets the limit."""
        if self._limit_is_due and self._relative:
            self._limit = max(_DIVERGED * float(loss), _LEAST_LIMIT)
        self._limit_is_due = False

    def diverged(self, picture: _Picture, loss: tf.Tensor, step: int) -> bool:
        """Return whether to go back to the last good picture; otherwise `picture` becomes it.

        Parameters
        ----------
        picture : tensor of float32 or ndarray of uint8, shape (1, H, W, 3)
            The one that the loss is of: not yet that after the step, which may be one too far.
        loss : tensor of float32, shape ()
        step : int

        Raises
        ------
        EngineFailed
            If the loss is not finite and there is no limit to tell where it went wrong.
        """
        value = float(loss)
        if math.isfinite(self._limit) and not value <= self._limit:
            self.rate_factor *= _RATE_FACTOR
            return True
        if not math.isfinite(value):
            raise EngineFailed(
                f"The optimisation diverged at step {step}: choose a lower learning rate or "
                f"smaller weights."
            )
        self.picture = picture
        return False
