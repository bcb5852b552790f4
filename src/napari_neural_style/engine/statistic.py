"""The style statistics and content losses to choose from, and what each consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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

__all__ = ["ContentLoss", "Neighbors", "Statistic", "TargetFunction"]
__all__ += ["gram", "moments_apart", "neighbors", "squared", "wasserstein"]

#: From the picture's present moments at a feature layer to the target that they are compared with.
TargetFunction = Callable[[Moments], Any]


class _Loss(Protocol):
    def __call__(self, picture: Moments, style: Any, *, relative: bool) -> tf.Tensor: ...


class ContentLoss(Protocol):
    """A content loss: of a feature map and the content's, ``relative`` to the latter or not."""

    def __call__(  # noqa: D102
        self, features: tf.Tensor, target: tf.Tensor, *, relative: bool
    ) -> tf.Tensor: ...


def _fixed(style: Moments) -> TargetFunction:
    return lambda _: style


def _mean(values: Sequence[tf.Tensor], shares: Sequence[float]) -> tf.Tensor:
    return tf.add_n([share * value for value, share in zip(values, shares, strict=True)])


def _mean_of_grams(styles: Sequence[Moments], shares: Sequence[float]) -> Moments:
    """Return the mean of the means and of the Gram matrices.

    The squared distance to the mean Gram matrix is the mean of the squared distances to each, but
    for a constant.
    """
    return Moments(_mean([s.mean for s in styles], shares), _mean([s.gram for s in styles], shares))


def _mean_of_covariances(styles: Sequence[Moments], shares: Sequence[float]) -> Moments:
    """Return the mean of the means and of the covariances (as K. Crowson's style-transfer-pytorch).

    The mean of Gram matrices would take the distance between the styles' own means for contrast
    within the blend.
    """
    mean = _mean([style.mean for style in styles], shares)
    covariances = [style.gram - style.mean[:, tf.newaxis] * style.mean for style in styles]
    return Moments(mean, _mean(covariances, shares) + mean[:, tf.newaxis] * mean)


@dataclass(frozen=True)
class Neighbors:
    """How much nearest neighbours count, beside a statistic.

    Statistics rule at coarse scales, where palette and large shapes are settled; neighbours at fine
    ones, where brushwork is.

    Parameters
    ----------
    weight : float
        Of the neighbour loss at the finest scale; less in proportion to the pixels at coarser ones.
    rest : float
        What the style statistic still counts at the finest scale, in [0, 1].
    """

    weight: float
    rest: float

    def at(self, share: float) -> tuple[float, float]:
        """Return what the statistic and the neighbours count.

        Parameters
        ----------
        share : float
            Longest side of the scale, over that of the finest one.
        """
        return 1.0 - (1.0 - self.rest) * share**2, self.weight * share**2


@dataclass(frozen=True)
class Statistic:
    """A way to compare two styles at one feature layer.

    Parameters
    ----------
    target_function : callable
        From the style's moments to a `TargetFunction`.
    loss : callable
        Of the picture's moments, the target, and ``relative``.
    spec : structure of tf.TensorSpec
        The type of the target.
    gain : float
        Factor on the loss that makes one style weight mean about the same for all statistics.
    targets_age : bool
        Whether a target holds only for the picture it was made for, and is made anew every few
        steps. Such a loss goes with Adam.
    neighbors : Neighbors, optional
        Whether places of the picture are drawn towards places of the style beside it.
    blend : callable
        From the moments of several styles and their shares, 1 in all, to those of the blend.
    """

    target_function: Callable[[Moments], TargetFunction]
    loss: _Loss
    spec: Any
    gain: float = 1.0
    targets_age: bool = False
    neighbors: Neighbors | None = None
    blend: Callable[[Sequence[Moments], Sequence[float]], Moments] = _mean_of_grams


_SCALAR = tf.TensorSpec([], tf.float32)
_MATRIX = tf.TensorSpec([None, None], tf.float32)
_MOMENTS = Moments(tf.TensorSpec([None], tf.float32), _MATRIX)


def gram() -> Statistic:
    """Return the comparison of Gram matrices."""
    return Statistic(target_function=_fixed, loss=gram_loss, spec=_MOMENTS, blend=_mean_of_grams)


def moments_apart() -> Statistic:
    """Return the comparison of mean and covariance."""
    return Statistic(
        target_function=_fixed,
        loss=moments_loss,
        spec=_MOMENTS,
        gain=0.5,
        blend=_mean_of_covariances,
    )


def neighbors() -> Statistic:
    """Return the comparison of mean and covariance, with nearest neighbours beside it."""
    return replace(
        moments_apart(),
        neighbors=Neighbors(weight=0.1, rest=0.6),
    )


def wasserstein() -> Statistic:
    """Return the Wasserstein-2 distance of Gaussians."""
    return Statistic(
        target_function=Transport,
        loss=wasserstein_loss,
        spec=StyleTarget(_MOMENTS, _MATRIX, _SCALAR),
        gain=0.12,
        targets_age=True,
        blend=_mean_of_covariances,
    )


def squared() -> ContentLoss:
    """Return the content loss of Gatys."""
    return content_loss
