"""The finish of a run comes last, can be interrupted, and tells how far it is where it is slow."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from differences import patch_distance

from napari_neural_style.control import Control
from napari_neural_style.costs import measured
from napari_neural_style.costs.measured import finish_seconds
from napari_neural_style.engine import finishing, stylize_steps
from napari_neural_style.errors import Cancelled
from napari_neural_style.job import Job
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.settings import Settings


@pytest.fixture
def job(picture):
    """Of a style that differs from the content by no more than a few steps can go."""
    style = np.clip(1.3 * picture(64, 64, seed=2) - 0.2, 0, 1)

    def job(finish):
        settings = Settings(
            features="builtin", size=64, steps=4, update_every=2, finish_steps=finish
        )
        return Job(picture(64, 64, seed=1), style, settings)

    return job


def test_only_the_last_picture_of_a_run_is_finished(job):
    plain, finish = (list(stylize_steps(job(steps))) for steps in (0, 100))
    for one, other in zip(plain[:-1], finish[:-1], strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    before, after = (patch_distance(run[-1].image, job(0).style) for run in (plain, finish))
    assert after < 0.6 * before


def test_a_slow_finish_tells_how_far_it_is(job, monkeypatch):
    monkeypatch.setattr(finishing, "_TOLD_EVERY", 0.0)
    *updates, last = stylize_steps(job(8))
    notices = [update for update in updates if isinstance(update, Notice)]
    assert [notice.fraction for notice in notices] == [pytest.approx(k / 8) for k in range(1, 9)]
    assert last.step == last.total
    assert last.remaining == 0


def test_a_run_can_be_cancelled_while_it_is_finished(job, monkeypatch):
    monkeypatch.setattr(finishing, "_TOLD_EVERY", 0.0)
    control = Control()
    updates = stylize_steps(job(50), control)
    told = next(update for update in updates if isinstance(update, Notice))
    control.cancel()
    assert told.fraction == pytest.approx(1 / 50)
    with pytest.raises(Cancelled):
        next(updates)


def test_where_memory_runs_out_the_picture_stays_as_it_was_by_then(job, monkeypatch):
    steps = []

    class Large(finishing.Finisher):
        def step(self):
            steps.append(1)
            if len(steps) == 3:
                raise tf.errors.ResourceExhaustedError(None, None, "no memory")
            super().step()

    monkeypatch.setattr(finishing, "Finisher", Large)
    *_, notice, last = stylize_steps(job(8))
    assert notice.important
    assert "finishing step 3 of 8" in notice.text
    assert last.finished
    assert np.isfinite(last.image).all()


def test_the_time_that_it_took_is_foreseen_from_then_on(job, monkeypatch, tmp_path):
    monkeypatch.setattr(measured.platformdirs, "user_cache_path", lambda *_: tmp_path)
    monkeypatch.setattr(finishing, "_ENOUGH_PIXELS", 1)
    settings = job(20).settings
    assert finish_seconds((64, 64), settings) == 0
    *_, before, after = (u for u in stylize_steps(job(20)) if isinstance(u, Progress))
    foreseen = finish_seconds((64, 64), settings)
    took = after.seconds - before.seconds
    assert 0 < foreseen < 2 * took
    assert finish_seconds((128, 128), settings.replace(finish_steps=40)) == pytest.approx(
        8 * foreseen
    )
    told = [u for u in stylize_steps(job(20)) if isinstance(u, Progress)]
    assert all(u.remaining > foreseen for u in told[:-1] if u.remaining is not None)
    assert told[-1].remaining == 0
