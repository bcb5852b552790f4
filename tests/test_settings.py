"""One validated record: what it takes, what it refuses, and that JSON loses nothing."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.presets import catalogue
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.settings import Settings

FIELDS = dataclasses.fields(Settings)
NUMBERS = [field.name for field in FIELDS if "minimum" in field.metadata]
CHOICES = [field.name for field in FIELDS if "choices" in describe(field.name)]
LAYERS = st.dictionaries(
    st.sampled_from(FEATURE_LAYERS), st.floats(0.01, 1e6), min_size=1, max_size=4
)


def any_value(name: str) -> st.SearchStrategy:
    about = describe(name)
    if "choices" in about:
        return st.sampled_from(about["choices"])
    if "minimum" in about:
        kind = st.integers if isinstance(about["default"], int) else st.floats
        return kind(about["minimum"], about["maximum"])
    if isinstance(about["default"], dict):
        return LAYERS
    if name == "device":
        return st.sampled_from(["auto", "cpu", "gpu:0", "gpu:12"])
    return st.text(min_size=1)


def possible(values):
    return (values.get("optimizer"), values.get("style_loss")) != ("lbfgs", "wasserstein")


ANY_SETTINGS = (
    st.fixed_dictionaries({}, optional={field.name: any_value(field.name) for field in FIELDS})
    .filter(possible)
    .map(lambda values: Settings(**values))
)


@given(ANY_SETTINGS)
def test_json_round_trip_loses_nothing(settings):
    text = settings.to_json()
    assert Settings.from_json(text) == settings
    assert set(json.loads(text)) == {field.name for field in FIELDS}


def test_json_may_leave_fields_out():
    assert Settings.from_json('{"steps": 12}') == Settings(steps=12)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"step": 3}', "There is no setting 'step'; there are: averaging, "),
        ('{"steps": NaN}', "steps is nan"),
        ('{"style_weight": Infinity}', "style_weight is inf"),
        ('{"steps": null}', "steps is None: it must be a number"),
    ],
)
def test_json_that_is_no_record_of_settings_is_refused(text, sentence):
    with pytest.raises(SettingsError, match=sentence):
        Settings.from_json(text)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_taken_up_to_their_limits_and_no_further(name):
    about = describe(name)
    low, high = about["minimum"], about["maximum"]
    for limit in (low, high):
        assert getattr(Settings(**{name: limit}), name) == limit
    beyond = (
        (low - 1, high + 1)
        if not isinstance(about["default"], float)
        else (math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
    )
    for value in beyond:
        with pytest.raises(SettingsError, match=f"^{name} is .* must lie between"):
            Settings(**{name: value})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "7", None, True, [1], 1j])
def test_what_is_no_finite_number_is_refused(name, value):
    with pytest.raises(SettingsError, match=f"^{name} is "):
        Settings(**{name: value})


@pytest.mark.parametrize("name", ["size", "steps", "update_every", "seed", "smallest_scale"])
def test_whole_numbers_are_not_rounded(name):
    with pytest.raises(SettingsError, match="must be a whole number"):
        Settings(**{name: 100.5})
    found = getattr(Settings(**{name: np.int64(100)}), name)
    assert (found, type(found)) == (100, int)


def test_numbers_take_the_type_of_their_field():
    settings = Settings(steps=200.0, style_weight=3)
    assert (type(settings.steps), type(settings.style_weight)) == (int, float)


@pytest.mark.parametrize("name", CHOICES)
def test_only_the_choices_are_taken(name):
    for choice in describe(name)["choices"]:
        assert getattr(Settings(**{name: choice}), name) == choice
    for value in ("", "no such choice", None, 3):
        with pytest.raises(SettingsError, match=f"^{name} is "):
            catalogue.settings(**{name: value})


@pytest.mark.parametrize("name", ["content_layers", "style_layers"])
@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            {"block6_conv1": 1},
            "which VGG19 .* does not have; its layers are: block1_conv1, ",
        ),
        ({"block1_conv1": -1}, "the weight of block1_conv1 is -1: it must be 0 or more"),
        ({"block1_conv1": math.nan}, "it must be 0 or more"),
        ({"block1_conv1": "heavy"}, "it must be 0 or more"),
        ({"block1_conv1": 0}, "give at least one layer a weight above 0"),
        (["block1_conv1"], "must map feature layers to weights"),
    ],
)
def test_layers_that_make_no_loss_are_refused(name, layers, sentence):
    with pytest.raises(SettingsError, match=sentence):
        catalogue.settings(**{name: layers})


def test_layers_are_copied_from_what_was_given():
    layers = {"block1_conv1": 1}
    settings = Settings(style_layers=layers)
    layers["block2_conv1"] = 5
    assert settings.style_layers == {"block1_conv1": 1.0}


@pytest.mark.parametrize("device", ["gpu", "gpu:", "gpu:x", "cuda:0", "GPU:0", ""])
def test_devices_that_cannot_be_are_refused(device):
    with pytest.raises(SettingsError, match="device is"):
        Settings(device=device)


def test_replace_changes_a_copy():
    before = Settings()
    after = before.replace(steps=5)
    assert (before.steps, after.steps) == (Settings().steps, 5)
    with pytest.raises(SettingsError, match="There is no setting 'iterations'"):
        before.replace(iterations=5)
    with pytest.raises(SettingsError, match="steps"):
        before.replace(steps=0)


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().steps = 5


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_is_described_with_a_default_within_its_limits(field):
    about = describe(field.name)
    assert about["default"] == getattr(Settings(), field.name)
    assert about["help"].endswith(".")
    if "minimum" in about:
        words = about.get("choices", ())
        assert about["default"] in words or about["minimum"] <= about["default"] <= about["maximum"]


def test_unknown_field_has_no_description():
    with pytest.raises(SettingsError, match="There is no setting 'alpha'"):
        describe("alpha")


def test_feature_layers_are_the_sixteen_convolutions_of_vgg19():
    assert len(FEATURE_LAYERS) == 16
    assert FEATURE_LAYERS[0] == "block1_conv1"
    assert FEATURE_LAYERS[-1] == "block5_conv4"
    assert list(FEATURE_LAYERS) == sorted(FEATURE_LAYERS)
