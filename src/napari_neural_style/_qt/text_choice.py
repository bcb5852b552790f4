"""A text that is chosen from a list, or typed in where the list does not have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QMenu, QToolButton, QWidget

from napari_neural_style._qt.parts import let_shrink
from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import format_layers, parse_layers

__all__ = ["LayerChoice", "TextChoice", "devices"]


class TextChoice:
    """A combo in which one may also type.

    Attributes
    ----------
    native : QComboBox
    changed : psygnal.SignalInstance
        Emitted with each new text.
    """

    changed = Signal(str)

    def __init__(self, choices: Sequence[str], value: str, tooltip: str) -> None:
        self.native = QComboBox()
        self.native.setEditable(True)
        self.native.addItems(list(choices))
        self.native.setToolTip(tooltip)
        let_shrink(self.native)
        self.value = value
        self.native.currentTextChanged.connect(self.changed.emit)

    @property
    def value(self) -> str:
        """The text."""
        return str(self.native.currentText())

    @value.setter
    def value(self, new: str) -> None:
        self.native.setCurrentText(new)


class LayerChoice:
    """Feature layers and their weights, as a line of text beside a list in which to check them.

    Parameters
    ----------
    names : callable
        Returns the names of the layers that there are.
    tooltip : str

    Attributes
    ----------
    native : QWidget
    line : QLineEdit
    button : QToolButton
    changed : psygnal.SignalInstance
        Emitted with each new text.
    """

    changed = Signal(str)

    def __init__(self, names: Callable[[], Sequence[str]], tooltip: str) -> None:
        self._names = names
        self.native = QWidget()
        self.line = QLineEdit()
        self.line.setPlaceholderText("what suits the features")
        self.line.setToolTip(tooltip)
        self.native.setToolTip(tooltip)
        self.button = QToolButton()
        self.button.setText("▾")
        self.button.setToolTip("Check the feature layers in a list; weights are typed in.")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setStyleSheet("QToolButton::menu-indicator { image: none; width: 0px; }")
        self.menu = QMenu(self.button)
        self.menu.aboutToShow.connect(self._fill)
        self.button.setMenu(self.menu)
        row = QHBoxLayout(self.native)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.line.textChanged.connect(self.changed.emit)

    @property
    def value(self) -> str:
        """The text, as in "block1_conv1: 1, block2_conv1: 0.5"."""
        return str(self.line.text())

    @value.setter
    def value(self, new: str) -> None:
        self.line.setText(new)

    def toggle(self, name: str) -> None:
        """Put a layer into the text with weight 1, or take it out."""
        try:
            chosen = dict(parse_layers(self.value))
        except SettingsError:
            chosen = {}  # What cannot be read cannot be kept.
        if name in chosen:
            del chosen[name]
        else:
            chosen[name] = 1.0
        known = list(self._names())
        order = sorted(chosen, key=lambda n: known.index(n) if n in known else len(known))
        self.value = format_layers({n: chosen[n] for n in order})

    def _fill(self) -> None:
        try:
            chosen = set(parse_layers(self.value))
        except SettingsError:
            chosen = set()
        self.menu.clear()
        for name in self._names():
            action = self.menu.addAction(name)
            assert action is not None
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.triggered.connect(lambda _=False, name=name: self.toggle(name))


def devices() -> list[str]:
    """Return the devices to choose from: what NVIDIA's driver lists, beside those that are always.

    TensorFlow alone knows what it can use, and it is not loaded in a process with a window.
    """
    gpus = sorted(Path("/proc/driver/nvidia/gpus").glob("*"))
    return ["auto", "cpu", *(f"gpu:{number}" for number in range(max(len(gpus), 1)))]
