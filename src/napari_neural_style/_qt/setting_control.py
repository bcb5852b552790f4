"""The control that suits a setting, with its limits and help from `Settings`."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import ComboBox, FloatSlider, FloatSpinBox, LineEdit, SpinBox
from magicgui.widgets.bases import ValueWidget

from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style.presets.catalogue import describe

__all__ = ["has_choice", "setting_control"]

_SLIDERS = ("style_strength", "color_strength")


def has_choice(name: str) -> bool:
    """Whether there is anything to choose: of content losses there may be only one."""
    return len(describe(name).get("choices", (1, 2))) > 1


def setting_control(name: str) -> ValueWidget[Any] | LayerCombo:
    """Return the control that suits a setting's type and limits."""
    about = describe(name)
    default, tooltip = about["default"], about["help"]
    if name in _SLIDERS:
        return FloatSlider(value=default, min=0, max=1, step=0.01, tooltip=tooltip)
    if "choices" in about:
        choices = about["choices"]
        if name == "init":
            first = [(choice, choice) for choice in choices if choice != "image"]
            return LayerCombo(list, tooltip, first=first)
        return ComboBox(choices=choices, value=default, tooltip=tooltip)
    if isinstance(default, int):
        return SpinBox(value=default, min=about["minimum"], max=about["maximum"], tooltip=tooltip)
    if isinstance(default, float):
        spin = FloatSpinBox(
            value=default, min=about["minimum"], max=about["maximum"], tooltip=tooltip
        )
        spin.native.setDecimals(6)
        spin.native.setStepType(spin.native.StepType.AdaptiveDecimalStepType)
        spin.value = default
        return spin
    line = LineEdit(value=default or "", tooltip=tooltip)
    if not default:
        line.native.setPlaceholderText("what suits the features")
    return line
