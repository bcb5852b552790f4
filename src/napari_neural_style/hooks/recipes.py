"""The presets that come with the package."""

from __future__ import annotations

from typing import Any

from napari_neural_style.hooks.specs import Preset

__all__ = ["RECIPES"]

# The settings of the published reference, which the engine reproduces step for step.
_PAPER: dict[str, Any] = {
    "steps": 1000,
    "content_weight": 1e4,
    "style_weight": 1e-2,
    "tv_weight": 0.0,
    "content_layers": {"block5_conv2": 1.0},
    "style_layers": {f"block{block}_conv1": 0.2 for block in range(1, 6)},
    "style_loss": "gram",
    "optimizer": "adam",
    "loss_scale": "absolute",
    "decay": 0.0,
    "beta_1": 0.99,
    "beta_2": 0.999,
    "epsilon": 0.1,
    "averaging": 0.0,
    "smallest_scale": 0,
    "padding": "zero",
    "precision": "float32",
}

#: From quick to thorough; then other tastes, and the published losses.
RECIPES: dict[str, Preset] = {
    "preview": Preset(
        "A first impression, small and quick.",
        {"size": 256, "steps": 60, "smallest_scale": 96, "update_every": 5},
    ),
    "balanced": Preset("A painting at a good pace: the one to start with.", {}),
    "fine": Preset("Larger and longer: crisp strokes, to keep.", {"size": 1024, "steps": 160}),
    "masterpiece": Preset(
        "Real brushwork: the best there is, in minutes.",
        {"style_loss": "neighbors", "steps": 200, "finish_steps": 30},
    ),
    "bold": Preset(
        "Mostly style: the content only just there.",
        {"steps": 120, "smallest_scale": 96, "style_strength": 0.65},
    ),
    "faithful": Preset(
        "The content clear in every detail.",
        {"style_strength": 0.3},
    ),
    "classic": Preset(
        "The losses of the paper in a tenth of its time.",
        {
            **_PAPER,
            "steps": 150,
            "optimizer": "lamb",
            "learning_rate": 0.018,
            "decay": 0.75,
            "beta_1": 0.9,
            "beta_2": 0.9,
            "epsilon": 1e-8,
            "precision": "auto",
        },
    ),
    "paper": Preset(
        "As the paper runs it: one scale, 1000 steps of Adam.",
        _PAPER,
    ),
}
