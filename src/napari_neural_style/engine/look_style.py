"""How far the style of one batch of feature maps is from another's: `style_distance`."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["style_distance"]

#: Covariances are lifted by this fraction of the mean variance that is wanted: a map has fewer
#: places than channels sometimes, and bfloat16 rounds.
_FLOOR = 1e-3
_TINY = 1e-6


def style_distance(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return the squared Wasserstein-2 distance of two Gaussians, over the energy of one.

    All places of all maps make one Gaussian, of their mean and covariance. Distances of covariances
    themselves hardly see directions of little variance, which are fine detail: this one does.

    ``|μ - μ'|² + tr Σ + tr Σ' - 2 tr (Lᵀ Σ L)^½`` with ``Σ' = L Lᵀ`` (I. Olkin and F. Pukelsheim,
    "The distance between two random vectors with given dispersion matrices", 1982). Its gradient
    for Σ is ``I - T``, where ``T = L (Lᵀ Σ L)^-½ Lᵀ`` is the map that carries Σ to Σ'.

    Parameters
    ----------
    found, wanted : tensor of float32, shape (B, H, W, C)
        Gradients go to `found` alone.

    Returns
    -------
    tensor of float32, shape ()
        0 is the same; not negative.
    """
    (mean, covariance), (target_mean, target) = _moments(found), _moments(wanted)
    lift = (_FLOOR * tf.linalg.trace(target) / found.shape[3] + _TINY) * tf.eye(found.shape[3])
    covariance, target = covariance + lift, target + lift
    spreads = tf.custom_gradient(_between)(covariance, target)
    means = tf.reduce_sum(tf.math.squared_difference(mean, target_mean))
    energy = tf.linalg.trace(target) + tf.reduce_sum(tf.square(target_mean))
    return tf.stop_gradient(1 / energy) * (means + spreads)


def _moments(features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    flat = tf.reshape(features, [-1, features.shape[3]])
    mean = tf.reduce_mean(flat, 0)
    flat -= mean
    return mean, tf.matmul(flat, flat, transpose_a=True) / tf.cast(tf.shape(flat)[0], flat.dtype)


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
