"""Tile by tile, losses, gradients and pictures are those of the whole picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.control import Control
from napari_neural_style.costs.model import Joint, Plan
from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.receptive_field import ReceptiveField
from napari_neural_style.engine.targets import Anchor, Hyperparameters, StyleInput
from napari_neural_style.engine.tile_choice import TileChoice
from napari_neural_style.engine.tiled import TiledObjective
from napari_neural_style.engine.tiled_targets import Tiling
from napari_neural_style.engine.tiles import cut, margin
from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.errors import Cancelled, EngineFailed, SettingsError
from napari_neural_style.job import Job
from napari_neural_style.progress import Notice
from napari_neural_style.settings import Settings

LAYERS = {
    "content_layers": {"block2_conv2": 0.6, "block3_conv2": 0.3},
    "style_layers": {"block1_conv1": 1.0, "block2_conv1": 0.2, "block3_conv1": 0.1},
}
DEEP = {
    "content_layers": {"block3_conv2": 0.6, "block4_conv2": 0.3},
    "style_layers": {**LAYERS["style_layers"], "block4_conv1": 0.1, "block5_conv1": 0.09},
}
SHAPE, SIDE = (91, 103), 34
DEEP_SHAPE, DEEP_SIDE = (170, 234), 100
GUIDED = ("regions", "strengths")


@pytest.fixture(scope="module")
def wide(vgg19_arrays):
    """A VGG19 of the real width, up to block 3."""
    upto = [name for name in vgg19_arrays if name < "block3_conv3"]
    return VGGWeights(
        "VGG19",
        {name: vgg19_arrays[name][0] for name in upto},
        {name: vgg19_arrays[name][1] for name in upto},
    )


def inputs(picture, kind, shape):
    """Return content, picture, regions, guides and anchors for one kind of job."""
    content, start = (tf.constant(picture(*shape, seed=seed)[None]) for seed in (1, 2))
    styles = [tf.constant(picture(60, 71, seed=seed)[None]) for seed in (3, 4)]
    regions, guides, anchors = [[StyleInput(styles[0])]], (), ()
    if kind == "several styles":
        regions = [[StyleInput(styles[0], 1.0), StyleInput(styles[1], 2.5)]]
    if kind in GUIDED:
        left = np.clip(np.linspace(2, -1, shape[1]), 0, 1) * np.ones((shape[0], 1))
        left[:20] = 0
        small = np.zeros(shape)
        small[60:77, 78:] = 0.7
        guides = tuple(tf.constant(g[None, ..., None], tf.float32) for g in (left, small))
        part = tf.constant(picture(60, 71, seed=7)[None, ..., :1])
        whole = tf.ones([1, 60, 71, 1])
        regions = [
            [StyleInput(styles[0], 1.0, (part,)), StyleInput(styles[1], 1.0, (whole,))],
            [StyleInput(styles[1], 1.0, (whole,))],
        ]
    if kind == "anchored":
        weight = tf.constant(picture(*shape, seed=6)[None, ..., :1])
        anchors = (Anchor(tf.constant(picture(*shape, seed=5)[None]), weight),)
    return content, start, regions, guides, anchors


def objectives(network, settings, kind, tiling, joint):
    options = {"anchored": kind == "anchored", "guides": 2 if kind in GUIDED else 0}
    options["graded"] = kind == "strengths"
    tiled = TiledObjective(network, settings, joint=joint, **options)
    tiled.tiling = tiling
    return Objective(network, settings, **options), tiled


def gradient_on_tape(objective, image, targets, hyperparameters):
    """The loss and gradient of the whole picture, through the step of a plain descent."""
    found = {}

    class Noting:
        def step(self, state, loss, gradient, rate):
            found["loss"], found["gradient"] = loss, gradient
            return state

        def accepted(self, state, loss):
            return tf.constant(True)

    class State:
        pass

    State.image = image
    objective.optimizer, optimizer = Noting(), objective.optimizer
    _, losses, moments = objective._trace_step(
        State, targets, hyperparameters, objective.no_losses()
    )
    objective.optimizer = optimizer
    return losses, found["loss"], found["gradient"], moments


def assert_same(found, expected, what):
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert error < 1e-4, (what, error)


# Each of the losses with regions and without, each way to pool and to pad with one and the other.
@pytest.mark.parametrize(
    ("kind", "style_loss", "pooling", "padding", "changes"),
    [
        ("plain", "wasserstein", "max", "zero", {"loss_scale": "absolute"}),
        ("several styles", "gram", "blur", "zero", {}),
        ("regions", "gram", "blur", "edge", {"loss_scale": "absolute"}),
        ("regions", "moments", "average", "zero", {}),
        ("regions", "wasserstein", "max", "edge", {}),
        ("strengths", "moments", "blur", "edge", {}),
        ("strengths", "gram", "max", "zero", {"loss_scale": "absolute"}),
        ("anchored", "moments", "blur", "edge", {}),
        ("plain", "neighbors", "blur", "edge", DEEP),
        ("several styles", "neighbors", "average", "edge", {}),
        ("regions", "neighbors", "max", "zero", {}),
    ],
)
def test_loss_and_gradient_are_those_of_the_whole_picture(
    picture, kind, style_loss, pooling, padding, changes
):
    network = VGG19(builtin_weights(), pooling=pooling, padding=padding)
    check(picture, network, kind, style_loss=style_loss, **{**LAYERS, **changes})


@pytest.mark.parametrize(
    ("kind", "joint", "style_loss", "pooling", "padding", "changes"),
    [
        ("plain", "block4_conv1", "moments", "blur", "edge", DEEP),
        ("regions", "block2_conv1", "gram", "max", "zero", {"loss_scale": "absolute"}),
        ("strengths", "block3_conv1", "moments", "average", "edge", {}),
        ("anchored", "block3_conv1", "wasserstein", "blur", "edge", {}),
        # Which compares maps of all layers at once: there, a joint is none.
        ("plain", "block2_conv1", "neighbors", "blur", "edge", {}),
    ],
)
def test_so_they_are_where_only_the_first_layers_are_in_tiles(
    picture, kind, joint, style_loss, pooling, padding, changes
):
    network = VGG19(builtin_weights(), pooling=pooling, padding=padding)
    check(picture, network, kind, joint, style_loss=style_loss, **{**LAYERS, **changes})


def check(picture, network, kind, joint="", **changes):
    settings = Settings(**changes)
    shape, side = SHAPE, SIDE
    if "block5_conv1" in settings.style_layers:
        shape, side = DEEP_SHAPE, DEEP_SIDE
    whole, tiled = objectives(network, settings, kind, Tiling(side), joint)
    content, start, regions, guides, anchors = inputs(picture, kind, shape)
    hyperparameters = Hyperparameters.of(settings.replace(tv_weight=0.3), neighbors=whole.neighbors)
    results = []
    for objective in (whole, tiled):
        targets = objective.targets(
            content,
            start,
            objective.target_functions(regions),
            guides=guides,
            anchors=anchors,
        )
        near = objective.neighbor_targets(regions, settings.style_turns)
        targets = targets.matched([(own.side, own.places(start, guides)) for own in near])
        if objective is whole:
            results.append(gradient_on_tape(objective, start, targets, hyperparameters))
        else:
            assert len(targets.tiles) > 4
            losses, loss, moments, moved = objective._weighed(start, targets, hyperparameters)
            bands = list(objective._bands(start.numpy(), targets, *moved))
            assert [rows.start for rows, _ in bands[1:]] == [rows.stop for rows, _ in bands[:-1]]
            gradient = np.concatenate([part for _, part in bands], 1)
            for mask in targets.free:
                gradient *= mask.numpy()
            results.append((losses, loss, gradient, moments))
    (losses, loss, gradient, moments), (t_losses, t_loss, t_gradient, t_moments) = results
    assert set(t_losses) == set(losses)
    for name, value in losses.items():
        assert float(t_losses[name]) == pytest.approx(float(value), rel=1e-4), name
    assert_same(t_loss, loss, "loss")
    assert_same(t_gradient, gradient, "gradient")
    for name in moments:
        for ours, theirs in zip(t_moments[name], moments[name], strict=True):
            assert_same(ours.gram, theirs.gram, name)
            assert_same(ours.mean, theirs.mean, name)


def test_the_real_width_with_winograd(picture, wide):
    network = VGG19(wide, pooling="average", padding="edge", winograd=True)
    check(picture, network, "plain", style_loss="moments", **LAYERS)


@pytest.mark.parametrize("pooling", ["blur", "max", "average"])
@pytest.mark.parametrize("layer", ["block1_conv2", "block2_conv1", "block3_conv4", "block4_conv1"])
def test_a_position_sees_what_its_receptive_field_says(picture, pooling, layer):
    network = VGG19(builtin_weights(), pooling=pooling, padding="zero")
    field = network.receptive_field(layer)
    image = picture(160, 96, seed=1)[None]
    at = 80 // field.stride
    found = network(tf.constant(image), [layer])[layer]
    assert found.shape[1] == 160 // field.stride
    first, last = field.stride * at - field.before, field.stride * at + field.after
    noise = picture(160, 96, seed=2)[None]
    outside = image.copy()
    outside[:, :first], outside[:, last + 1 :] = noise[:, :first], noise[:, last + 1 :]
    same = network(tf.constant(outside), [layer])[layer]
    np.testing.assert_array_equal(same[:, at], found[:, at])
    if pooling == "max":
        return  # which pixel is the largest decides what is seen, and most are not
    for row in (first, last):
        inside = image.copy()
        inside[:, row] = 1 - inside[:, row]
        other = network(tf.constant(inside), [layer])[layer]
        assert not np.array_equal(other[:, at], found[:, at])


FIELDS = st.lists(
    st.builds(
        ReceptiveField,
        st.sampled_from([1, 2, 4, 8, 16]),
        st.integers(0, 100),
        st.integers(0, 100),
    ),
    min_size=1,
    max_size=4,
)


@given(FIELDS, st.integers(16, 3000), st.integers(16, 3000), st.integers(64, 1000))
def test_tiles_are_the_whole_picture_once_with_all_that_they_see(fields, height, width, side):
    margins = margin(fields)
    tiles = cut((height, width), side, margins)
    for axis, length in (("rows", height), ("columns", width)):
        found = sorted({getattr(tile, axis) for tile in tiles})
        assert (found[0].first, found[-1].last) == (0, length)
        for one, following in itertools.pairwise(found):
            assert one.last == following.first
        for span in found:
            assert span.last > span.first
            assert span.last - span.first < 1.125 * side + 2 * margins[2] + 1
            assert span.start % margins[2] == 0
            assert span.stop % margins[2] == 0 or span.stop == length
            for field in fields:
                positions = span.positions(field.stride)
                if positions.stop > positions.start:
                    sees = positions.start * field.stride - field.before
                    until = (positions.stop - 1) * field.stride + field.after
                    assert span.start <= max(0, sees)
                    assert span.stop > min(length - 1, until)
    for stride in {field.stride for field in fields}:
        total = sum(tile.share((height, width), stride) for tile in tiles)
        assert total == pytest.approx(1)


RUN = {
    "features": "builtin",
    "precision": "float32",
    "device": "cpu",
    "size": 140,
    "smallest_scale": 70,
    "steps": 6,
    "style_layers": {"block1_conv1": 1.0, "block2_conv1": 0.25},
    "content_layers": {"block2_conv2": 0.5},
}


def painted(picture, control=None, **changes):
    """Return the last progress and all notices of a run on a picture of 100 x 140."""
    job = Job(picture(100, 140, seed=1), picture(120, 90, seed=2), Settings(**{**RUN, **changes}))
    *notices, last = [
        update
        for update in stylize_steps(job, control)
        if isinstance(update, Notice) or update.finished
    ]
    return last, notices


@pytest.mark.parametrize(
    ("optimizer", "style_loss"),
    [("lbfgs", "moments"), ("adam", "wasserstein"), ("lamb", "gram")],
)
def test_a_run_in_tiles_paints_the_same_picture(picture, optimizer, style_loss):
    changes = {"optimizer": optimizer, "style_loss": style_loss}
    whole, _ = painted(picture, tile=0, **changes)
    tiled, notices = painted(picture, tile=64, **changes)
    assert not notices
    assert tiled.losses == pytest.approx(whole.losses, rel=1e-3)
    np.testing.assert_allclose(tiled.image, whole.image, atol=2e-3)


def test_a_run_whose_memory_is_short_paints_with_adam_in_place(picture, monkeypatch):
    plans = []

    def short(self, shape):
        plans.append(Plan(64, 0, True, in_place=max(shape) > 100))
        return plans[-1]

    monkeypatch.setattr(TileChoice, "plan", short)
    changes = {"optimizer": "adam", "padding": "edge", "update_every": 2}
    in_place, _ = painted(picture, **changes)
    assert [plan.in_place for plan in plans] == [False, True, True]
    monkeypatch.setattr(TileChoice, "plan", lambda self, shape: Plan(0, 0, True))
    whole, _ = painted(picture, **changes)
    assert in_place.losses == pytest.approx(whole.losses, rel=1e-3)
    np.testing.assert_allclose(in_place.image, whole.image, atol=2e-3)
    # From L-BFGS, whose state is another one.
    plans.clear()
    monkeypatch.setattr(TileChoice, "plan", short)
    taken_over, _ = painted(picture, **{**changes, "optimizer": "lbfgs"})
    assert taken_over.losses["total"] < 1.5 * whole.losses["total"]


def test_a_run_pauses_and_ends_between_two_tiles(picture, monkeypatch):
    control, seen = Control(), []
    checkpoint = control.checkpoint

    def counted():
        seen.append(1)
        if len(seen) == 30:
            control.cancel()
        return checkpoint()

    monkeypatch.setattr(control, "checkpoint", counted)
    with pytest.raises(Cancelled):
        painted(picture, control, tile=64, steps=50)
    assert len(seen) == 30


def test_where_memory_runs_out_the_run_goes_on_in_smaller_tiles(picture, monkeypatch):
    """As a device with little memory has it: what is too large raises TensorFlow's own error."""
    whole, _ = painted(picture, tile=0)
    call = VGG19.__call__

    def with_little_memory(self, image, layers):
        found = call(self, image, layers)
        enough = tf.assert_less(tf.size(image), 3 * 100 * 100)
        with tf.control_dependencies([enough] if enough is not None else []):
            return {name: tf.identity(value) for name, value in found.items()}

    monkeypatch.setattr(VGG19, "__call__", with_little_memory)
    monkeypatch.setattr(tf.errors, "ResourceExhaustedError", tf.errors.InvalidArgumentError)
    # An averaging of its own, so that nothing compiled before is found again.
    tiled, notices = painted(picture, tile="auto", averaging=0.6000001)
    assert any("memory ran out" in notice.text for notice in notices)
    np.testing.assert_allclose(tiled.image, whole.image, atol=2e-3)


def test_where_what_is_behind_a_joint_does_not_fit_all_layers_are_in_tiles(picture, monkeypatch):
    whole, _ = painted(picture, tile=0)
    joint = Joint("block2_conv1", 6, 0.4, 0.0)
    monkeypatch.setattr(TileChoice, "plan", lambda self, shape: Plan(64, 0, True, joint))
    behind_it, notices = painted(picture)
    assert not notices
    np.testing.assert_allclose(behind_it.image, whole.image, atol=2e-3)

    def exhausted(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(VGG19, "rest", exhausted)
    tiled, notices = painted(picture, averaging=0.6000003)
    assert {notice.text for notice in notices} == {
        "The memory ran out: the run goes on in tiles of 64 pixels, from the same picture."
    }
    assert tiled.finished


def test_where_memory_is_never_enough_the_run_says_so(picture, monkeypatch):
    def exhausted(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(VGG19, "__call__", exhausted)
    with pytest.raises(EngineFailed, match="not enough memory"):
        painted(picture, averaging=0.6000002)


def test_what_cannot_be_tiled_is_painted_whole_and_says_why(picture, monkeypatch):
    monkeypatch.delattr(VGG19, "receptive_field")
    whole, notices = painted(picture, tile=64)
    assert [notice.important for notice in notices] == [True]
    assert "tile by tile" in notices[0].text
    plain, _ = painted(picture, tile=0)
    np.testing.assert_array_equal(whole.image, plain.image)


@pytest.mark.parametrize("tile", ["always", -1, 63, 1.5, 9000, True, None])
def test_other_tiles_are_refused(tile):
    with pytest.raises(SettingsError, match="tile is"):
        Settings(tile=tile)
