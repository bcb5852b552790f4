"""How far the style of some feature maps is from another's, by their moments: `style_distance`."""

from __future__ import annotations

import tensorflow as tf

from napari_neural_style.engine.losses import Moments, covariance

__all__ = ["style_distance"]

#: Covariances are lifted by this fraction of the mean variance that is wanted: a map has fewer
#: places than channels sometimes, and bfloat16 rounds.
_FLOOR = 1e-3
_TINY = 1e-6


def style_distance(found: Moments, wanted: Moments) -> tf.Tensor:
    """Return the squared Wasserstein-2 distance of two Gaussians, over the energy of one.

    Distances of covariances
    themselves hardly see directions of little variance, which are fine detail: this one does.

    ``|μ - μ'|² + tr Σ + tr Σ' - 2 tr (Lᵀ Σ L)^½`` with ``Σ' = L Lᵀ`` (I. Olkin and F. Pukelsheim,
    "The distance between two random vectors with given dispersion matrices", 1982). Its gradient
    for Σ is ``I - T``, where ``T = L (Lᵀ Σ L)^-½ Lᵀ`` is the map that carries Σ to Σ'.

    Parameters
    ----------
    found, wanted : Moments
        Of the places of feature maps. Gradients go to `found` alone.

    Returns
    -------
    tensor of float32, shape ()
        0 is the same; not negative.
    """
    sigma, target = covariance(found), covariance(wanted)
    channels = wanted.mean.shape[0]
    lift = (_FLOOR * tf.linalg.trace(target) / channels + _TINY) * tf.eye(channels)
    sigma, target = sigma + lift, target + lift
    spreads = tf.custom_gradient(_between)(sigma, target)
    means = tf.reduce_sum(tf.math.squared_difference(found.mean, wanted.mean))
    energy = tf.linalg.trace(target) + tf.reduce_sum(tf.square(wanted.mean))
    return tf.stop_gradient(1 / energy) * (means + spreads)


def _between(covariance: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, object]:
    # The product of both has the square of their range: too much for float32.
    sigma, wanted = tf.cast(covariance, tf.float64), tf.cast(target, tf.float64)
    root = tf.linalg.cholesky(wanted)
    product = tf.matmul(root, tf.matmul(sigma, root), transpose_a=True)
    squares, vectors = tf.linalg.eigh(product)
    # As both are lifted, what is smaller is rounding.
    roots = tf.sqrt(tf.maximum(squares, 1e-12 * squares[-1]))
    distance = tf.linalg.trace(sigma) + tf.linalg.trace(wanted) - 2 * tf.reduce_sum(roots)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        half = tf.matmul(root, vectors)
        transport = tf.matmul(half / roots, half, transpose_b=True)
        change = tf.eye(transport.shape[0], dtype=tf.float64) - transport
        return upstream * tf.cast(change, upstream.dtype), None

    return tf.cast(distance, covariance.dtype), gradient
