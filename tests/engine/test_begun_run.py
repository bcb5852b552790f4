"""A run that another engine has begun: the steps that are left are done, and no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_neural_style.engine import stylize_steps
from napari_neural_style.job import Begun, Job
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings

LAYERS = {"block1_conv1": 0.5, "block2_conv1": 0.5}


@pytest.fixture
def job(picture) -> Job:
    settings = Settings(
        features="builtin",
        size=48,
        smallest_scale=24,
        steps=24,
        update_every=1,
        style_layers=LAYERS,
        content_layers={"block2_conv1": 1.0},
        precision="float32",
        device="cpu",
        averaging=0.0,
        optimizer="adam",
    )
    return Job(picture(48, 36, seed=1), picture(40, 40, seed=2, grain=0.15), settings)


def run(job: Job) -> list[Progress]:
    return [update for update in stylize_steps(job) if isinstance(update, Progress)]


@pytest.mark.parametrize("done", [3, 12, 23])
def test_the_steps_that_are_left_are_done(job: Job, done: int) -> None:
    whole = run(job)
    last = whole[done - 1]
    rest = run(replace(job, begun=Begun(done, last.image, seconds=100.0)))
    assert [update.step for update in rest] == list(range(done + 1, 25))
    assert [u.image.shape for u in rest] == [u.image.shape for u in whole[done:]]
    assert [u.fraction for u in rest] == pytest.approx([u.fraction for u in whole[done:]])
    assert rest[0].seconds > 100
    # The optimiser begins anew, but the picture does not.
    if rest[0].image.shape == last.image.shape:
        assert np.abs(rest[0].image - last.image).mean() < 0.05
    assert rest[-1].losses["total"] == pytest.approx(whole[-1].losses["total"], rel=0.3)
    assert rest[-1].losses["total"] < 0.7 * whole[0].losses["total"]


def test_it_stays_steered_as_it_was(job: Job) -> None:
    planned = ((0, {"tv_weight": 0.5}), (2, {"content_weight": 30.0}), (20, {"tv_weight": 0.1}))
    whole = run(replace(job, steering=planned))
    rest = run(replace(job, steering=planned, begun=Begun(8, whole[7].image)))
    assert rest[0].steering == planned[:2]
    assert rest[-1].steering == planned
    assert rest[0].losses["total"] == pytest.approx(whole[8].losses["total"], rel=0.3)
    plain = run(replace(job, begun=Begun(8, whole[7].image)))
    assert plain[0].losses["total"] != pytest.approx(rest[0].losses["total"], rel=0.5)
