"""Regions with styles of their own, and styles that are blended."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.guides import DILATION, feature_guide
from napari_neural_style.engine.losses import Moments, moments, moments_loss
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.statistic import gram, moments_apart
from napari_neural_style.engine.targets import Hyperparameters, StyleInput
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.errors import ImageError
from napari_neural_style.job import Job, Region, Style
from napari_neural_style.settings import Settings

SHAPE = (48, 64)
SHALLOW = {
    "features": "builtin",
    "precision": "float32",
    "device": "cpu",
    "content_layers": {"block1_conv1": 1.0},
    "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
}


def last(content, style, **changes):
    settings = Settings(**{**SHALLOW, "steps": 20, "smallest_scale": 24, **changes})
    return list(stylize_steps(Job(content, style, settings)))[-1]


@pytest.fixture
def content(picture):
    return picture(*SHAPE, seed=1)


@pytest.fixture
def halves():
    left = np.zeros(SHAPE, np.float32)
    left[:, :32] = 1
    return left, 1 - left


def plain_style(colour, grain=0.05):
    """A style of one colour, with some grain: one without any has no covariance to compare with."""
    noise = np.random.default_rng(0).normal(0, grain, (30, 30, 3))
    return np.clip(colour + noise, 0, 1).astype(np.float32)


def test_guided_moments_are_those_of_the_positions_that_count():
    rng = np.random.default_rng(0)
    features = rng.random((1, 6, 5, 4)).astype(np.float32)
    weight = rng.random(30)
    weight /= weight.sum()
    flat = features.reshape(-1, 4)
    found = moments(tf.constant(features), tf.constant(weight, tf.float32))
    np.testing.assert_allclose(found.mean, weight @ flat, rtol=1e-5)
    gram = sum(w * np.outer(f, f) for w, f in zip(weight, flat, strict=True))
    np.testing.assert_allclose(found.gram, gram, rtol=1e-5)


def test_a_guide_lies_on_a_feature_map_as_on_the_image(halves):
    found = feature_guide(tf.constant(halves[0][None, ..., None]), (12, 16))
    where = np.reshape(found.positions, (12, 16))
    np.testing.assert_allclose(where[:, :8], 1 / 96, rtol=1e-5)
    np.testing.assert_allclose(where[:, 8:], 0, atol=1e-9)
    assert float(found.share) == pytest.approx(0.5)


@pytest.mark.parametrize("pixels", [0, 1, 20])
def test_a_region_too_small_for_a_feature_map_counts_little_and_breaks_nothing(pixels):
    guide = np.zeros((1, 64, 64, 1), np.float32)
    guide[0, 5, 5 : 5 + pixels, 0] = 1
    found = feature_guide(tf.constant(guide), (4, 4))
    assert float(tf.reduce_sum(found.positions)) == pytest.approx(1, rel=1e-5)
    covered = pixels / 64**2
    assert float(found.share) == pytest.approx(covered * min(1, covered * 16 / 16), rel=1e-5)


def moments_of(seed: int) -> Moments:
    rng = np.random.default_rng(seed)
    return moments(tf.constant(rng.random((1, 7, 6, 3)) + seed / 3, tf.float32))


def test_to_be_near_the_blended_gram_is_to_be_near_each():
    """The sum of the losses to each style and the loss to their blend differ by a constant."""
    styles, shares = [moments_of(1), moments_of(2)], [0.3, 0.7]
    statistic = gram()
    blend = statistic.blend(styles, shares)

    def gap(picture: Moments) -> float:
        each = [float(statistic.loss(picture, s, relative=False)) for s in styles]
        return np.dot(shares, each) - float(statistic.loss(picture, blend, relative=False))

    assert gap(moments_of(3)) == pytest.approx(gap(moments_of(5)), rel=1e-3)


def test_to_be_near_the_blended_moments_is_to_be_near_each():
    styles, shares = [moments_of(1), moments_of(2)], [0.3, 0.7]
    blend = moments_apart().blend(styles, shares)

    def gap(picture: Moments) -> float:
        each = [float(moments_loss(picture, s, relative=False)) for s in styles]
        return np.dot(shares, each) - float(moments_loss(picture, blend, relative=False))

    assert gap(moments_of(3)) == pytest.approx(gap(moments_of(5)), rel=1e-3)


@pytest.mark.parametrize("loss", ["gram", "moments", "wasserstein"])
def test_a_blend_of_one_style_with_itself_is_that_style(picture, content, loss):
    style = picture(40, 40, seed=2)
    alone = last(content, style, style_loss=loss)
    twice = last(content, (Region((Style(style, 1), Style(style, 3))),), style_loss=loss)
    np.testing.assert_allclose(twice.image, alone.image, atol=0.02)


def test_weights_move_the_picture_from_one_style_to_the_other(content):
    dark, bright = (plain_style(value) for value in (0.1, 0.9))
    strong = {"style_strength": 1.0, "style_loss": "gram", "steps": 80}
    found = [
        last(content, (Region((Style(dark, 1 - w), Style(bright, w))),), **strong)
        for w in (0.02, 0.5, 0.98)
    ]
    means = [float(progress.image.mean()) for progress in found]
    assert means[0] < 0.2, "nearly the dark one alone"
    assert 0.3 < means[1] < 0.75
    assert means[2] > 0.85, "nearly the bright one alone"


def test_a_whole_guide_is_as_none(picture, content):
    style, whole = picture(40, 40, seed=2), np.ones(SHAPE, np.float32)
    plain = last(content, style)
    guided = last(content, (Region((Style(style),), whole),))
    assert guided.losses == pytest.approx(plain.losses, rel=0.05)
    np.testing.assert_allclose(guided.image, plain.image, atol=0.02)


@pytest.mark.parametrize("loss", ["gram", "moments", "wasserstein"])
def test_each_region_takes_its_own_style(content, halves, loss):
    red, blue = plain_style((0.8, 0.2, 0.2), 0.25), plain_style((0.2, 0.2, 0.8), 0.25)
    regions = (Region((Style(red),), halves[0]), Region((Style(blue),), halves[1]))
    image = last(content, regions, style_loss=loss, style_strength=1.0, steps=80).image
    redness = image[..., 0] - image[..., 2]
    assert redness[:, :28].mean() > 0.3
    assert redness[:, 36:].mean() < -0.3


def test_each_region_takes_its_part_of_the_style(content, halves):
    style = plain_style((0.8, 0.2, 0.2), 0.25)
    style[:, 15:] = plain_style((0.2, 0.2, 0.8), 0.25)[:, 15:]
    parts = np.zeros((30, 30), np.float32)
    parts[:, 15:] = 1
    regions = (Region((Style(style, guide=parts),), halves[0]),)
    image = last(content, regions, style_strength=1.0, steps=80).image
    assert (image[:, :28, 2] - image[:, :28, 0]).mean() > 0.3


@pytest.mark.parametrize("init", ["content", "noise", "style"])
@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "lamb"])
def test_beyond_the_regions_nothing_changes(picture, content, halves, init, optimizer):
    regions = (Region((Style(picture(40, 40, seed=2)),), halves[0]),)
    image = last(content, regions, init=init, optimizer=optimizer).image
    # The coarsest scale is half as large: what lies around the region there counts twice here.
    beyond = 32 + 2 * DILATION
    np.testing.assert_allclose(image[:, beyond:], content[:, beyond:], atol=1e-5)
    assert np.abs(image - content)[:, :32].mean() > 0.02


@pytest.mark.parametrize("loss", ["gram", "moments", "wasserstein"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_region_of_few_pixels_is_painted_without_harm(picture, content, loss, size):
    tiny = np.zeros(SHAPE, np.float32)
    tiny[10 : 10 + size, 10 : 10 + size] = 1
    deep = {"style_layers": {f"block{b}_conv1": 0.3 for b in (1, 3, 5)}, "steps": 4}
    part = np.zeros((40, 40), np.float32)
    part[3, 3] = 1
    regions = (Region((Style(picture(40, 40, seed=2), guide=part),), tiny),)
    progress = last(content, regions, style_loss=loss, **deep)
    assert np.isfinite(progress.image).all()
    assert np.isfinite(list(progress.losses.values())).all()
    np.testing.assert_allclose(progress.image[20:], content[20:], atol=1e-5)


def test_a_step_is_traced_once_for_all_sizes_with_regions(picture):
    objective = Objective(VGG19(builtin_weights()), Settings(**SHALLOW), guides=2)
    for height, width in ((32, 40), (20, 64)):
        content = tf.constant(picture(height, width)[None])
        guides = tuple(tf.constant(np.full((1, height, width, 1), 0.5, np.float32)) for _ in "ab")
        target_functions = objective.target_functions([[StyleInput(content, 1.0, guides[:1])]] * 2)
        targets = objective.targets(content, content, target_functions, guides=guides)
        state = objective.optimizer.init(content)
        objective.step(state, targets, Hyperparameters.of(Settings()), objective.no_losses())
    assert objective.step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("region", "says"),
    [
        (Region(()), "no style"),
        (Region((Style(np.ones((8, 8, 3), np.float32)),), np.ones((3, 3), np.float32)), "content"),
        (Region((Style(np.ones((8, 8, 3), np.float32)),), np.zeros(SHAPE, np.float32)), "0 every"),
        (Region((Style(np.ones((8, 8, 3), np.float32)),), np.full(SHAPE, np.nan)), "0 to 1"),
        (Region((Style(np.ones((8, 8, 3), np.float32), 1, np.ones((9, 9))),)), "mask of the style"),
        (Region((Style(np.ones((8, 8, 3), np.float32), 0),)), "above 0"),
        (Region((Style(np.ones((8, 8), np.float32)),)), "style has the shape"),
    ],
)
def test_regions_that_do_not_fit_are_refused(content, region, says):
    with pytest.raises(ImageError, match=says):
        last(content, (region,))
    with pytest.raises(ImageError, match="no style"):
        last(content, ())


def test_where_less_strength_is_wanted_the_content_counts_up_to_100_times_as_much(picture, content):
    """The content loss of a step is the weighted sum over places that the strengths call for."""
    strength = np.linspace(0.05, 1, SHAPE[1], dtype=np.float32) * np.ones((SHAPE[0], 1), np.float32)
    guides = (tf.constant(strength[None, ..., None]),)
    other = picture(*SHAPE, seed=5)
    network, settings = VGG19(builtin_weights()), Settings(**SHALLOW)
    objective = Objective(network, settings, guides=1, graded=True)
    start, there = tf.constant(other[None]), tf.constant(content[None])
    style = StyleInput(tf.constant(picture(40, 40, seed=2)[None]), 1.0, (tf.ones((1, 40, 40, 1)),))
    targets = objective.targets(there, start, objective.target_functions([[style]]), guides=guides)
    even = Hyperparameters.of(settings)._replace(content_gain=tf.constant(1.0))
    state = objective.optimizer.init(start)
    losses = objective.step(state, targets, even, objective.no_losses())[1]
    # At full size a layer has a place for each pixel.
    mine, its = (network(image, ["block1_conv1"])["block1_conv1"][0] for image in (start, there))
    errors = np.mean((mine.numpy() - its.numpy()) ** 2, axis=-1)
    wanted = np.mean(100 ** (1 - strength) * errors) / np.mean(its.numpy() ** 2)
    gain = network.content_gains.get(objective.style_loss, 1.0)
    assert float(losses["content"]) == pytest.approx(gain * wanted, rel=1e-3)


def test_the_picture_stays_closer_to_the_content_where_less_strength_is_wanted(picture):
    content = np.tile(picture(SHAPE[0], 16, seed=1), (1, 4, 1))
    style = plain_style([0.9, 0.1, 0.1])
    strength = np.repeat(np.float32([[0.15, 0.5, 0.85, 1.0]]), 16, axis=1) * np.ones((48, 1))
    region = (Region((Style(style),), strength.astype(np.float32)),)
    settings = Settings(**{**SHALLOW, "steps": 60, "smallest_scale": 0})
    painted = list(stylize_steps(Job(content, region, settings, graded=True)))[-1].image
    change = np.abs(painted - content).mean(axis=(0, 2)).reshape(4, 16).mean(axis=1)
    assert (np.diff(change) > 0).all(), change
    assert change[3] > 2 * change[0]
