"""The losses to choose from, and what any style statistic and any content loss is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from napari_neural_style.engine.losses import (
    Moments,
    StyleTarget,
    Transport,
    content_loss,
    gram_loss,
    moments_loss,
    wasserstein_loss,
)

__all__ = ["Aim", "ContentLoss", "Statistic"]
__all__ += ["gram", "moments_apart", "squared", "wasserstein"]

#: From the picture's present moments at a layer to what its style loss compares them with.
Aim = Callable[[Moments], Any]


class _Loss(Protocol):
    def __call__(self, picture: Moments, style: Any, *, relative: bool) -> tf.Tensor: ...


class ContentLoss(Protocol):
    """A content loss: of a feature map and the content's, ``relative`` to the latter or not."""

    def __call__(  # noqa: D102
        self, features: tf.Tensor, target: tf.Tensor, *, relative: bool
    ) -> tf.Tensor: ...


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
        Whether the target holds for the picture it was made for only, and is made anew every few
        steps. Such a loss goes with Adam.
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


def gram() -> Statistic:
    """Return the comparison of Gram matrices."""
    return Statistic(_fixed, gram_loss, _MOMENTS)


def moments_apart() -> Statistic:
    """Return the comparison of mean and covariance."""
    return Statistic(_fixed, moments_loss, _MOMENTS, gain=0.5)


def wasserstein() -> Statistic:
    """Return the Wasserstein-2 distance of Gaussians."""
    return Statistic(
        Transport, wasserstein_loss, StyleTarget(_MOMENTS, _MATRIX, _SCALAR), gain=0.12, ages=True
    )


def squared() -> ContentLoss:
    """Return the content loss of Gatys."""
    return content_loss
