"""The paper preset against a direct implementation of its formulae, step for step.

Everything of the reference below is Keras and TensorFlow: the network, the preprocessing, the
optimiser. Nothing of ours is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine import stylize_steps
from napari_neural_style.job import Job
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.progress import Progress

STEPS = 20
STYLE_LAYERS = [f"block{block}_conv1" for block in range(1, 6)]
CONTENT_LAYER = "block5_conv2"


class Step(NamedTuple):
    losses: dict[str, float]
    image: NDArray[np.float32]


def reference(
    vgg19: keras.Model, content: NDArray[np.float32], style: NDArray[np.float32], steps: int
) -> list[Step]:
    """Gatys' method as it is published, written down without any care for speed."""
    extractor = keras.Model(
        vgg19.inputs, [vgg19.get_layer(name).output for name in [*STYLE_LAYERS, CONTENT_LAYER]]
    )

    def features(image):
        caffe = keras.applications.vgg19.preprocess_input(image * 255.0)
        *of_style, of_content = extractor(caffe, training=False)
        return [gram(f) for f in of_style], of_content

    def gram(f):
        positions = tf.cast(tf.shape(f)[1] * tf.shape(f)[2], tf.float32)
        return tf.einsum("bijc,bijd->bcd", f, f) / positions

    style_targets, _ = features(tf.constant(style[None]))
    _, content_target = features(tf.constant(content[None]))
    image = tf.Variable(content[None])
    adam = keras.optimizers.Adam(0.02, beta_1=0.99, beta_2=0.999, epsilon=0.1)
    history = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            grams, of_content = features(image)
            style_losses = [
                tf.reduce_mean((g - target) ** 2)
                for g, target in zip(grams, style_targets, strict=True)
            ]
            content_loss = tf.reduce_mean((of_content - content_target) ** 2)
            style_loss = tf.add_n(style_losses) / len(style_losses)
            total = 1e4 * content_loss + 1e-2 * style_loss
        adam.apply([tape.gradient(total, image)], [image])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        losses = {"total": total, "content": content_loss, "style": style_loss}
        losses |= {f"style/{n}": v for n, v in zip(STYLE_LAYERS, style_losses, strict=True)}
        history.append(Step({n: float(v) for n, v in losses.items()}, image.numpy()[0]))
    return history


@pytest.fixture(scope="module")
def pair(picture):
    return picture(64, 48, seed=1), picture(48, 64, seed=2)


@pytest.fixture(scope="module")
def expected(keras_vgg19, pair):
    return reference(keras_vgg19, *pair, STEPS)


def paper_steps(weights: Path, pair, **changes) -> Iterator[Progress]:
    settings = presets.settings(
        "paper", weights=str(weights), steps=STEPS, update_every=1, device="cpu", **changes
    )
    for update in stylize_steps(Job(*pair, settings)):
        assert isinstance(update, Progress)
        yield update


def test_paper_preset_is_the_reference_step_for_step(npz_weights, pair, expected):
    # That other files are read to the same numbers is tested in test_weight_files.py.
    found = list(paper_steps(npz_weights, pair))
    assert [update.step for update in found] == list(range(1, STEPS + 1))
    for update, step in zip(found, expected, strict=True):
        assert update.losses.pop("tv") >= 0
        assert set(update.losses) == set(step.losses)
        for name, loss in step.losses.items():
            # The content loss starts from 0: nothing to be relative to.
            assert update.losses[name] == pytest.approx(loss, rel=1e-3, abs=1e-8), name
        np.testing.assert_allclose(update.image, step.image, rtol=1e-3, atol=1e-3)


def test_reference_moves_far_enough_to_tell(pair, expected):
    """The comparison above is empty if the picture, or the losses, hardly change."""
    assert np.abs(expected[-1].image - pair[0]).mean() > 0.05
    assert expected[-1].losses["style"] < 0.5 * expected[0].losses["style"]
    assert 1e4 * expected[-1].losses["content"] > 0.005 * expected[-1].losses["total"]


@pytest.mark.parametrize(
    "change",
    [
        {"epsilon": 1e-7},
        {"beta_1": 0.9},
        {"beta_2": 0.99},
        {"content_weight": 1e5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_other_setting_is_told_from_the_reference(npz_weights, pair, expected, change):
    """What the comparison would notice."""
    found = zip(paper_steps(npz_weights, pair, **change), expected, strict=True)
    assert any(np.abs(update.image - step.image).max() > 5e-3 for update, step in found)
