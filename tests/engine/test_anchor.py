"""The anchor: a picture that a run stays close to, where it can be relied upon."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.losses import temporal_loss
from napari_neural_style.errors import ImageError
from napari_neural_style.job import Job
from napari_neural_style.settings import Settings

SHAPE = (48, 40)


def last(job):
    return list(stylize_steps(job))[-1]


@pytest.fixture
def job(picture):
    """Return a job of few, shallow steps, with the anchor and the settings that are given."""

    def make(anchor=None, weight=None, **changes):
        shallow = {
            "features": "builtin",
            "precision": "float32",
            "device": "cpu",
            "steps": 20,
            "smallest_scale": 24,
            "content_layers": {"block1_conv1": 1.0},
            "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
        }
        content, style = picture(*SHAPE, seed=1), picture(40, 48, seed=2)
        settings = Settings(**{**shallow, **changes})
        return Job(content, style, settings, anchor=anchor, anchor_weight=weight)

    return make


def test_temporal_loss_is_the_weighted_mean_square(picture):
    a, b, rng = picture(7, 5, 1), picture(7, 5, 2), np.random.default_rng(0)
    weight = rng.random((7, 5)).astype(np.float32)
    expected = np.mean([weight[i] * ((a[i] - b[i]) ** 2).mean() for i in np.ndindex(7, 5)])
    found = temporal_loss(*(tf.constant(x[None]) for x in (a, b, weight[..., None])))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_firmer_the_hold_the_closer_to_the_anchor(job, picture):
    anchor = picture(*SHAPE, seed=5)
    pictures = [last(job(anchor, temporal_weight=w)).image for w in (0.0, 0.3, 3.0, 100.0)]
    away = [float(np.square(image - anchor).mean()) for image in pictures]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 1e-3 < 0.1 * away[0]


def test_it_holds_only_where_the_weight_says(job, picture):
    anchor = picture(*SHAPE, seed=5)
    weight = np.zeros(SHAPE, np.float32)
    weight[:, 20:] = 1
    image, free = last(job(anchor, weight, temporal_weight=100.0)).image, last(job()).image
    away = np.square(image - anchor).mean(axis=(0, 2))
    assert away[22:].max() < 2e-3
    assert away[:16].min() > 10 * away[22:].max()
    assert np.square(image - free)[:, :14].mean() < 0.2 * np.square(anchor - free)[:, :14].mean()


def test_the_loss_is_told_and_is_part_of_the_total(job, picture):
    progress = last(job(picture(*SHAPE, seed=5), temporal_weight=3.0))
    losses = progress.losses
    others = 0.006 * losses["content"] + 0.2 * losses["tv"] + 3.0 * losses["temporal"]
    assert losses["temporal"] > 0
    rest = losses["total"] - others
    assert rest == pytest.approx(losses["style"], rel=1e-3)


@pytest.mark.parametrize("changes", [{"temporal_weight": 0.0}, {}])
def test_without_anchor_or_weight_all_is_as_ever(job, picture, changes):
    anchor = picture(*SHAPE, seed=5) if changes else None
    progress = last(job(anchor, **changes))
    assert "temporal" not in progress.losses
    np.testing.assert_array_equal(progress.image, last(job()).image)


@pytest.mark.parametrize("shape", [(48, 40), (24, 20), (90, 75)])
def test_the_anchor_may_have_any_size(job, picture, shape):
    small = np.full((*shape, 3), 0.25, np.float32)
    image = last(job(small, temporal_weight=1000.0)).image
    assert image.shape == (*SHAPE, 3)
    np.testing.assert_allclose(image, 0.25, atol=0.06)


@pytest.mark.parametrize(
    ("anchor", "weight", "says"),
    [
        (np.zeros((4, 4), np.float32), None, "anchor has the shape"),
        (np.full((4, 4, 3), np.nan, np.float32), None, "anchor has NaN"),
        (np.zeros((4, 4, 3), np.float32), np.ones((4, 4, 3), np.float32), "weight has the shape"),
        (np.zeros((4, 4, 3), np.float32), np.full((4, 4), 2.0, np.float32), "between 0 and 1"),
        (np.zeros((4, 4, 3), np.float32), np.full((4, 4), np.nan, np.float32), "between 0 and 1"),
        (np.zeros((4, 4, 3), np.float32), np.zeros((0, 4), np.float32), "anchor's weight"),
    ],
)
def test_what_is_no_anchor_is_refused(job, anchor, weight, says):
    with pytest.raises(ImageError, match=says):
        last(job(anchor, weight))
