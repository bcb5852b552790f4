"""The form: it shows settings, and gives back what it shows."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtWidgets import QComboBox, QLabel, QWidget

from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.presets.catalogue import PRESETS, describe
from napari_neural_style.settings import Settings


@pytest.fixture(scope="module")
def form(qapp) -> SettingsForm:
    """One form for all tests: what it showed before must not matter."""
    return SettingsForm()


def _values(name: str) -> st.SearchStrategy[Any]:
    """Return the values of a setting that the form can show."""
    about = describe(name)
    default = about["default"]
    if "choices" in about:
        return st.sampled_from(about["choices"])
    if name == "device":
        return st.sampled_from(["auto", "cpu", "gpu:0", "gpu:11"])
    if name == "preset":
        return st.sampled_from(list(PRESETS))
    if name == "weights":
        return st.sampled_from(["auto", "imagenet", "/vgg.h5", "/else where/vgg.npz"])
    if isinstance(default, dict):
        weights = st.integers(1, 10**6).map(lambda count: count / 1000)
        return st.dictionaries(st.sampled_from(FEATURE_LAYERS), weights, max_size=4)
    if isinstance(default, int):
        return st.integers(about["minimum"], about["maximum"])
    if name in ("style_strength", "color_strength"):  # the sliders move in hundredths
        return st.integers(0, 100).map(lambda count: count / 100)
    # Spin boxes show six digits after the point; what has no control keeps all of them.
    numbers = st.floats(about["minimum"], about["maximum"]).map(lambda value: round(value, 6))
    return numbers.filter(lambda value: about["minimum"] <= value <= about["maximum"])


_settings = (
    st.fixed_dictionaries(
        {field.name: _values(field.name) for field in dataclasses.fields(Settings)}
    )
    .filter(lambda v: (v["optimizer"], v["style_loss"]) != ("lbfgs", "wasserstein"))
    .map(lambda values: Settings(**values))
)


@given(_settings)
def test_any_settings_come_back_from_the_form_as_they_went_in(
    form: SettingsForm, settings: Settings
) -> None:
    form.settings = settings
    if settings.features != "vgg19":  # the others have no weights to choose
        settings = settings.replace(weights=form.settings.weights)
    if settings.init == "image":  # which comes with a job, not with settings
        settings = settings.replace(init="content")
    assert form.settings == settings


@pytest.mark.parametrize("preset", PRESETS)
def test_choosing_a_preset_sets_all_the_controls(form: SettingsForm, preset: str) -> None:
    # From something as far from any preset as can be.
    form.settings = Settings(steps=7, tv_weight=123, style_layers={"block5_conv4": 3}, beta_1=0.1)
    form.preset.value = "preview" if preset != "preview" else "paper"
    form.preset.value = preset
    assert form.settings == presets.settings(preset)
    assert form.controls["steps"].value == presets.settings(preset).steps


def test_choosing_a_preset_explains_it(form: SettingsForm) -> None:
    form.preset.value = "paper"
    assert PRESETS["paper"].description in {label.text() for label in form.findChildren(QLabel)}


def test_a_new_form_shows_the_balanced_preset(qapp) -> None:
    assert SettingsForm().settings == Settings()


def test_changing_a_control_changes_that_setting_only(form: SettingsForm) -> None:
    form.settings = Settings()
    form.controls["steps"].native.setValue(77)
    assert form.settings == Settings(steps=77)


def test_every_control_has_a_tooltip(form: SettingsForm) -> None:
    controls = {
        "features": form.features,
        "weights_file": form.weights_file,
        **form.controls,
    }
    for name, control in controls.items():
        parts = [control.native, *control.native.findChildren(QWidget)]
        assert any(len(part.toolTip().split()) >= 3 for part in parts), name


def test_number_controls_keep_to_the_limits_of_their_settings(form: SettingsForm) -> None:
    numbers = {n: c for n, c in form.controls.items() if "minimum" in describe(n)}
    del numbers["mask_levels"]  # a list
    assert len(numbers) > 8
    for name, control in numbers.items():
        about = describe(name)
        assert about["minimum"] <= control.min, name
        assert control.max <= about["maximum"], name


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("Best available", ("vgg19", "auto")),
        ("VGG19 (ImageNet)", ("vgg19", "imagenet")),
        ("Built-in (small, offline)", ("builtin", "auto")),
    ],
)
def test_the_choice_of_features_is_a_choice_of_network_and_weights(
    form: SettingsForm, choice: str, expected: tuple[str, str]
) -> None:
    form.settings = Settings()
    form.features.native.setCurrentText(choice)
    assert (form.settings.features, form.settings.weights) == expected
    assert not form.weights_file.native.isVisibleTo(form.feature_choice)


def test_a_weights_file_is_asked_for_when_it_is_wanted(form: SettingsForm) -> None:
    form.settings = Settings()
    form.weights_file.line_edit.native.setText("")
    form.features.native.setCurrentText("Weights file ...")
    assert form.weights_file.native.isVisibleTo(form.feature_choice)
    with pytest.raises(SettingsError, match="weights file"):
        form.settings  # noqa: B018
    form.weights_file.value = "/data/vgg.h5"
    assert (form.settings.features, form.settings.weights) == ("vgg19", "/data/vgg.h5")


@pytest.mark.parametrize(
    "text", ["block1_conv1: much", "block9_conv1: 1", ": 1", "block1_conv1: -1"]
)
@pytest.mark.parametrize("which", ["content_layers", "style_layers"])
def test_a_text_that_is_no_layers_is_a_settings_error(
    form: SettingsForm, which: str, text: str
) -> None:
    form.settings = Settings()
    form.controls[which].line.setText(text)
    with pytest.raises(SettingsError):
        form.settings  # noqa: B018


def test_no_choice_makes_the_form_wide(form: SettingsForm) -> None:
    combos = form.findChildren(QComboBox)
    assert len(combos) >= 4
    assert form.minimumSizeHint().width() < 400


def test_every_kind_of_weights_file_is_offered(form: SettingsForm) -> None:
    for ending in (".h5", ".hdf5", ".keras", ".npz", ".safetensors"):
        assert f"*{ending}" in form.weights_file.filter
