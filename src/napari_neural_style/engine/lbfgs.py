"""L-BFGS on the image: one gradient a step, no line search, and never a stop of its own.

The plain method (Nocedal and Wright, "Numerical Optimization", chapter 7) is known to diverge, or
to stop by itself, on this problem. Three safeguards keep it going: steps stay within a trust
radius, which shrinks when a step raised the loss; such a step is taken back; and pairs of negative
curvature are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from napari_neural_style.costs.model import curvature_pairs
from napari_neural_style.engine.iterates import EMA, root_mean_square

__all__ = ["CurvaturePairs", "LBFGSState", "init", "step", "warm_start", "steered"]

#: A step is taken back if it raised the loss by more than this factor, which leaves room for
#: rounding.
_TOLERANCE = 1.02
#: Largest root mean square of a step, in learning rates.
_LARGEST_RADIUS = 4.0
_SMALLEST_RADIUS = 1e-3
_TINY = 1e-20


class CurvaturePairs(NamedTuple):
    """What is known of the Hessian: differences of iterates and of gradients, the latest first.

    Their inner products are kept as well: they are most of the work, and each step brings but one
    pair.

    Parameters
    ----------
    s, y : tensor of float32, shape (pairs, n)
        Differences of accepted iterates and of their gradients.
    s_dot_y, y_dot_y : tensor of float32, shape (pairs, pairs)
        Inner products of each s with each y, and of each y with each.
    """

    s: tf.Tensor
    y: tf.Tensor
    s_dot_y: tf.Tensor
    y_dot_y: tf.Tensor

    @property
    def curvature(self) -> tf.Tensor:
        """Inner product of each s with its own y, of shape (pairs,); 0 where there is no pair."""
        return tf.linalg.diag_part(self.s_dot_y)


class LBFGSState(NamedTuple):
    """The picture and what L-BFGS remembers of it; a value, never changed in place.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        The point whose gradient comes next, in [0, 1].
    accepted, gradient : tensor of float32, shape (1, H, W, 3)
        The last iterate that was accepted, and its gradient.
    loss : tensor of float32, shape ()
        Of the accepted iterate; infinite where there is none to compare with.
    radius : tensor of float32, shape ()
        Largest root mean square of the next step, in learning rates.
    pairs : CurvaturePairs
    ema : EMA
        Of the accepted iterates.
    """

    image: tf.Tensor
    accepted: tf.Tensor
    gradient: tf.Tensor
    loss: tf.Tensor
    radius: tf.Tensor
    pairs: CurvaturePairs
    ema: EMA


def init(image: tf.Tensor) -> LBFGSState:
    """Return the state before the first step on `image`; large ones get fewer curvature pairs."""
    memory = curvature_pairs(image.shape[1] * image.shape[2])
    none, products = tf.zeros([memory, tf.size(image)]), tf.zeros([memory, memory])
    return LBFGSState(
        image=image,
        accepted=image,
        gradient=tf.zeros_like(image),
        loss=tf.constant(float("inf")),
        radius=tf.constant(1.0),
        pairs=CurvaturePairs(none, none, products, products),
        ema=EMA.start(image),
    )


def warm_start(state: LBFGSState, image: tf.Tensor) -> LBFGSState:
    """Return the state to go on from with another picture, whose curvature is not known yet."""
    return init(image)._replace(radius=state.radius)


def steered(state: LBFGSState) -> LBFGSState:
    """Return the state to go on from with another loss, whose curvature is not known yet."""
    return warm_start(state, state.accepted)


def step(
    state: LBFGSState,
    loss: tf.Tensor,
    gradient: tf.Tensor,
    *,
    learning_rate: tf.Tensor | float,
    averaging: float,
) -> LBFGSState:
    """Return the state after one step, with an image in [0, 1].

    Parameters
    ----------
    state : LBFGSState
    loss : tensor of float32, shape ()
        At ``state.image``.
    gradient : tensor of float32, shape (1, H, W, 3)
        Of the loss at ``state.image``.
    learning_rate : float
        Root mean square of a step of radius 1.
    averaging : float
        Decay of the moving average of the accepted iterates, in [0, 1).
    """
    accept = (loss <= tf.abs(state.loss) * _TOLERANCE) & tf.reduce_all(tf.math.is_finite(gradient))
    pairs = _updated(state, gradient, accept)
    # Branches, not `tf.where`: what is only handed on needs no copy.
    accepted, gradient = tf.cond(
        accept, lambda: (state.image, gradient), lambda: (state.accepted, state.gradient)
    )
    radius = tf.clip_by_value(
        tf.where(accept, state.radius * 1.2, state.radius * 0.4), _SMALLEST_RADIUS, _LARGEST_RADIUS
    )

    direction = -_inverse_hessian_times(tf.reshape(gradient, [-1]), pairs)
    size = root_mean_square(direction)
    limit = radius * learning_rate
    # Without curvature there is no natural length: take the whole radius.
    length = tf.where(
        tf.reduce_any(pairs.curvature > 0), tf.minimum(1.0, limit / size), limit / size
    )
    image = tf.clip_by_value(
        accepted + tf.reshape(length * direction, tf.shape(accepted)), 0.0, 1.0
    )
    return LBFGSState(
        image=image,
        accepted=accepted,
        gradient=gradient,
        loss=tf.where(accept, loss, state.loss),
        radius=radius,
        pairs=pairs,
        ema=state.ema.updated(accepted, averaging),
    )


def _updated(state: LBFGSState, gradient: tf.Tensor, accept: tf.Tensor) -> CurvaturePairs:
    """Return the curvature pairs with the new one in front, or none after a step taken back."""
    first = tf.math.is_inf(state.loss)
    s = tf.reshape(state.image - state.accepted, [-1])
    y = tf.reshape(gradient - state.gradient, [-1])
    curved = tf.tensordot(s, y, 1) > 1e-6 * tf.norm(s) * tf.norm(y)
    pairs: CurvaturePairs = tf.cond(
        accept & ~first & curved, lambda: _with_pair(state.pairs, s, y), lambda: state.pairs
    )
    return pairs._replace(s_dot_y=tf.where(accept | first, pairs.s_dot_y, 0.0))


def _with_pair(pairs: CurvaturePairs, s: tf.Tensor, y: tf.Tensor) -> CurvaturePairs:
    """Return the pairs with another one in front; the last is forgotten."""
    all_s = tf.concat([s[tf.newaxis], pairs.s[:-1]], 0)
    all_y = tf.concat([y[tf.newaxis], pairs.y[:-1]], 0)
    s_dot_all, y_dot_all = tf.linalg.matvec(all_y, s), tf.linalg.matvec(all_y, y)
    return CurvaturePairs(
        all_s,
        all_y,
        _bordered(pairs.s_dot_y, s_dot_all, tf.linalg.matvec(all_s, y)),
        _bordered(pairs.y_dot_y, y_dot_all, y_dot_all),
    )


def _bordered(products: tf.Tensor, row: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """Return a matrix with a new first row and column; the last ones are forgotten."""
    below = tf.concat([column[1:, tf.newaxis], products[:-1, :-1]], 1)
    return tf.concat([row[tf.newaxis], below], 0)


def _inverse_hessian_times(gradient: tf.Tensor, pairs: CurvaturePairs) -> tf.Tensor:
    """Return the approximate inverse Hessian times a gradient: the two-loop recursion.

    Nocedal and Wright's algorithm 7.4, in their letters, over inner products instead of images, so
    that each image is read but a few times (W. Chen, Z. Wang and J. Zhou, "Large-scale L-BFGS using
    MapReduce", NeurIPS 2014). What a loop does pair by pair is then a triangular system.
    """
    s, y, s_dot_y, y_dot_y = pairs
    curvature = pairs.curvature
    present = curvature > 0
    rho = tf.where(present, 1.0 / tf.where(present, curvature, 1.0), 0.0)[:, tf.newaxis]
    column = gradient[:, tf.newaxis]
    identity = tf.eye(tf.shape(s)[0])
    # The first loop, from the latest pair to the earliest: each s meets the later pairs' y.
    lower = tf.linalg.band_part(s_dot_y, -1, 0) - tf.linalg.band_part(s_dot_y, 0, 0)
    alpha = tf.linalg.triangular_solve(
        identity + rho * lower, rho * tf.matmul(s, column), lower=True
    )
    # Between the loops, r = gamma q, with q the gradient less alpha y.
    gamma = tf.where(present[0], curvature[0] / tf.maximum(y_dot_y[0, 0], _TINY), 1.0)
    y_dot_r = gamma * (tf.matmul(y, column) - tf.matmul(y_dot_y, alpha))
    # The second loop, back again.
    alpha_less_beta = tf.linalg.triangular_solve(
        identity + rho * tf.transpose(lower), alpha - rho * y_dot_r, lower=False
    )
    result = tf.matmul(alpha_less_beta, s, transpose_a=True) - tf.matmul(
        gamma * alpha, y, transpose_a=True
    )
    return gamma * gradient + result[0]
