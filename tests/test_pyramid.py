"""The coarse-to-fine schedule, and the passage from one scale to the next."""

from __future__ import annotations

import itertools

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine import adam
from napari_neural_style.engine.iterates import EMA, averaged_iterate, resized_iterate
from napari_neural_style.engine.optimizers import make_optimizer
from napari_neural_style.pyramid import schedule
from napari_neural_style.settings import Settings

optimizer = make_optimizer(Settings(optimizer="adam"))

SIZES = st.integers(1, 8192)
STEPS = st.integers(1, 3000)


@given(SIZES, st.integers(0, 8192), STEPS)
def test_schedule_spends_exactly_the_steps_and_ends_at_full_size(size, smallest, steps):
    scales = schedule(size, smallest, steps)
    assert sum(scale.steps for scale in scales) == steps
    assert all(scale.steps >= 1 for scale in scales)
    assert scales[-1].size == size
    sizes = [scale.size for scale in scales]
    assert sizes == sorted(sizes)
    if smallest >= 4:  # Below, neighbouring scales round to the same pixel.
        assert len(set(sizes)) == len(sizes)


@given(SIZES, STEPS)
def test_no_pyramid_without_a_smaller_scale(size, steps):
    for smallest in (0, size, size + 1):
        assert [(scale.size, scale.steps) for scale in schedule(size, smallest, steps)] == [
            (size, steps)
        ]


@given(st.integers(64, 4096), st.integers(16, 512), st.integers(100, 3000))
def test_scales_lie_evenly_about_a_factor_of_root_two_apart_but_are_never_many(
    size, smallest, steps
):
    sizes = [scale.size for scale in schedule(size, smallest, steps)]
    assert len(sizes) <= 5
    if smallest < size:
        assert sizes[0] == smallest or len(sizes) == 1
    ratios = [fine / coarse for coarse, fine in itertools.pairwise(sizes)]
    if ratios:
        assert max(ratios) / min(ratios) < 1.1
    if 1 < len(sizes) < 5:
        # Rounded to whole scales, a gap of √2 may become any from 2^(1/3) to 2^(3/4).
        assert 1.2 < min(ratios) <= max(ratios) < 1.7


def test_coarse_scales_get_more_steps_than_fine_ones():
    counts = [scale.steps for scale in schedule(512, 128, 300)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1.5 * counts[-1]


def test_work_counts_steps_times_pixels():
    assert [scale.work for scale in schedule(100, 0, 7)] == [70_000]


def resized(state: adam.AdamState, shape: tuple[int, int]) -> adam.AdamState:
    return optimizer.warm_start(state, resized_iterate(state, shape), ())


def stepped(averaging: float = 0.9) -> adam.AdamState:
    rng = np.random.default_rng(0)
    state = adam.init(tf.constant(rng.uniform(0, 1, (1, 16, 12, 3)), tf.float32))
    for _ in range(4):
        gradient = tf.constant(rng.normal(0, 1, (1, 16, 12, 3)), tf.float32)
        state = adam.step(
            state,
            gradient,
            learning_rate=0.05,
            beta_1=0.9,
            beta_2=0.99,
            epsilon=1e-8,
            averaging=averaging,
        )
    return state


def test_resized_state_keeps_the_step_count_and_a_valid_second_moment():
    state = resized(stepped(), (37, 25))
    assert float(state.count) == 4
    assert (
        state.image.shape == state.first_moment.shape == state.second_moment.shape == (1, 37, 25, 3)
    )
    assert float(tf.reduce_min(state.second_moment)) >= 0
    assert float(tf.reduce_min(state.image)) >= 0
    assert float(tf.reduce_max(state.image)) <= 1


def test_next_scale_starts_from_the_average_which_begins_anew():
    before = stepped()
    after = resized(before, (16, 12))
    np.testing.assert_allclose(after.image, averaged_iterate(before), atol=1e-6)
    assert np.abs(after.image - before.image).max() > 1e-3
    np.testing.assert_array_equal(averaged_iterate(after), after.image)


def test_resizing_keeps_a_flat_state_flat():
    flat = tf.fill([1, 8, 8, 3], 0.25)
    state = adam.AdamState(flat, flat, flat, tf.constant(3.0), EMA(flat, tf.constant(0.0)))
    for part in resized(state, (13, 17))[:3]:
        np.testing.assert_allclose(part, 0.25, atol=1e-6)
