"""Content, style and temporal losses, as plain functions of tensors.

A style is what remains of a feature map when positions are forgotten: its first two moments. Both
style losses compare the moments of the picture with those of the style image.

Relative losses are divided by the energy of their target: 0 is perfect, 1 is as far off as an image
without any features. Absolute losses are the mean squared errors of the reference. All are scalars
of float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = [
    "Moments",
    "StyleTarget",
    "Transport",
    "content_loss",
    "covariance",
    "gram_loss",
    "moments",
    "moments_loss",
    "relative_to",
    "temporal_loss",
    "wasserstein_loss",
]

# Far below any energy a feature map has; keeps a flat, black target from dividing by zero.
_TINY = 1e-12


class Moments(NamedTuple):
    """Moments of a feature map over its positions.

    Parameters
    ----------
    mean : tensor of float32, shape (C,)
    gram : tensor of float32, shape (C, C)
        The Gram matrix divided by the number of positions: the second moment, not centred.
    """

    mean: tf.Tensor
    gram: tf.Tensor


class StyleTarget(NamedTuple):
    """What the Wasserstein loss compares with at one feature layer.

    Parameters
    ----------
    moments : Moments
        Of the style image.
    transport : tensor of float32, shape (C, C)
        The map of `Transport`.
    bound : tensor of float32, shape ()
        ``tr(transport^-1 Σ_style)``, the part of the distance that does not depend on the picture.
    """

    moments: Moments
    transport: tf.Tensor
    bound: tf.Tensor


def moments(features: tf.Tensor, positions: tf.Tensor | None = None) -> Moments:
    """Return the mean and the Gram matrix of a feature map, or of a part of it.

    Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks" (CVPR 2016).

    Parameters
    ----------
    features : tensor of float32, shape (1, h, w, C)
    positions : tensor of float32, shape (h * w,), optional
        The weight of each position, 1 in all: the guided Gram matrices of L. Gatys et al.,
        "Controlling Perceptual Factors in Neural Style Transfer" (arXiv:1611.07865).
    """
    if positions is None:
        return Moments(*tf.custom_gradient(_plain_moments)(features))
    return Moments(*tf.custom_gradient(_guided_moments)(features, positions))


# A Gram matrix is the product of a feature map with itself: its gradient takes one matrix product
# where automatic differentiation takes two, over the largest tensors there are.


def _plain_moments(
    features: tf.Tensor,
) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable[[tf.Tensor, tf.Tensor], tf.Tensor]]:
    flat = tf.reshape(features, [-1, tf.shape(features)[-1]])
    count = tf.shape(flat)[0]
    share = 1.0 / tf.cast(count, tf.float32)

    def gradient(of_mean: tf.Tensor, of_gram: tf.Tensor) -> tf.Tensor:
        found = tf.matmul(flat, share * (of_gram + tf.transpose(of_gram))) + share * of_mean
        return tf.reshape(found, tf.shape(features))

    mean = share * _weighted_sum(features, tf.ones([count]))
    return (mean, share * tf.matmul(flat, flat, transpose_a=True)), gradient


def _guided_moments(
    features: tf.Tensor, positions: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, None]]]:
    flat = tf.reshape(features, [-1, tf.shape(features)[-1]])
    weights = positions[:, tf.newaxis]

    def gradient(of_mean: tf.Tensor, of_gram: tf.Tensor) -> tuple[tf.Tensor, None]:
        found = weights * (tf.matmul(flat, of_gram + tf.transpose(of_gram)) + of_mean)
        return tf.reshape(found, tf.shape(features)), None

    gram = tf.matmul(weights * flat, flat, transpose_a=True)
    return (_weighted_sum(features, positions), gram), gradient


def _weighted_sum(features: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """Return the weighted sum of a map of shape (1, h, w, C) over its positions, of shape (C,).

    Row by row, and then of the rows: in one go, float32 loses two digits on a large map, of which
    the covariance, a small difference of large numbers, is short. A product is the quickest sum.
    """
    width, channels = tf.unstack(tf.shape(features)[2:])
    rows = tf.reshape(features, [-1, width, channels])
    return tf.reduce_sum(tf.matmul(tf.reshape(positions, [-1, 1, width]), rows), [0, 1])


def covariance(value: Moments) -> tf.Tensor:
    """Return the covariance that moments come to, of shape (C, C)."""
    return value.gram - value.mean[:, tf.newaxis] * value.mean


def content_loss(features: tf.Tensor, target: tf.Tensor, *, relative: bool) -> tf.Tensor:
    """Return how far a feature map is from the content's.

    Parameters
    ----------
    features, target : tensor of float32, shape (1, h, w, C)
    relative : bool
        Whether to divide the mean squared error by the target's mean square.
    """
    return _divided(_mean_square(features - target), _mean_square(target), relative)


def gram_loss(picture: Moments, style: Moments, *, relative: bool) -> tf.Tensor:
    """Return the mean squared difference of two Gram matrices.

    Parameters
    ----------
    picture, style : Moments
    relative : bool
        Whether to divide by the mean square of the style's Gram matrix.
    """
    return _divided(_mean_square(picture.gram - style.gram), _mean_square(style.gram), relative)


def moments_loss(picture: Moments, style: Moments, *, relative: bool) -> tf.Tensor:
    """Return the mean squared differences of two means and of two covariances, added up.

    The Gram matrix mixes the two, so that a wrong mean can hide behind a wrong spread (E. Risser
    et al., arXiv:1701.08893); apart, each has to be right.

    Parameters
    ----------
    picture, style : Moments
    relative : bool
        Whether to divide each by the mean square of the style's.
    """
    own, target = covariance(picture), covariance(style)
    means = _divided(_mean_square(picture.mean - style.mean), _mean_square(style.mean), relative)
    return _divided(_mean_square(own - target), _mean_square(target), relative) + means


def wasserstein_loss(picture: Moments, style: StyleTarget, *, relative: bool) -> tf.Tensor:
    """Return the squared Wasserstein-2 distance of two Gaussians with the given moments.

    For Gaussians it is ``|μ - μ_s|² + tr(Σ + Σ_s - 2 (Σ_s^½ Σ Σ_s^½)^½)`` (Olkin and Pukelsheim
    1982). The last root is the minimum over positive definite T of
    ``tr(T Σ) + tr(T⁻¹ Σ_s)``, reached at the optimal transport map. With T held fixed the loss is
    linear in the picture's moments, so no root is differentiated; where T is that map, both value
    and gradient are exact (the envelope theorem), and with an older T the value is a lower bound.

    Parameters
    ----------
    picture : Moments
    style : StyleTarget
        As `Transport` returns it for (nearly) these moments.
    relative : bool
        Whether to divide by the style's second moment, ``tr(Σ_s) + |μ_s|²``; otherwise by the
        number of channels.
    """
    target, transport_map, bound = style
    scale = tf.linalg.trace(target.gram) if relative else tf.cast(tf.size(target.mean), tf.float32)
    # tr(Σ) - tr(T Σ), with Σ = gram - mean meanᵀ.
    identity = tf.eye(tf.size(target.mean))
    residual = identity - transport_map
    difference = tf.reduce_sum(residual * picture.gram) - tf.tensordot(
        picture.mean, tf.linalg.matvec(residual, picture.mean), 1
    )
    covariance_trace = tf.linalg.trace(target.gram) - tf.reduce_sum(tf.square(target.mean))
    shift = tf.reduce_sum(tf.math.squared_difference(picture.mean, target.mean))
    return (shift + difference + covariance_trace - bound) / (scale + _TINY)


class Transport:
    """The linear map that carries a picture's covariance Σ to the style's Σ_s.

    ``T = Σ_s^½ (Σ_s^½ Σ Σ_s^½)^-½ Σ_s^½``, the optimal transport map between two Gaussians, for
    which ``T Σ T = Σ_s``. Computed with numpy in float64; the style's own root is taken once.

    Parameters
    ----------
    style : Moments
    floor : float
        Both covariances are lifted by this fraction of the style's mean variance: a coarse scale
        has fewer positions than channels, and then Σ has no inverse.
    """

    def __init__(self, style: Moments, *, floor: float = 1e-4) -> None:
        self._style = style
        sigma = _covariance(style)
        # Of a flat style's variance float32 leaves only noise, of either sign, about 1e-7 of its
        # energy.
        noise = 1e-6 * float(np.trace(style.gram))
        self._lift = (floor * max(np.trace(sigma), 0.0) + noise) / len(sigma) + _TINY
        values, vectors = np.linalg.eigh(sigma)
        self._root = (vectors * np.sqrt(np.maximum(values, 0) + self._lift)) @ vectors.T

    def __call__(self, picture: Moments) -> StyleTarget:
        """Return the target of `wasserstein_loss` with the map that is exact for `picture`."""
        lift, root = self._lift, self._root
        sigma = _covariance(picture) + np.eye(len(root)) * lift
        values, vectors = np.linalg.eigh(root @ sigma @ root)
        roots = np.sqrt(np.maximum(values, lift**2))
        half = root @ vectors
        transport = (half / roots) @ half.T
        # tr(T⁻¹ Σ_s) is the sum of `roots`; the rest takes the lift out of the reported value.
        bound = roots.sum() + lift * (np.trace(transport) - 2 * len(sigma))
        return StyleTarget(
            self._style, tf.constant(transport, tf.float32), tf.constant(bound, tf.float32)
        )


def temporal_loss(image: tf.Tensor, anchor: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Return how far an image is from another, where that one can be relied upon.

    The temporal loss of M. Ruder, A. Dosovitskiy and T. Brox, "Artistic style transfer for videos"
    (arXiv:1604.08610): a mean over pixels and channels of weighted squared differences.

    Parameters
    ----------
    image, anchor : tensor of float32, shape (1, H, W, 3)
        In [0, 1].
    weight : tensor of float32, shape (1, H, W, 1)
        In [0, 1].
    """
    return tf.reduce_mean(weight * tf.math.squared_difference(image, anchor))


def relative_to(error: tf.Tensor, energy: tf.Tensor) -> tf.Tensor:
    """Return an error relative to the energy of its target."""
    return error / (energy + _TINY)


def _divided(error: tf.Tensor, energy: tf.Tensor, relative: bool) -> tf.Tensor:
    return relative_to(error, energy) if relative else error


def _mean_square(x: tf.Tensor) -> tf.Tensor:
    # Half the time of a mean of squares, which goes over feature maps four times with its gradient.
    return 2.0 * tf.nn.l2_loss(x) / tf.cast(tf.size(x), tf.float32)


def _covariance(value: Moments) -> NDArray[np.float64]:
    mean, gram = np.asarray(value.mean, np.float64), np.asarray(value.gram, np.float64)
    return gram - np.outer(mean, mean)
