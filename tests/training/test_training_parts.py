"""The parts of the training, each against something that was not made here."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.vgg import TORCHVISION, VGG19
from napari_neural_style.engine.weights import read_weights

pytestmark = pytest.mark.usefixtures("_scripts")


@pytest.fixture
def images() -> tf.Tensor:
    from augmentation import Augmentation
    from material import collect

    patches = tf.constant(collect(3, None, 8, sources=()).patches)
    return Augmentation(crop=48)(patches, tf.constant([1, 2]))


@pytest.mark.parametrize("convention", ["keras", "torchvision"])
def test_the_teacher_is_the_network_of_the_file(
    convention: str, teacher_file: Path, images: tf.Tensor
) -> None:
    from network import teacher

    weights = read_weights(teacher_file)
    if convention == "torchvision":
        weights = dataclasses.replace(weights, preprocessing=TORCHVISION)
    taught = teacher(weights, images)(images)
    one = VGG19(weights, pooling="max", padding="edge")(images[:1], list(taught))
    for layer, maps in taught.items():
        assert np.sqrt(maps.numpy().var((0, 1, 2)).mean()) == pytest.approx(1, rel=1e-3)
        factor = one[layer].numpy().std() / maps[0].numpy().std()
        np.testing.assert_allclose(factor * maps[0], one[layer][0], atol=1e-3 * factor)


def test_a_student_as_wide_as_its_teacher_begins_with_all_of_the_first_block(
    teacher_file: Path, images: tf.Tensor
) -> None:
    from distil import Pupil
    from network import teacher
    from start import first_student

    taught = teacher(read_weights(teacher_file), images)
    whole, narrow = (
        Pupil(*first_student(taught, widths, images, 0), taught).errors(images)
        for widths in ((12, 16), (6, 8))
    )
    assert whole["block1_conv1"] < 0.01
    assert whole["block1_conv2"] < 0.01
    for layer, error in narrow.items():
        assert whole[layer] < error < 0.9


def test_the_channels_that_are_kept_are_those_that_the_others_follow_from() -> None:
    from start import _pivots

    rng = np.random.default_rng(0)
    told = rng.normal(size=(500, 3))
    copies = told @ rng.normal(size=(3, 4)) * 0.05
    values = np.concatenate([copies[:, :2], told, copies[:, 2:]], 1).astype(np.float32)
    assert _pivots(values, 3).tolist() == [2, 3, 4]


def test_adam_takes_the_steps_of_keras() -> None:
    from napari_neural_style.engine.parameter_adam import Adam

    ours, theirs = (tf.Variable([1.0, -2.0, 3.0]) for _ in range(2))
    adam = Adam({"x": ours})
    reference = keras.optimizers.Adam(0.1, beta_1=0.9, beta_2=0.99, epsilon=1e-8)
    for step in range(1, 8):
        for variable in (ours, theirs):
            gradient = 2 * variable * tf.constant([1.0, 10.0, 0.1])
            if variable is ours:
                adam.step([gradient], tf.constant(float(step)), tf.constant(0.1))
            else:
                reference.apply_gradients([(gradient, theirs)])
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_crops_that_nothing_is_done_to_keep_their_pixels() -> None:
    from augmentation import Augmentation
    from material import PATCH

    plain = Augmentation(crop=32, turned=0, mixed=0, recoloured=0, blurred=0, grainy=0, checked=0)
    # Each pixel's colour is its place.
    y, x = np.mgrid[:PATCH, :PATCH]
    patch = np.stack([y, x, y + x], -1).astype(np.uint8)[np.newaxis].repeat(16, 0)
    crops = np.round(plain(tf.constant(patch), tf.constant([5, 6])).numpy() * 255).astype(int)
    np.testing.assert_array_equal(crops[..., 2], crops[..., 0] + crops[..., 1])
    for crop in crops:
        places = np.unique(crop[..., :2].reshape(-1, 2), axis=0)
        assert len(places) == 32 * 32
        np.testing.assert_array_equal(places.max(0) - places.min(0), 31)
    assert len({tuple(crop[0, 0]) for crop in crops}) > 8


def test_checks_are_as_fine_as_pixels_and_grain_is_as_loud_as_said() -> None:
    from augmentation import Augmentation
    from material import PATCH

    grey = tf.constant(np.full((400, PATCH, PATCH, 3), 128, np.uint8))
    nothing = {"crop": 16, "turned": 0, "mixed": 0, "recoloured": 0, "blurred": 0}
    checks = Augmentation(**nothing, grainy=0, checked=1)(grey, tf.constant([1, 1])).numpy()
    wave = checks - 128 / 255
    # Two pixels further, everything repeats, and over both the mean is nothing.
    np.testing.assert_allclose(wave[:, 2:], wave[:, :-2], atol=1e-6)
    np.testing.assert_allclose(wave.mean((1, 2)), 0, atol=1e-6)
    assert 0.5 * 30 / 255 < np.abs(wave).max() <= 30 / 255 + 1e-6
    grain = Augmentation(**nothing, grainy=1, checked=0)(grey, tf.constant([1, 1])).numpy()
    loudness = grain.std((1, 2, 3)) * 255
    assert 20 < loudness.mean() < 25
    assert loudness.max() < 60


def test_the_mean_of_checkpoints_is_their_mean(tmp_path: Path) -> None:
    from checkpoint import Checkpoint, averaged

    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for path, value in zip(paths, (1.0, 4.0), strict=True):
        nothing = np.zeros((0, 112, 112, 3), np.uint8)
        Checkpoint(path).save({"x": tf.Variable([value, -value])}, {}, 7, nothing, {})
    variable = tf.Variable([0.0, 0.0])
    averaged(paths, {"x": variable})
    assert variable.numpy().tolist() == [2.5, -2.5]
