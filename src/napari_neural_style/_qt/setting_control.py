"""The control that suits a setting, with its limits and help from `Settings`."""

from __future__ import annotations

from typing import Any, Protocol

from magicgui.widgets import ComboBox, FloatSlider, SpinBox
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDoubleSpinBox, QLabel

from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.mask_levels import LevelsChoice
from napari_neural_style._qt.number_box import NumberBox
from napari_neural_style._qt.text_choice import LayerChoice, TextChoice, devices
from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.presets.catalogue import describe

__all__ = ["Control", "has_choice", "setting_control", "share_slider"]

_SLIDERS = ("style_strength", "color_strength")
#: What the ends of a slider stand for.
_ENDS = {"style_strength": ("content", "style")}
#: What a field's two buttons and the room beside its digits take, in pixels.
_BUTTONS = 60


class Control(Protocol):
    """What the form needs of a control; those of magicgui have it as well."""

    @property
    def native(self) -> Any:
        """The Qt widget."""

    @property
    def changed(self) -> Any:
        """Emitted when `value` is another."""

    @property
    def value(self) -> Any:
        """What it shows."""

    @value.setter
    def value(self, new: Any) -> None: ...


def has_choice(name: str) -> bool:
    """Whether there is anything to choose: of content losses there may be only one."""
    return len(describe(name).get("choices", (1, 2))) > 1


def setting_control(name: str) -> Control:
    """Return the control that suits a setting's type and limits."""
    about = describe(name)
    default, tooltip = about["default"], about["help"]
    if name in _SLIDERS:
        return share_slider(default, tooltip, _ENDS.get(name))
    if name == "mask_levels":
        return LevelsChoice(default, tooltip)
    if "choices" in about:
        choices = about["choices"]
        if name == "init":
            first = [(choice, choice) for choice in choices if choice != "image"]
            return LayerCombo(list, tooltip, first=first)
        return ComboBox(choices=choices, value=default, tooltip=tooltip)
    if isinstance(default, int):
        spin = SpinBox(value=default, min=about["minimum"], max=about["maximum"], tooltip=tooltip)
        # napari's own room beside the digits hides the first of "8192", and two of "100000".
        spin.native.setStyleSheet("QAbstractSpinBox { padding: 1px 2px; }")
        spin.native.setMinimumWidth(
            spin.native.fontMetrics().horizontalAdvance("000000") + _BUTTONS
        )
        return spin
    if isinstance(default, float):
        return NumberBox(default, about["minimum"], about["maximum"], tooltip)
    if name == "device":
        return TextChoice(devices(), default, tooltip)
    return LayerChoice(lambda: FEATURE_LAYERS, tooltip)


def share_slider(value: float, tooltip: str, ends: tuple[str, str] | None = None) -> FloatSlider:
    """Return a slider from 0 to 1 in hundredths, which takes the width that its number leaves.

    Parameters
    ----------
    value : float
    tooltip : str
    ends : tuple of str, optional
        What stands at its two ends.
    """
    slider = FloatSlider(value=value, min=0, max=1, step=0.01, tooltip=tooltip)
    number = slider.native.findChild(QDoubleSpinBox)
    if number:
        number.setFixedWidth(number.fontMetrics().horizontalAdvance("0.000") + 12)
        number.setAlignment(Qt.AlignmentFlag.AlignRight)
        number.setStyleSheet("QDoubleSpinBox { padding: 0px 2px; }")  # It has no buttons.
    if ends:
        row = slider.native.layout()
        row.setStretch(0, 1)
        for place, end in zip((0, 2), ends, strict=True):
            row.insertWidget(place, QLabel(end))
    return slider
