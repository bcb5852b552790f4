"""The named recipes."""

from __future__ import annotations

import pytest

from napari_neural_style.errors import SettingsError
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.settings import Settings

PAPER = {
    "features": "vgg19",
    "content_layers": {"block5_conv2": 1.0},
    "style_layers": {f"block{block}_conv1": pytest.approx(1 / 5) for block in range(1, 6)},
    "content_weight": 1e4,
    "style_weight": 1e-2,
    "tv_weight": 0,
    "init": "content",
    "size": 512,
    "optimizer": "adam",
    "learning_rate": 0.02,
    "beta_1": 0.99,
    "beta_2": 0.999,
    "epsilon": 0.1,
    "steps": 1000,
}


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_makes_settings_that_know_its_name(name):
    assert presets.settings(name).preset == name
    assert presets.PRESETS[name].description.endswith(".")


def test_balanced_is_the_default():
    assert presets.settings() == presets.settings("balanced") == Settings()


@pytest.mark.parametrize("name", PAPER)
def test_paper_preset_says_what_the_reference_says(name):
    assert getattr(presets.settings("paper"), name) == PAPER[name]


def test_changes_override_the_preset():
    changed = presets.settings("paper", steps=20, pooling="average")
    assert (changed.steps, changed.pooling) == (20, "average")
    assert changed.replace(steps=1000, pooling="auto") == presets.settings("paper")


def test_preview_costs_less_than_balanced_and_fine_more():
    costs = [
        presets.settings(name).steps * presets.settings(name).size ** 2
        for name in ("preview", "balanced", "fine")
    ]
    assert costs == sorted(set(costs))


def test_unknown_preset_is_answered_with_those_there_are():
    with pytest.raises(SettingsError, match="no preset 'monet'; there are: preview, balanced"):
        presets.settings("monet")


def test_unknown_setting_is_refused():
    with pytest.raises(SettingsError, match="There is no setting 'iterations'"):
        presets.settings("paper", iterations=3)
