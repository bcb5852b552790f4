"""Steering: the picture follows, and the record is enough to repeat it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_neural_style.control import Control
from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.steering import RunSteering
from napari_neural_style.job import Job, Region, Style
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings

LAYERS = {"block1_conv1": 0.5, "block2_conv1": 0.5}


@pytest.fixture
def job(picture):
    settings = Settings(
        features="builtin",
        size=48,
        smallest_scale=24,
        steps=24,
        update_every=1,
        style_layers=LAYERS,
        content_layers={"block2_conv1": 1.0},
        style_strength=0.2,
        precision="float32",
        device="cpu",
    )
    return Job(picture(48, 36, seed=1), picture(40, 40, seed=2, grain=0.15), settings)


def run(job, steered=None):
    """Return all that came of it; `steered` is called with the control and each progress."""
    control = Control()
    found = []
    for update in stylize_steps(job, control):
        if isinstance(update, Progress):
            found.append(update)
            if steered:
                steered(control, update)
    return found


def to_style(control, progress):
    if progress.step == 8:
        control.steer({"style_strength": 0.3})
        control.steer({"style_strength": 0.9, "tv_weight": 0.0})


# All steps of LAMB are of one length: it needs as many as it is far.
@pytest.mark.parametrize(("optimizer", "steps"), [("lbfgs", 24), ("adam", 24), ("lamb", 72)])
def test_the_picture_follows(job, optimizer, steps):
    settings = job.settings.replace(
        optimizer=optimizer, steps=steps, style_strength=0.05, learning_rate=0.05
    )
    job = dataclasses.replace(job, settings=settings)
    straight, steered = run(job), run(job, to_style)
    assert steered[7].losses == straight[7].losses
    assert steered[-1].losses["style"] < 0.8 * straight[-1].losses["style"]
    assert steered[-1].losses["content"] > straight[-1].losses["content"]


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "lamb"])
def test_what_it_was_told_repeats_it_to_the_bit(job, optimizer):
    job = dataclasses.replace(job, settings=job.settings.replace(optimizer=optimizer))
    steered = run(job, to_style)[-1]
    assert steered.steering == ((8, {"style_strength": 0.9, "tv_weight": 0.0}),)
    repeated = run(dataclasses.replace(job, steering=steered.steering))[-1]
    np.testing.assert_array_equal(repeated.image, steered.image)
    assert repeated.steering == steered.steering


def test_a_steered_run_is_not_taken_for_one_that_falls_apart(job):
    """The loss jumps, for another is meant from now on."""

    def heavier(control, progress):
        if progress.step == 8:
            control.steer({"content_weight": 1e4})

    control = Control()
    losses = []
    for update in stylize_steps(job, control):
        assert isinstance(update, Progress), update
        heavier(control, update)
        losses.append(update.losses["total"])
    assert max(losses) > 1e4, "it has jumped"
    assert losses[-1] < max(losses) / 4, "and the run goes on from there"


def test_nothing_is_taken_twice():
    control = Control()
    steering = RunSteering(((0, {"tv_weight": 1.0}), (2, {"tv_weight": 2.0})), control)
    control.steer({"style_weight": 3.0})
    assert steering.changes(0) == {"tv_weight": 1.0, "style_weight": 3.0}
    assert steering.changes(1) == {}
    control.steer({"tv_weight": 5.0})
    assert steering.changes(2) == {"tv_weight": 5.0}
    assert steering.taken == ((0, {"tv_weight": 1.0, "style_weight": 3.0}), (2, {"tv_weight": 5.0}))


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_mask_that_is_painted_on_moves_what_is_painted(job, optimizer):
    content = job.content
    left = np.zeros(content.shape[:2], np.float32)
    left[:, :12] = 1
    right = np.ascontiguousarray(left[:, ::-1])
    settings = job.settings.replace(optimizer=optimizer, steps=60, smallest_scale=0, padding="zero")
    region = (Region((Style(job.style),), left),)
    job = dataclasses.replace(job, style=region, settings=settings)

    def moved(control, progress):
        if progress.step == 30:
            control.guide((right,))

    found = run(job, moved)
    before, after = (np.abs(found[step].image - content).mean(axis=2) for step in (29, -1))
    assert before[:, :12].mean() > 0.02
    assert before[:, 24:].max() < 1e-3
    assert after[:, :8].max() < 1e-3, "the content is there again"
    assert after[:, 24:].mean() > 0.02


def test_a_mask_painted_on_counts_at_the_coming_scales_as_well(job):
    """Of several changes the last one counts, whatever the size it comes in."""
    everywhere = np.ones(job.content.shape[:2], np.float32)
    region = (Region((Style(job.style),), everywhere),)
    settings = job.settings.replace(style_strength=0.9)
    job = dataclasses.replace(job, style=region, settings=settings)
    top = np.zeros((12, 9), np.float32)
    top[:6] = 1

    def wiped(control, progress):
        if progress.step == 2:
            control.guide((everywhere,))
            control.guide((top,))

    last = run(job, wiped)[-1].image
    change = np.abs(last - job.content).mean(axis=(1, 2))
    assert change[:20].mean() > 0.02
    assert change[32:].max() < 1e-3
