"""Values to choose for a sweep: ranges and choices of every setting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.comparing.sweep_values import (
    choices_for,
    range_for,
    spread,
    worth_varying,
)
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.settings import Settings

SETTINGS = [name for name in worth_varying() if name != "style"]
NUMBERS = [name for name in SETTINGS if range_for(name)]


def test_what_people_vary_most_comes_first_and_what_changes_nothing_not_at_all() -> None:
    assert worth_varying()[:3] == ["style_strength", "seed", "style"]
    assert not {"preset", "device", "tile", "mask_levels", "update_every"} & set(SETTINGS)
    assert len(SETTINGS) > 25


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_values_that_it_takes(name: str) -> None:
    about = range_for(name)
    values = spread(about, about.low, about.high, 3) if about else choices_for(name)
    assert len(values) > 1 or name == "content_loss", "of content losses there may be only one"
    for value in values:
        others = {"optimizer": "adam"} if name == "style_loss" else {}
        assert getattr(Settings(**others, **{name: value}), name) == value


@given(st.sampled_from(NUMBERS), st.integers(1, 9), st.data())
def test_values_go_from_one_end_to_the_other(name: str, count: int, data: st.DataObject) -> None:
    about = range_for(name)
    ends = st.floats(about.minimum, min(about.maximum, 1e6))
    low, high = sorted(data.draw(ends) for _ in range(2))
    if about.whole:
        low, high = round(low), round(high)
    found = spread(about, low, high, count)
    assert 1 <= len(found) <= count
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    assert found[0] == pytest.approx(low, rel=6e-3, abs=1e-12)
    if count > 1:
        assert found[-1] == pytest.approx(high, rel=6e-3, abs=1e-12)
    kind = type(describe(name)["default"])
    assert all(isinstance(value, kind) for value in found)


def test_sizes_and_weights_lie_at_equal_factors_and_strengths_at_equal_distances() -> None:
    assert spread(range_for("size"), 128, 512, 3) == [128, 256, 512]
    weights = spread(range_for("content_weight"), 0.001, 1.0, 4)
    np.testing.assert_allclose(weights, [0.001, 0.01, 0.1, 1])
    assert spread(range_for("color_strength"), 0, 1, 5) == [0, 0.25, 0.5, 0.75, 1]
    assert spread(range_for("tv_weight"), 0, 0.4, 3) == [0, 0.2, 0.4], "0 has no factors"


def test_an_image_to_start_from_is_no_choice() -> None:
    assert choices_for("init") == ["content", "noise", "style"]
    assert {"block1_conv1": 1.0} in choices_for("content_layers")
