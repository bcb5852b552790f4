"""What a sweep varies, and the check before anything runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from napari_neural_style.comparing.sweep_plan import Plan
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.tasks.request import Request


def plan_of(vary: Any, **settings: Any) -> Plan:
    style = None if isinstance(vary, dict) and "style" in vary else "painting"
    return Plan.of(vary, Request.of("photo", style, **settings), settings)


def test_two_settings_make_rows_and_columns() -> None:
    plan = plan_of({"style_strength": [0.2, 0.5], "seed": [0, 1, 2]})
    assert plan.shape == (2, 3)
    assert plan.labels[:2] == ["style strength 0.2, seed 0", "style strength 0.2, seed 1"]
    assert plan.labels[3] == "style strength 0.5, seed 0"
    assert plan.combinations[4] == {"style_strength": 0.5, "seed": 1}
    assert plan_of({"seed": (3, 4)}).shape == (1, 2)
    assert [cell.settings.seed for cell in plan.requests] == [0, 1, 2, 0, 1, 2]
    assert {(cell.content, cell.styles) for cell in plan.requests} == {("photo", "painting")}


def test_styles_go_by_their_names() -> None:
    assert plan_of({"style": ["night", "mosaic"]}).labels == [
        "style night",
        "style mosaic",
    ]
    image = np.zeros((4, 4))
    assert plan_of({"style": [image, image]}).labels == ["style 1", "style 2"]
    assert plan_of({"style": {"blue": image}}).labels == ["style blue"]


@pytest.mark.parametrize(
    ("vary", "settings", "match"),
    [
        ({}, {}, "one or two"),
        ({"seed": [0], "steps": [1], "size": [64]}, {}, "one or two"),
        ({"seed": [0]}, {"seed": 1}, "a value of its own"),
        ({"seed": []}, {}, "at least one value"),
        ({"seed": 3}, {}, "a list"),
        ({"color": "style"}, {}, "a list"),
        ({"seed": [1, 2, 1]}, {}, "seed 1 is there twice"),
        ({"seed": [0, -1]}, {}, "seed is -1"),
        ({"style_strength": [0.5, math.nan]}, {}, "style_strength is nan"),
        ({"color": ["style", "pink"]}, {}, "pink"),
        ({"brush": [1]}, {}, "no setting 'brush'"),
        ({"preset": ["paper"]}, {}, "vary its settings"),
        ({"optimizer": ["adam", "lbfgs"]}, {"style_loss": "wasserstein"}, "does not go with"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_a_sentence(
    vary: dict[str, Any], settings: dict[str, Any], match: str
) -> None:
    with pytest.raises(NeuralStyleError, match=match):
        plan_of(vary, **settings)
