"""L-BFGS with its safeguards: fast where the loss is kind, and steady where it is not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

from napari_neural_style.engine import lbfgs
from napari_neural_style.engine.iterates import averaged_iterate

#: Curvature pairs that a small picture has.
MEMORY = 10
#: Compiled, for the sake of time; once for each shape.
_step = tf.function(lbfgs.step)


def descend(loss_of, start, steps, learning_rate=0.05, averaging=0.0):
    """Return the states after each step on a loss given in TensorFlow."""
    state = lbfgs.init(tf.constant(start, tf.float32))
    states = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(state.image)
            loss = loss_of(state.image)
        gradient = tape.gradient(loss, state.image)
        rate = tf.constant(learning_rate, tf.float32)
        state = _step(state, loss, gradient, learning_rate=rate, averaging=averaging)
        states.append(state)
    return states


@pytest.fixture
def quadratic():
    """A badly conditioned quadratic with its minimum inside the box, and that minimum."""
    rng = np.random.default_rng(3)
    basis, _ = np.linalg.qr(rng.normal(size=(48, 48)))
    matrix = (basis * np.geomspace(1, 1e3, 48)) @ basis.T
    best = rng.uniform(0.3, 0.7, 48)

    def loss_of(image):
        away = tf.cast(tf.reshape(image, [-1]), tf.float64) - best
        return tf.cast(0.5 * tf.tensordot(away, tf.linalg.matvec(matrix, away), 1), tf.float32)

    return loss_of, best.reshape(1, 4, 4, 3)


def test_minimum_of_a_badly_conditioned_quadratic_is_found(quadratic):
    loss_of, best = quadratic
    last = descend(loss_of, np.full((1, 4, 4, 3), 0.5), 150)[-1]
    np.testing.assert_allclose(last.accepted, best, atol=0.02)


def test_curved_valley_is_followed_as_far_as_scipy_does():
    def rosenbrock(x, square):
        return 100 * (x[1] - square(x[0])) ** 2 + (1 - x[0]) ** 2

    def loss_of(image):
        x = tf.reshape(image, [-1]) * 2 - 0.5  # the minimum, (1, 1), at 0.75
        return rosenbrock(x, tf.square) + tf.square(x[2])

    theirs = scipy.optimize.minimize(
        lambda z: rosenbrock(z * 2 - 0.5, np.square), [0.1, 0.9], bounds=[(0, 1)] * 2
    )
    ours = descend(loss_of, np.array([0.1, 0.9, 0.25]).reshape(1, 1, 1, 3), 200)[-1]
    np.testing.assert_allclose(np.ravel(ours.accepted)[:2], theirs.x, atol=0.02)


def test_loss_of_accepted_points_never_rises(quadratic):
    loss_of, _ = quadratic
    start = np.random.default_rng(0).uniform(0, 1, (1, 4, 4, 3))
    # A learning rate that would throw the image from wall to wall.
    losses = [float(state.loss) for state in descend(loss_of, start, 60, learning_rate=1.0)]
    assert all(after <= before * 1.02 for before, after in itertools.pairwise(losses))
    assert losses[-1] < 0.01 * losses[0]


def test_step_into_nan_is_taken_back():
    def loss_of(image):
        middle = tf.reduce_mean(image)
        return tf.where(middle > 0.6, float("nan"), tf.square(middle - 0.59))

    states = descend(loss_of, np.full((1, 2, 2, 3), 0.1), 60, learning_rate=0.5)
    assert np.isfinite([s.image.numpy() for s in states]).all()
    assert float(tf.reduce_mean(states[-1].accepted)) == pytest.approx(0.59, abs=0.01)


def test_image_stays_in_the_box():
    states = descend(lambda image: -tf.reduce_sum(image), np.full((1, 2, 2, 3), 0.5), 30)
    np.testing.assert_array_equal(states[-1].image, 1)


def test_average_is_that_of_accepted_points(quadratic):
    loss_of, _ = quadratic
    states = descend(loss_of, np.full((1, 4, 4, 3), 0.2), 12, averaging=0.7)
    weights = 0.7 ** np.arange(len(states))[::-1]
    expected = np.tensordot(weights / weights.sum(), [s.accepted.numpy() for s in states], 1)
    np.testing.assert_allclose(averaged_iterate(states[-1]), expected, atol=1e-5)


def test_next_scale_forgets_curvature_and_keeps_the_radius(quadratic):
    loss_of, _ = quadratic
    state = descend(loss_of, np.full((1, 4, 4, 3), 0.2), 5)[-1]
    warm = lbfgs.warm_start(state, tf.zeros([1, 8, 8, 3]))
    assert float(warm.radius) == float(state.radius)
    assert not warm.pairs.curvature.numpy().any()
    assert np.isinf(warm.loss)


@pytest.mark.parametrize("known", [0, 1, 4, MEMORY, MEMORY + 3])
def test_direction_is_that_of_the_two_loops_in_the_textbook(known):
    """Nocedal and Wright, "Numerical Optimization", algorithm 7.4, written down as it stands."""
    rng = np.random.default_rng(known)
    mixing = rng.normal(size=(60, 60)) * 0.2
    hessian = np.eye(60) + mixing @ mixing.T
    s = rng.normal(size=(known, 60))
    y = s @ hessian
    rho = 1 / (s * y).sum(1)
    gradient = rng.normal(size=60)

    direction, alpha = gradient.copy(), {}
    for k in range(min(known, MEMORY)):
        alpha[k] = rho[k] * s[k] @ direction
        direction -= alpha[k] * y[k]
    if known:
        direction /= rho[0] * (y[0] @ y[0])
    for k in reversed(alpha):
        direction += s[k] * (alpha[k] - rho[k] * y[k] @ direction)

    def added(pairs, all_s, all_y):
        for s, y in zip(all_s[::-1], all_y[::-1], strict=True):
            pairs = lbfgs._with_pair(pairs, tf.constant(s, tf.float32), tf.constant(y, tf.float32))
        return pairs

    # What was there before a step was taken back does not count.
    void = added(lbfgs.init(tf.zeros([1, 4, 5, 3])).pairs, *rng.normal(size=(2, MEMORY, 60)))
    pairs = added(void._replace(s_dot_y=tf.zeros_like(void.s_dot_y)), s, y)
    found = lbfgs._inverse_hessian_times(tf.constant(gradient, tf.float32), pairs)
    np.testing.assert_allclose(found, direction, rtol=1e-3, atol=1e-4)
