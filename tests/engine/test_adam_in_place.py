"""Adam in place takes the steps of Adam, in the memory of its own state."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import adam
from napari_neural_style.engine.adam_in_place import AdamInPlace
from napari_neural_style.engine.iterates import (
    averaged_iterate,
    brought_back,
    kept_iterate,
    shown_iterate,
)
from napari_neural_style.settings import Settings

SETTINGS = Settings(optimizer="adam", averaging=0.7)
SHAPE = (1, 150, 40, 3)
BANDS = (slice(0, 70), slice(70, 150))


def step(optimizer, state, gradient, rate=0.03):
    for rows in BANDS:
        optimizer.change(state, rows, gradient[:, rows], tf.constant(rate))
    return optimizer.stepped(state)


def both(steps):
    """Return the states after as many steps, in place and as values."""
    rng = np.random.default_rng(5)
    image = tf.constant(rng.random(SHAPE), tf.float32)
    optimizer = AdamInPlace(SETTINGS)
    state, value = optimizer.init(image), adam.init(image)
    for _ in range(steps):
        gradient = rng.normal(size=SHAPE).astype(np.float32)
        state = step(optimizer, state, gradient)
        value = adam.step(
            value,
            tf.constant(gradient),
            learning_rate=0.03,
            beta_1=SETTINGS.beta_1,
            beta_2=SETTINGS.beta_2,
            epsilon=SETTINGS.epsilon,
            averaging=SETTINGS.averaging,
        )
    return optimizer, state, value


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_it_takes_the_steps_of_adam(steps):
    optimizer, state, value = both(steps)
    for ours, theirs in zip(tf.nest.flatten(state), tf.nest.flatten(value), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
    picture = averaged_iterate(value).numpy()
    np.testing.assert_allclose(averaged_iterate(state), picture, atol=1e-6)
    kept = kept_iterate(state)
    assert (kept.dtype, kept.nbytes) == (np.uint8, picture.nbytes / 4)
    np.testing.assert_allclose(brought_back(kept), picture, atol=0.5 / 255 + 1e-6)
    window = slice(3, 90), slice(5, 31)
    shown = shown_iterate(state, window)
    np.testing.assert_allclose(shown, picture[0, *window], atol=1e-6)
    assert shown.flags.c_contiguous
    before = kept.copy()
    step(optimizer, state, np.ones(SHAPE, np.float32))
    np.testing.assert_array_equal(kept, before)


def test_a_step_takes_little_memory_beside_the_state():
    optimizer = AdamInPlace(SETTINGS)
    state = optimizer.init(np.full((1, 3000, 500, 3), 0.5, np.float32))
    gradient, rate = np.ones_like(state.image), tf.constant(0.01)
    optimizer.change(state, slice(0, 64), gradient[:, :64], rate)
    tracemalloc.start()
    optimizer.change(state, slice(0, 3000), gradient, rate)
    shown_iterate(optimizer.stepped(state), (slice(0, 100), slice(0, 100)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < gradient.nbytes / 4


@pytest.mark.parametrize("earlier", ["in place", "as values", "none"])
def test_it_goes_on_at_another_size_as_adam_does(earlier):
    optimizer, state, value = both(3)
    larger = tf.constant(np.random.default_rng(1).random((1, 220, 61, 3)), tf.float32)
    free = (tf.cast(larger[..., :1] > 0.5, tf.float32),)
    expected = adam.warm_start(value, larger, free)
    if earlier == "none":
        expected = adam.init(larger)
    begun = {"in place": state, "as values": value, "none": object()}[earlier]
    found = optimizer.warm_start(begun, larger, free)
    for ours, theirs in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    step(optimizer, found, np.ones(found.image.shape, np.float32))


def test_steered_it_forgets_the_iterates_of_the_old_loss():
    optimizer, state, value = both(3)
    for ours, theirs in zip(
        tf.nest.flatten(optimizer.steered(state)), tf.nest.flatten(adam.steered(value)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
