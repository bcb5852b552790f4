"""L-BFGS on the image: one gradient a step, no line search, and never a stop of its own.

The plain method (Nocedal and Wright, "Numerical Optimization", algorithm 7.4) is known to diverge,
or to stop by itself, on this problem. Three safeguards keep it going: steps stay within a radius
that shrinks when a step made things worse, such a step is taken back, and curvature pairs that do
not point downhill are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

__all__ = ["LBFGSState", "Pairs", "lbfgs_resized", "lbfgs_start", "lbfgs_steered", "lbfgs_step"]

#: Curvature pairs remembered.
MEMORY = 10
#: A loss this much above the last one means that the step was too long; the room is for rounding.
_TOLERANCE = 1.02
#: Largest root mean square of a step, in learning rates.
_LARGEST_RADIUS = 4.0
_SMALLEST_RADIUS = 1e-3
_TINY = 1e-20


class Pairs(NamedTuple):
    """What is known of the curvature: differences of points and of gradients, the latest first.

    Their products are kept as well. Each step brings but one pair, and they are the most work.

    Parameters
    ----------
    moves, bends : tensor of float32, shape (MEMORY, n)
        Differences of points and of their gradients.
    crossed, stiffness : tensor of float32, shape (MEMORY, MEMORY)
        Inner products of each move with each bend, and of each bend with each.
    """

    moves: tf.Tensor
    bends: tf.Tensor
    crossed: tf.Tensor
    stiffness: tf.Tensor

    @property
    def curvature(self) -> tf.Tensor:
        """Inner products of each move with its own bend, of shape (MEMORY,); 0 if there is none."""
        return tf.linalg.diag_part(self.crossed)


class LBFGSState(NamedTuple):
    """The picture and what L-BFGS remembers of it; a value, never changed in place.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        The point whose gradient comes next, in [0, 1].
    base, slope : tensor of float32, shape (1, H, W, 3)
        The last point that was accepted, and its gradient.
    loss : tensor of float32, shape ()
        Loss at `base`; infinite where there is none to compare with.
    radius : tensor of float32, shape ()
        Largest root mean square of the next step, in learning rates.
    pairs : Pairs
    average, missing : tensor
        As in `AdamState`.
    """

    image: tf.Tensor
    base: tf.Tensor
    slope: tf.Tensor
    loss: tf.Tensor
    radius: tf.Tensor
    pairs: Pairs
    average: tf.Tensor
    missing: tf.Tensor


def lbfgs_start(image: tf.Tensor) -> LBFGSState:
    """Return the state before the first step on `image`."""
    zeros = tf.zeros_like(image)
    none, unknown = tf.zeros([MEMORY, tf.size(image)]), tf.zeros([MEMORY, MEMORY])
    return LBFGSState(
        image=image,
        base=image,
        slope=zeros,
        loss=tf.constant(float("inf")),
        radius=tf.constant(1.0),
        pairs=Pairs(none, none, unknown, unknown),
        average=zeros,
        missing=tf.constant(1.0),
    )


def lbfgs_resized(state: LBFGSState, image: tf.Tensor) -> LBFGSState:
    """Return the state at another size: curvature does not carry over, the radius does."""
    return lbfgs_start(image)._replace(radius=state.radius)


def lbfgs_steered(state: LBFGSState) -> LBFGSState:
    """Return the state to go on from with another loss: what is known of the old one is void."""
    return lbfgs_resized(state, state.base)


def lbfgs_step(
    state: LBFGSState,
    loss: tf.Tensor,
    gradient: tf.Tensor,
    *,
    learning_rate: tf.Tensor | float,
    averaging: float,
) -> LBFGSState:
    """Return the state after one step.

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
        Share of the past in the average of accepted points, in [0, 1).

    Returns
    -------
    LBFGSState
        With an image in [0, 1].
    """
    good = (loss <= tf.abs(state.loss) * _TOLERANCE) & tf.reduce_all(tf.math.is_finite(gradient))
    pairs = _remembered(state, gradient, good)
    # Branches, not `tf.where`: what is only handed on needs no copy.
    base, slope = tf.cond(good, lambda: (state.image, gradient), lambda: (state.base, state.slope))
    radius = tf.clip_by_value(
        tf.where(good, state.radius * 1.2, state.radius * 0.4), _SMALLEST_RADIUS, _LARGEST_RADIUS
    )

    direction = -_inverse_hessian_times(tf.reshape(slope, [-1]), pairs)
    # What is held fixed does not make the steps of the rest longer.
    moving = tf.maximum(tf.math.count_nonzero(direction, dtype=tf.float32), 1.0)
    size = tf.sqrt(tf.reduce_sum(tf.square(direction)) / moving + _TINY)
    limit = radius * learning_rate
    # Without curvature there is no natural length: take the whole radius.
    length = tf.where(
        tf.reduce_any(pairs.curvature > 0), tf.minimum(1.0, limit / size), limit / size
    )
    image = tf.clip_by_value(base + tf.reshape(length * direction, tf.shape(base)), 0.0, 1.0)
    average = averaging * state.average + (1.0 - averaging) * base
    return LBFGSState(
        image=image,
        base=base,
        slope=slope,
        loss=tf.where(good, loss, state.loss),
        radius=radius,
        pairs=pairs,
        average=average,
        missing=averaging * state.missing,
    )


def _remembered(state: LBFGSState, gradient: tf.Tensor, good: tf.Tensor) -> Pairs:
    """Return the curvature pairs, with the new one in front, or none after a step taken back."""
    first = tf.math.is_inf(state.loss)
    move = tf.reshape(state.image - state.base, [-1])
    bend = tf.reshape(gradient - state.slope, [-1])
    downhill = tf.tensordot(move, bend, 1) > 1e-6 * tf.norm(move) * tf.norm(bend)
    pairs: Pairs = tf.cond(
        good & ~first & downhill,
        lambda: _with_pair(state.pairs, move, bend),
        lambda: state.pairs,
    )
    return pairs._replace(crossed=tf.where(good | first, pairs.crossed, 0.0))


def _with_pair(pairs: Pairs, move: tf.Tensor, bend: tf.Tensor) -> Pairs:
    """Return the pairs with another one in front; the last is forgotten."""
    moves = tf.concat([move[tf.newaxis], pairs.moves[:-1]], 0)
    bends = tf.concat([bend[tf.newaxis], pairs.bends[:-1]], 0)
    of_move, of_bend = tf.linalg.matvec(bends, move), tf.linalg.matvec(bends, bend)
    return Pairs(
        moves,
        bends,
        _framed(pairs.crossed, of_move, tf.linalg.matvec(moves, bend)),
        _framed(pairs.stiffness, of_bend, of_bend),
    )


def _framed(products: tf.Tensor, row: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """Return a table of products with a new first row and column; the last ones are forgotten."""
    below = tf.concat([column[1:, tf.newaxis], products[:-1, :-1]], 1)
    return tf.concat([row[tf.newaxis], below], 0)


def _inverse_hessian_times(slope: tf.Tensor, pairs: Pairs) -> tf.Tensor:
    """Return the quasi-Newton inverse Hessian times `slope`: the two-loop recursion.

    Over inner products instead of images, so that each image is read but a few times (W. Chen,
    Z. Wang and J. Zhou, "Large-scale L-BFGS using MapReduce", NeurIPS 2014). What one loop does
    pair by pair is then the solution of a triangular system.
    """
    moves, bends, crossed, stiffness = pairs
    curvature = pairs.curvature
    present = curvature > 0
    inverse = tf.where(present, 1.0 / tf.where(present, curvature, 1.0), 0.0)[:, tf.newaxis]
    column = slope[:, tf.newaxis]
    one = tf.eye(MEMORY)
    # From the latest pair to the earliest, each with what the later ones have left of the slope.
    earlier = tf.linalg.band_part(crossed, -1, 0) - tf.linalg.band_part(crossed, 0, 0)
    factors = tf.linalg.triangular_solve(
        one + inverse * earlier, inverse * tf.matmul(moves, column), lower=True
    )
    scale = tf.where(present[0], curvature[0] / tf.maximum(stiffness[0, 0], _TINY), 1.0)
    left = scale * (tf.matmul(bends, column) - tf.matmul(stiffness, factors))
    # And back again.
    steps = tf.linalg.triangular_solve(
        one + inverse * tf.transpose(earlier), factors - inverse * left, lower=False
    )
    result = tf.matmul(steps, moves, transpose_a=True) - tf.matmul(
        scale * factors, bends, transpose_a=True
    )
    return scale * slope + result[0]
