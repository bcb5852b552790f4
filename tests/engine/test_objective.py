"""The compiled step: one for all sizes, and the same under XLA."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.targets import Hyperparameters, StyleInput
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.settings import Settings

SHALLOW = {
    "content_layers": {"block2_conv1": 1.0},
    "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
}
#: XLA takes seconds for each convolution, and the network is the same for all optimisers.
SHALLOWEST = {
    "content_layers": {"block1_conv1": 1.0},
    "style_layers": {"block1_conv1": 1.0},
}


def stepped(picture, size, xla=False, count=3, **changes):
    """Return the image and the total loss after some steps."""
    settings = Settings(**{**SHALLOW, **changes})
    objective = Objective(VGG19(builtin_weights()), settings, xla=xla)
    content, style = (tf.constant(picture(*size, seed=seed)[None]) for seed in (1, 2))
    targets = objective.targets(content, content, objective.target_functions([[StyleInput(style)]]))
    state = objective.optimizer.init(content)
    losses = objective.no_losses()
    for _ in range(count):
        state, losses, _ = objective.step(state, targets, Hyperparameters.of(settings), losses)
    return objective, state.image.numpy(), float(losses["total"])


@pytest.mark.parametrize(
    ("optimizer", "layers"), [("lbfgs", SHALLOW), ("adam", SHALLOWEST), ("lamb", SHALLOWEST)]
)
def test_xla_gives_the_same_picture(picture, optimizer, layers):
    changes = {"optimizer": optimizer, **layers}
    _, plain, loss = stepped(picture, (32, 40), **changes)
    _, compiled, compiled_loss = stepped(picture, (32, 40), xla=True, **changes)
    assert compiled_loss == pytest.approx(loss, rel=1e-3)
    np.testing.assert_allclose(compiled, plain, atol=2e-3)


def test_step_is_traced_once_for_all_sizes(picture):
    objective, _, _ = stepped(picture, (32, 40))
    settings = Settings(**SHALLOW)
    content = tf.constant(picture(20, 64)[None])
    targets = objective.targets(
        content, content, objective.target_functions([[StyleInput(content)]])
    )
    state = objective.optimizer.init(content)
    objective.step(state, targets, Hyperparameters.of(settings), objective.no_losses())
    assert objective.step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"style_loss": "moments"}, 5.0),
        ({"style_loss": "gram"}, 1.0),
        ({"style_loss": "moments", "loss_scale": "absolute"}, 1.0),
    ],
)
def test_a_network_may_hold_the_content_firmer_for_a_style_loss(picture, changes, factor):
    settings = Settings(**{**SHALLOW, **changes})
    content, style = (tf.constant(picture(24, 24, seed=seed)[None]) for seed in (1, 2))
    losses = []
    for gains in ({}, {"moments": 5.0}):
        weights = dataclasses.replace(builtin_weights(), content_gains=gains)
        objective = Objective(VGG19(weights), settings)
        targets = objective.targets(
            content, style, objective.target_functions([[StyleInput(style)]])
        )
        state = objective.optimizer.init(style)
        _, found, _ = objective.step(
            state, targets, Hyperparameters.of(settings), objective.no_losses()
        )
        losses.append(float(found["content"]))
    assert losses[1] == pytest.approx(factor * losses[0], rel=1e-5)


def test_content_counts_more_in_a_larger_picture_unless_losses_are_absolute():
    sizes = (256, 512, 1024)
    small, usual, large = (
        float(Hyperparameters.of(Settings(), size).content_gain) for size in sizes
    )
    assert small < usual == 1 < large
    assert large == pytest.approx(1 / small)
    absolute = Settings(loss_scale="absolute")
    assert [float(Hyperparameters.of(absolute, size).content_gain) for size in sizes] == [1, 1, 1]


def test_half_strength_leaves_alpha_as_it_is():
    assert float(Hyperparameters.of(Settings(content_weight=0.3)).content) == pytest.approx(0.3)
    stronger = Hyperparameters.of(Settings(content_weight=0.3, style_strength=1.0))
    assert float(stronger.content) == pytest.approx(0.003)
