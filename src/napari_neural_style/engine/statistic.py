"""The style statistics to choose from: what of the moments is compared, and with what target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from napari_neural_style.engine.losses import (
    Moments,
    StyleTarget,
    Transport,
    gram_loss,
    moments_loss,
    wasserstein_loss,
)

__all__ = ["STATISTICS", "Aim", "Statistic"]

#: From the picture's present moments at a layer to what its style loss compares them with.
Aim = Callable[[Moments], Any]


class _Loss(Protocol):
    def __call__(self, picture: Moments, style: Any, *, relative: bool) -> tf.Tensor: ...


@dataclass(frozen=True)
class Statistic:
    """A way to compare two styles at one layer.

    Parameters
    ----------
    aim : callable
        From the style's moments to an `Aim`.
    loss : callable
        Of the picture's moments, what the aim returned, and ``relative``.
    spec : structure of tf.TensorSpec
        The type of what the aim returns.
    gain : float
        Factor on the loss that makes one style weight mean about the same for all statistics.
    ages : bool
        Whether the target holds for the picture it was made for only.
    """

    aim: Callable[[Moments], Aim]
    loss: _Loss
    spec: Any
    gain: float = 1.0
    ages: bool = False


def _fixed(style: Moments) -> Aim:
    return lambda _: style


_SCALAR = tf.TensorSpec([], tf.float32)
_MATRIX = tf.TensorSpec([None, None], tf.float32)
_MOMENTS = Moments(tf.TensorSpec([None], tf.float32), _MATRIX)

STATISTICS = {
    "gram": Statistic(_fixed, gram_loss, _MOMENTS),
    "moments": Statistic(_fixed, moments_loss, _MOMENTS, gain=0.5),
    "wasserstein": Statistic(
        Transport,
        wasserstein_loss,
        StyleTarget(_MOMENTS, _MATRIX, _SCALAR),
        gain=0.12,
        ages=True,
    ),
}
