"""Muon and Adam: what a step changes, compared with singular values and with the formula."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.look_optimizer import LookOptimizer, orthogonal


@pytest.mark.parametrize("shape", [(6, 6), (40, 9), (9, 40)])
def test_directions_are_kept_and_their_strengths_evened_out(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    made = orthogonal(tf.constant(matrix, tf.float32)).numpy()
    # In the matrix's own directions it is diagonal, and nearly one everywhere.
    strengths = left.T @ made @ right.T
    np.testing.assert_allclose(strengths - np.diag(np.diag(strengths)), 0, atol=1e-4)
    strong = values > 0.02 * np.linalg.norm(values)
    assert strong.sum() >= len(values) - 1
    assert ((np.diag(strengths) > 0.6) & (np.diag(strengths) < 1.3))[strong].all()


def test_no_gradient_changes_nothing() -> None:
    kernel = tf.Variable(tf.ones([3, 3, 4, 8]))
    LookOptimizer({"block1.first.kernel": kernel}).step(
        [tf.zeros([3, 3, 4, 8])], tf.constant(1.0), tf.constant(0.1)
    )
    np.testing.assert_array_equal(kernel.numpy(), 1)


def test_kernels_change_by_as_much_whatever_the_gradients_size() -> None:
    gradient = np.random.default_rng(1).normal(size=(3, 3, 4, 8)).astype(np.float32)
    changes = []
    for size in (1e-3, 10.0):
        kernel = tf.Variable(tf.zeros([3, 3, 4, 8]))
        optimizer = LookOptimizer({"grow.kernel": kernel})
        optimizer.step([tf.constant(size * gradient)], tf.constant(1.0), tf.constant(3e-3))
        changes.append(kernel.numpy())
    np.testing.assert_allclose(changes[0], changes[1], rtol=1e-3, atol=1e-6)
    assert np.sqrt(np.mean(changes[0] ** 2)) == pytest.approx(1e-3, rel=0.3)
    assert np.sum(changes[0] * gradient) < 0


@pytest.mark.parametrize("name", ["grow.bias", "leave.kernel", "enter.bias"])
def test_all_else_is_changed_as_adam_says(name: str) -> None:
    rng = np.random.default_rng(2)
    variable = tf.Variable(tf.zeros([5]))
    optimizer = LookOptimizer({name: variable})
    expected, first, second = np.zeros(5), np.zeros(5), np.zeros(5)
    for count in range(1, 4):
        gradient = rng.normal(size=5)
        optimizer.step(
            [tf.constant(gradient, tf.float32)], tf.constant(float(count)), tf.constant(0.01)
        )
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        bias_1, bias_2 = 1 - 0.9**count, 1 - 0.99**count
        expected -= 0.01 * first / bias_1 / (np.sqrt(second / bias_2) + 1e-8)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4)
