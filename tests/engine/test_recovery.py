"""When a run is taken for one that diverges, and what it goes back to."""

from __future__ import annotations

import math

import pytest
import tensorflow as tf

from napari_neural_style.engine.recovery import Recovery
from napari_neural_style.errors import EngineFailed

START, LATER, LATEST = "start", "later", "latest"  # any values will do for pictures


def started(first_loss: float, *, relative: bool = True) -> Recovery:
    recovery = Recovery(relative=relative)
    recovery.start_scale(START)
    recovery.see(tf.constant(first_loss))
    return recovery


def test_twice_the_loss_at_the_start_of_the_scale_is_the_limit():
    recovery = started(1.0)
    assert not recovery.diverged(LATER, tf.constant(2.0), 5)
    assert (recovery.picture, recovery.rate_factor) == (LATER, 1.0)
    assert recovery.diverged(LATEST, tf.constant(2.1), 10)
    assert (recovery.picture, recovery.rate_factor) == (LATER, 0.25)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_recovered_from_where_there_was_one(loss):
    recovery = started(1.0)
    assert recovery.diverged(LATER, tf.constant(loss), 5)
    assert recovery.picture == START


@pytest.mark.parametrize("loss", [math.nan, math.inf])
@pytest.mark.parametrize("relative", [True, False])
def test_a_run_without_any_number_to_go_by_fails(loss, relative):
    recovery = started(loss, relative=relative)
    with pytest.raises(EngineFailed, match="diverged at step 3: choose a lower learning rate"):
        recovery.diverged(LATER, tf.constant(loss), 3)


def test_steps_become_smaller_each_time():
    recovery = started(1.0)
    for factor in (0.25, 0.0625):
        assert recovery.diverged(LATER, tf.constant(9.0), 5)
        assert recovery.rate_factor == factor
        assert not recovery.diverged(LATER, tf.constant(0.5), 6)


def test_a_tiny_loss_may_rise():
    assert not started(1e-6).diverged(LATER, tf.constant(0.019), 5)
    assert started(1e-6).diverged(LATER, tf.constant(0.021), 5)


def test_only_the_first_loss_sets_the_limit():
    recovery = started(1.0)
    recovery.see(tf.constant(100.0))
    assert recovery.diverged(LATER, tf.constant(3.0), 5)


def test_another_scale_or_another_weighting_has_a_limit_of_its_own():
    recovery = started(1.0)
    recovery.loss_changed()
    recovery.see(tf.constant(10.0))
    assert not recovery.diverged(LATER, tf.constant(19.0), 5)
    recovery.start_scale(LATEST)
    recovery.see(tf.constant(2.0))
    assert recovery.diverged(LATER, tf.constant(5.0), 6)
    assert recovery.picture == LATEST


def test_absolute_losses_may_rise():
    recovery = started(1.0, relative=False)
    assert not recovery.diverged(LATER, tf.constant(1e6), 5)
    assert recovery.picture == LATER
