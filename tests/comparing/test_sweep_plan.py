"""What a sweep varies: typed values, and the check before anything runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.comparing.sweep_plan import Plan, parse_values
from napari_neural_style.errors import NeuralStyleError, SettingsError
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.settings import setting_names
from napari_neural_style.tasks.request import Request


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_numbers_are_read_as_they_are_written(numbers: list[float]) -> None:
    assert parse_values("content_weight", " , ".join(map(repr, numbers))) == numbers


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_whole_numbers_are_whole(numbers: list[int]) -> None:
    found = parse_values("seed", ",".join(map(str, numbers)))
    assert found == numbers
    assert all(isinstance(value, int) for value in found)


@given(st.integers(0, 1000), st.integers(0, 99))
def test_a_row_of_whole_numbers(first: int, more: int) -> None:
    assert parse_values("seed", f"{first}..{first + more}") == list(range(first, first + more + 1))


@given(st.sampled_from(setting_names()), st.text(max_size=30))
def test_whatever_is_typed_there_are_values_or_a_sentence(name: str, text: str) -> None:
    try:
        values = parse_values(name, text)
    except SettingsError:
        return
    assert values
    kind = type(describe(name)["default"])
    assert all(isinstance(value, kind) for value in values)


def test_choices_and_layers() -> None:
    assert parse_values("color", "style, content,") == ["style", "content"]
    assert parse_values("style_layers", "block1_conv1: 1, block2_conv1: 0.5; block3_conv1: 2") == [
        {"block1_conv1": 1.0, "block2_conv1": 0.5},
        {"block3_conv1": 2.0},
    ]


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("seed", "1, two", "seed: cannot read 'two'; write whole numbers"),
        ("seed", "1.5", "cannot read '1.5'"),
        ("seed", "0..1000000", "cannot read"),
        ("seed", "5..2", "cannot read"),
        ("style_strength", "0,2; 0,5", "cannot read '2; 0'"),
        ("style_strength", " , ", "write the values"),
        ("brush", "1", "no setting 'brush'"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, text: str, match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        parse_values(name, text)


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
