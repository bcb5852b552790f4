"""Adam against Keras's own, and the average against its definition."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import adam
from napari_neural_style.engine.iterates import averaged_iterate

CONSTANTS = {"learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8}


def gradients(count: int, scale: float, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [(scale * rng.normal(0, 1, (1, 4, 5, 3))).astype(np.float32) for _ in range(count)]


def start() -> tf.Tensor:
    return tf.constant(np.random.default_rng(1).uniform(0, 1, (1, 4, 5, 3)), tf.float32)


@pytest.mark.parametrize(
    "constants",
    [
        CONSTANTS,
        {"learning_rate": 0.02, "beta_1": 0.99, "beta_2": 0.999, "epsilon": 0.1},
        {"learning_rate": 0.3, "beta_1": 0.5, "beta_2": 0.5, "epsilon": 1e-3},
    ],
    ids=["default", "paper", "short memory"],
)
@pytest.mark.parametrize("scale", [1e-3, 0.1, 100.0])
def test_adam_steps_are_those_of_keras(constants, scale):
    state = adam.init(start())
    variable = tf.Variable(start())
    theirs = keras.optimizers.Adam(**constants)
    for gradient in gradients(12, scale):
        state = adam.step(state, tf.constant(gradient), **constants, averaging=0.0)
        theirs.apply([tf.constant(gradient)], [variable])
        variable.assign(tf.clip_by_value(variable, 0.0, 1.0))
        np.testing.assert_allclose(state.image, variable, rtol=1e-5, atol=1e-6)
    assert np.abs(state.image - start()).max() > 1e-4


def lamb_path(scale: float, held: np.ndarray | None = None) -> list[np.ndarray]:
    """The images of ten steps of LAMB from grey, far from the borders of the range."""
    state, images = adam.init(tf.fill([1, 4, 5, 3], 0.5)), []
    for gradient in gradients(10, scale):
        gradient = gradient if held is None else gradient * held
        constants = {**CONSTANTS, "epsilon": 1e-12}
        state = adam.step(state, tf.constant(gradient), **constants, averaging=0.0, lamb=True)
        images.append(state.image.numpy())
    return images


def test_lamb_goes_where_adam_goes_by_a_quarter_of_the_rate():
    first_moment, second_moment = np.zeros((1, 4, 5, 3)), np.zeros((1, 4, 5, 3))
    image = np.full((1, 4, 5, 3), 0.5)
    for count, (gradient, found) in enumerate(
        zip(gradients(10, 0.1), lamb_path(0.1), strict=True), start=1
    ):
        first_moment = 0.9 * first_moment + 0.1 * gradient.astype(float)
        second_moment = 0.99 * second_moment + 0.01 * gradient.astype(float) ** 2
        ratio = first_moment / (1 - 0.9**count) / np.sqrt(second_moment / (1 - 0.99**count))
        image = image - 0.02 / 4 * ratio / np.sqrt(np.mean(ratio**2))
        np.testing.assert_allclose(found, image, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_lamb_does_not_mind_the_scale_of_the_loss(scale):
    np.testing.assert_allclose(lamb_path(scale)[-1], lamb_path(0.1)[-1], atol=1e-5)


def test_what_is_held_fixed_does_not_make_lambs_steps_longer():
    held = np.ones((1, 4, 5, 3), np.float32)
    held[:, :, :4] = 0.0
    before = np.full((1, 4, 5, 3), 0.5, np.float32)
    for image in lamb_path(0.1, held):
        moves = (image - before)[:, :, 4]
        np.testing.assert_array_equal(image[:, :, :4], 0.5)
        assert np.sqrt(np.mean(moves**2)) == pytest.approx(0.02 / 4, rel=1e-3)
        before = image


def test_lamb_stands_still_where_there_is_no_slope():
    nothing = tf.zeros([1, 4, 5, 3])
    state = adam.step(adam.init(start()), nothing, **CONSTANTS, averaging=0.0, lamb=True)
    np.testing.assert_array_equal(state.image, start())


def test_average_is_the_debiased_exponential_mean_of_the_iterates():
    state, iterates = adam.init(start()), []
    for gradient in gradients(9, 0.1):
        state = adam.step(state, tf.constant(gradient), **CONSTANTS, averaging=0.8)
        iterates.append(np.asarray(state.image, np.float64))
        weights = 0.8 ** np.arange(len(iterates))[::-1]
        expected = np.average(iterates, axis=0, weights=weights)
        np.testing.assert_allclose(averaged_iterate(state), expected, rtol=1e-5, atol=1e-6)


def test_without_averaging_the_last_iterate_is_shown():
    state = adam.init(start())
    for gradient in gradients(3, 0.1):
        state = adam.step(state, tf.constant(gradient), **CONSTANTS, averaging=0.0)
    np.testing.assert_array_equal(averaged_iterate(state), state.image)


def test_before_the_first_step_the_average_is_the_image_itself():
    np.testing.assert_array_equal(averaged_iterate(adam.init(start())), start())


def test_image_never_leaves_the_unit_range():
    state = adam.init(start())
    for gradient in gradients(5, 1e6):
        constants = {**CONSTANTS, "learning_rate": 1.0}
        state = adam.step(state, tf.constant(gradient), **constants, averaging=0.5)
        for image in (state.image, averaged_iterate(state)):
            assert float(tf.reduce_min(image)) >= 0
            assert float(tf.reduce_max(image)) <= 1
    assert {0.0, 1.0} <= set(np.unique(state.image).tolist())
