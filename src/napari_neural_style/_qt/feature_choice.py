"""The choice of a feature network and its weights, with a file where one is wanted."""

from __future__ import annotations

from pathlib import Path

from magicgui.widgets import ComboBox, FileEdit
from psygnal import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.parts import let_shrink
from napari_neural_style._qt.reset import Resettable
from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import WEIGHTS_ENDINGS
from napari_neural_style.hooks import extensions
from napari_neural_style.presets.catalogue import describe

__all__ = ["IMAGENET", "FeatureChoice"]

#: What the user chooses among beside the networks that are registered.
_BEST, IMAGENET, _FILE = "Best available", "VGG19 (ImageNet)", "Weights file ..."


class FeatureChoice(QWidget):
    """A combo of networks, and below it the line for a weights file, shown when it is wanted.

    Attributes
    ----------
    combo : magicgui.widgets.ComboBox
    file : magicgui.widgets.FileEdit
    row : Resettable
        The combo, and the button that brings it back to what the preset says.
    changed : psygnal.SignalInstance
        Emitted when something else is chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: By title, what a choice means in settings; a file has to be asked for.
        self._meanings = {_BEST: {"features": "vgg19", "weights": "auto"}}
        for name, network in extensions().feature_networks.items():
            weights = "imagenet" if name == "vgg19" else "auto"  # others have none to choose
            self._meanings[network.title] = {"features": name, "weights": weights}
        self.combo = ComboBox(
            choices=[*self._meanings, _FILE], tooltip=describe("features")["help"]
        )
        let_shrink(self.combo.native)
        self.file = FileEdit(
            filter=f"Weights ({' '.join(f'*{ending}' for ending in WEIGHTS_ENDINGS)})",
            tooltip="VGG19 or VGG16 as a Keras .h5 or .keras file, as torchvision's state dict in "
            "a .safetensors file, or as an .npz file.",
        )
        named(self.file.native, "Weights file", self.file.tooltip or "")
        self.row = Resettable(self.combo, "Features")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.row)
        column.addWidget(self.file.native)
        self.combo.changed.connect(self._on_choice)
        self.file.changed.connect(self._tell)
        self._on_choice()

    @property
    def settings(self) -> dict[str, str]:
        """The settings "features" and "weights" that are chosen.

        Raises
        ------
        SettingsError
            If a weights file is wanted and none is chosen.
        """
        if self.combo.value != _FILE:
            return self._meanings[self.combo.value]
        path = self.file.value
        if not str(path) or path == Path():
            raise SettingsError("Choose a weights file, or other features.")
        return {"features": "vgg19", "weights": str(path)}

    def choose(self, features: str, weights: str) -> None:
        """Show these."""
        title = self._title(features, weights)
        if title == _FILE:
            self.file.value = Path(weights)
        self.combo.value = title

    def set_standard(self, features: str, weights: str) -> None:
        """Take note of what the preset says."""
        self.row.set_standard(self._title(features, weights))

    def _title(self, features: str, weights: str) -> str:
        """Return the choice that stands for these; a file for weights of no other choice."""
        choice = {"features": features, "weights": weights if features == "vgg19" else "auto"}
        return next((t for t, meaning in self._meanings.items() if meaning == choice), _FILE)

    def _on_choice(self) -> None:
        self.file.native.setVisible(self.combo.value == _FILE)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit()
