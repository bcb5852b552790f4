"""The controls of the dock widget: one for each setting, with limits and help from `Settings`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox, FileEdit
from napari.layers import Image
from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QWidget
from superqt import QCollapsible

from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.parts import form_layout, let_shrink
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.reset import Resettable
from napari_neural_style._qt.setting_control import has_choice, setting_control
from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import WEIGHTS_ENDINGS, format_layers, parse_layers
from napari_neural_style.hooks import extensions
from napari_neural_style.preferences import preferences
from napari_neural_style.presets.catalogue import PRESETS, describe, settings
from napari_neural_style.presets.user_presets import user_presets
from napari_neural_style.settings import STEERABLE, Settings

__all__ = ["IMAGENET", "SettingsForm"]

_BASIC = {
    "style_strength": "Style strength",
    "size": "Longest side (px)",
    "steps": "Steps",
    "update_every": "Update every (steps)",
    "seed": "Seed",
}
_COLOURS = {
    "color": "Colours of",
    "color_strength": "How far",
    "style_scale": "Stroke size",
    "result_size": "Result size",
}
_ADVANCED = {
    "content_weight": "Content weight α",
    "style_weight": "Style weight β",
    "tv_weight": "Total variation",
    "temporal_weight": "Temporal weight",
    "optimizer": "Optimiser",
    "learning_rate": "Learning rate",
    "style_loss": "Style statistic",
    "content_loss": "Content loss",
    "content_layers": "Content layers",
    "style_layers": "Style layers",
    "init": "Start from",
    "smallest_scale": "Coarsest scale (px)",
    "averaging": "Averaging",
    "decay": "Learning rate decay",
    "pooling": "Pooling",
    "padding": "Border",
    "device": "Device",
    "precision": "Precision",
}
#: Their controls are placed by those who use them.
_ELSEWHERE = {"mask_softness": "Soft edge (px)"}
#: What the user chooses among beside the networks that are registered.
_BEST, IMAGENET, _FILE = "Best available", "VGG19 (ImageNet)", "Weights file ..."


class SettingsForm(QWidget):
    """A form that shows and edits `Settings`: the common ones, the rest under "Advanced".

    Attributes
    ----------
    preset_row : QHBoxLayout
        Where the presets are chosen; there is room for a button beside them.
    changed : Signal
        Emitted when a control shows something else.
    problem : Signal of str
        Emitted with a sentence for the user.
    steered : psygnal.SignalInstance
        Emitted with name and value when the user moves what may change during a run.
    """

    changed = Signal()
    problem = Signal(str)
    steered = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset = ComboBox(
            choices=list(PRESETS), tooltip="A recipe: sets all the controls below."
        )
        self._description = PlainLabel()
        self._description.setWordWrap(True)
        self._description.setEnabled(False)
        #: By title, what a choice means in settings; a file has to be asked for.
        self._meanings = {_BEST: {"features": "vgg19", "weights": "auto"}}
        for name, network in extensions().feature_networks.items():
            weights = "imagenet" if name == "vgg19" else "auto"  # others have none to choose
            self._meanings[network.title] = {"features": name, "weights": weights}
        self.features = ComboBox(
            choices=[*self._meanings, _FILE], tooltip=describe("features")["help"]
        )
        self.weights_file = FileEdit(
            filter=f"Weights ({' '.join(f'*{ending}' for ending in WEIGHTS_ENDINGS)})",
            tooltip="VGG19 or VGG16 as a Keras .h5 or .keras file, as torchvision's state dict in "
            "a .safetensors file, or as an .npz file.",
        )
        names = [*_BASIC, *_COLOURS, *_ADVANCED, *_ELSEWHERE]
        self.controls = {name: setting_control(name) for name in names if has_choice(name)}
        init = self.controls["init"]
        assert isinstance(init, LayerCombo)
        self._start = init
        self._unseen: dict[str, Any] = {}
        self.rows = {
            name: Resettable(self.controls[name], title)
            for name, title in {**_BASIC, **_COLOURS, **_ADVANCED}.items()
            if name in self.controls
        }
        self.rows["features"] = Resettable(self.features, "Features")

        form = form_layout(self)
        self.preset_row = QHBoxLayout()
        self.preset_row.setSpacing(2)
        self.preset_row.addWidget(self.preset.native, 1)
        form.addRow("Preset", self.preset_row)
        form.addRow(self._description)
        for name, title in _BASIC.items():
            form.addRow(title, self.rows[name])
        form.addRow("Features", self.rows["features"])
        form.addRow(self.weights_file.native)
        form.addRow(self._folded("Colours and strokes", _COLOURS))
        form.addRow(self._folded("Advanced", _ADVANCED))

        for combo in self.findChildren(QComboBox):
            let_shrink(combo)
        self.preset.changed.connect(self._apply_preset)
        self.features.changed.connect(self._show_file)
        for control in (*self.controls.values(), self.preset, self.features, self.weights_file):
            control.changed.connect(self._tell)
        self._filling = False
        for name in STEERABLE:
            if name in self.controls:
                self.controls[name].changed.connect(partial(self._on_moved, name))
        self._apply_preset(self.preset.value)

    @property
    def settings(self) -> Settings:
        """The settings as they stand in the form.

        Raises
        ------
        SettingsError
            If something was typed in that cannot be.
        """
        values = {name: control.value for name, control in self.controls.items()}
        for name in ("content_layers", "style_layers"):
            values[name] = parse_layers(values[name])
        if self.start is not None:
            values["init"] = "image"
        return settings(self.preset.value, **{**self._unseen, **values, **self._chosen_features()})

    @settings.setter
    def settings(self, new: Settings) -> None:
        values = dataclasses.asdict(new)
        self._filling = True
        for name, control in self.controls.items():
            value = values.pop(name)
            if (name, value) == ("init", "image"):  # an image comes with a job, not with settings
                value = "content"
            control.value = format_layers(value) if isinstance(value, dict) else value
        self._filling = False
        weights = values.pop("weights")
        title = self._title(values.pop("features"), weights)
        if title == _FILE:
            self.weights_file.value = weights
        self.features.value = title
        preset = values.pop("preset")
        with self.preset.changed.blocked():
            # One that is unknown here has all its settings written out.
            self.preset.value = preset if preset in self.preset.choices else "balanced"
        self._description.setText(PRESETS[self.preset.value].description)
        self._unseen = values
        self._show_file()
        self._set_standards()
        self.changed.emit()

    def standard(self, preset: str) -> Settings:
        """Return what a preset means here: with the feature network that the user prefers."""
        chosen = settings(preset)
        if "features" not in PRESETS[preset].values and preset not in user_presets():
            # Layers that the preset names, or an extension that is gone, may not go with it.
            with suppress(SettingsError):
                chosen = chosen.replace(features=preferences().features)
        return chosen

    def restore_defaults(self) -> None:
        """Bring all controls back to the preset "balanced"."""
        self.settings = self.standard("balanced")

    def show_presets(self) -> None:
        """Offer the presets that there are by now; the chosen one stays, if it is still there."""
        with self.preset.changed.blocked():
            chosen = self.preset.value
            self.preset.choices = list(PRESETS)
            if chosen in PRESETS:
                self.preset.value = chosen

    def _on_moved(self, name: str, value: float) -> None:
        if not self._filling:  # A preset is a choice for the next run.
            self.steered.emit(name, value)

    @property
    def start(self) -> Image | None:
        """The image layer to start from, if one is chosen."""
        value = self._start.value
        return value if isinstance(value, Image) else None

    def offer_starts(self, images: Callable[[], Sequence[Image]]) -> None:
        """Offer image layers to start from, beside what needs none."""
        self._start.layers = images
        self._start.reset_choices()

    def reset_choices(self) -> None:
        """Offer the layers that there are now."""
        self._start.reset_choices()

    def _chosen_features(self) -> dict[str, str]:
        if self.features.value != _FILE:
            return self._meanings[self.features.value]
        path = self.weights_file.value
        if not str(path) or path == Path():
            raise SettingsError("Choose a weights file, or other features.")
        return {"features": "vgg19", "weights": str(path)}

    def _apply_preset(self, name: str) -> None:
        if name not in PRESETS:  # its file has gone meanwhile
            self.show_presets()
            name = self.preset.value
        self.settings = self.standard(name)

    def _set_standards(self) -> None:
        """Tell the rows what the preset says, as their controls would show it."""
        standard = dataclasses.asdict(self.standard(self.preset.value))
        for name in self.controls.keys() & self.rows.keys():
            value = standard[name]
            self.rows[name].set_standard(format_layers(value) if isinstance(value, dict) else value)
        title = self._title(standard["features"], standard["weights"])
        self.rows["features"].set_standard(title)

    def _title(self, features: str, weights: str) -> str:
        """Return the choice that stands for these; a file for weights of no other choice."""
        choice = {"features": features, "weights": weights if features == "vgg19" else "auto"}
        return next((t for t, meaning in self._meanings.items() if meaning == choice), _FILE)

    def _tell(self) -> None:
        self.changed.emit()

    def _show_file(self) -> None:
        self.weights_file.native.setVisible(self.features.value == _FILE)

    def _folded(self, heading: str, titles: dict[str, str]) -> QCollapsible:
        inside = QWidget()
        form = form_layout(inside)
        for name, title in titles.items():
            if name in self.controls:
                form.addRow(title, self.rows[name])
        collapsible = QCollapsible(heading)
        collapsible.addWidget(inside)
        return collapsible
