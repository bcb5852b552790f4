"""The controls of the dock widget: one for each setting, with limits and help from `Settings`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from napari.layers import Image
from psygnal import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.feature_choice import IMAGENET, FeatureChoice
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.parts import VerticalScroll, form_layout, let_shrink
from napari_neural_style._qt.preset_cards import PresetCards
from napari_neural_style._qt.reset import Resettable
from napari_neural_style._qt.setting_control import has_choice, setting_control
from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import format_layers, parse_layers
from napari_neural_style.preferences import preferences
from napari_neural_style.presets.catalogue import PRESETS, settings
from napari_neural_style.presets.user_presets import user_presets
from napari_neural_style.settings import STEERABLE, Settings

__all__ = ["IMAGENET", "SettingsForm"]

_BASIC = {"style_strength": "Style strength", "size": "Size (px)", "steps": "Steps"}
_COLOURS = {
    "color": "Colours of",
    "color_strength": "How far",
    "style_scale": "Stroke size",
    "result_size": "Result size",
}
_EXPERT = {
    "update_every": "Update every (steps)",
    "seed": "Seed",
    "init": "Start from",
    "content_weight": "Content weight α",
    "style_weight": "Style weight β",
    "tv_weight": "Total variation",
    "temporal_weight": "Temporal weight",
    "optimizer": "Optimiser",
    "learning_rate": "Learning rate",
    "decay": "Learning rate decay",
    "averaging": "Averaging",
    "style_loss": "Style statistic",
    "style_turns": "Style turned (ways)",
    "finish_steps": "Finishing steps",
    "content_loss": "Content loss",
    "content_layers": "Content layers",
    "style_layers": "Style layers",
    "smallest_scale": "Coarsest scale (px)",
    "pooling": "Pooling",
    "padding": "Border",
    "device": "Device",
    "precision": "Precision",
}
#: Their controls are placed by those who use them.
_ELSEWHERE = {"mask_softness": "Soft edge (px)", "mask_levels": "Labels mean"}
#: The least width of a page, in pixels: enough for every label and control.
_WIDTH = 330


class SettingsForm(QTabWidget):
    """Pages that show and edit `Settings`: what one wants first, colours, and the rest.

    Parameters
    ----------
    above : sequence of QWidget
        What stands on the first page above the recipe.

    Attributes
    ----------
    recipe : QWidget
        Presets, strength, size and steps.
    preset_row : QHBoxLayout
        The title of the presets; there is room for a button beside it.
    preset : PresetCards
    features : FeatureChoice
    controls : dict
        By the name of the setting.
    rows : dict of str to Resettable
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

    def __init__(self, above: Sequence[QWidget] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset = PresetCards()
        self.feature_choice = FeatureChoice()
        self.features, self.weights_file = self.feature_choice.combo, self.feature_choice.file
        titles = {**_BASIC, **_COLOURS, **_EXPERT, **_ELSEWHERE}
        self.controls = {name: setting_control(name) for name in titles if has_choice(name)}
        init = self.controls["init"]
        assert isinstance(init, LayerCombo)
        self._start = init
        self._unseen: dict[str, Any] = {}
        self.rows = {
            name: Resettable(control, titles[name])
            for name, control in self.controls.items()
            if name not in _ELSEWHERE
        }
        for name in _ELSEWHERE:
            named(self.controls[name].native, titles[name])
        self.rows["features"] = self.feature_choice.row
        self._lay_out(above)
        for combo in self.findChildren(QComboBox):
            let_shrink(combo)
        self.preset.changed.connect(self._apply_preset)
        for control in self.controls.values():
            control.changed.connect(self._tell)
        self.preset.changed.connect(self._tell)
        self.feature_choice.changed.connect(self._tell)
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
        chosen = self.feature_choice.settings
        return settings(self.preset.value, **{**self._unseen, **values, **chosen})

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
        self.feature_choice.choose(values.pop("features"), values.pop("weights"))
        preset = values.pop("preset")
        with self.preset.changed.blocked():
            # One that is unknown here has all its settings written out.
            self.preset.value = preset if preset in self.preset.choices else "balanced"
        self._unseen = values
        self._set_standards()
        self._tell()

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

    def show_features(self) -> None:
        """Turn to the page on which the feature network is chosen, and to its combo."""
        self.setCurrentIndex(self.count() - 1)
        self.features.native.setFocus()

    def show_presets(self) -> None:
        """Offer the presets that there are by now; the chosen one stays, if it is still there."""
        with self.preset.changed.blocked():
            self.preset.choices = list(PRESETS)

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

    def add_page(self, title: str, tooltip: str, inside: QWidget, at: int | None = None) -> None:
        """Add a page that scrolls where there is no room for it.

        Parameters
        ----------
        title, tooltip : str
        inside : QWidget
        at : int, optional
            Its place among the others; by default the last.
        """
        place = self.count() if at is None else at
        self.insertTab(place, VerticalScroll(inside, _WIDTH), title)
        self.setTabToolTip(place, tooltip)

    def _apply_preset(self, name: str) -> None:
        if name not in PRESETS:  # its file has gone meanwhile
            self.show_presets()
            name = self.preset.value
        # What the labels of a mask mean is the mask's affair, not the recipe's.
        levels = self.controls["mask_levels"].value
        self.settings = self.standard(name).replace(mask_levels=levels)

    def _set_standards(self) -> None:
        """Tell the rows what the preset says, as their controls would show it."""
        standard = dataclasses.asdict(self.standard(self.preset.value))
        for name in self.controls.keys() & self.rows.keys():
            value = standard[name]
            self.rows[name].set_standard(format_layers(value) if isinstance(value, dict) else value)
        self.feature_choice.set_standard(standard["features"], standard["weights"])

    def _tell(self) -> None:
        self.preset.tell_changed(any(row.differs for row in self.rows.values()))
        self.changed.emit()

    def _lay_out(self, above: Sequence[QWidget]) -> None:
        self.setDocumentMode(True)
        self.setUsesScrollButtons(False)
        named(self, "Style transfer", "Pages of controls.")
        self.preset_row = QHBoxLayout()
        self.preset_row.addWidget(_heading("Preset"), 1)
        numbers = QHBoxLayout()
        numbers.setSpacing(4)
        for name in ("size", "steps"):
            label = QLabel(_BASIC[name])
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            numbers.addWidget(label)
            numbers.addWidget(self.rows[name], 1)
        self.recipe = QWidget()
        recipe = QVBoxLayout(self.recipe)
        recipe.setContentsMargins(0, 0, 0, 0)
        recipe.setSpacing(3)
        strength = QHBoxLayout()
        strength.addWidget(_heading(_BASIC["style_strength"]), 1)
        strength.addWidget(self.rows["style_strength"].button)
        recipe.addLayout(strength)
        recipe.addWidget(self.rows["style_strength"])
        recipe.addLayout(self.preset_row)
        recipe.addWidget(self.preset)
        recipe.addLayout(numbers)
        # The pictures above give way first, and then the page scrolls: no card is squeezed.
        self.recipe.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        first = QWidget()
        paint = QVBoxLayout(first)
        paint.setContentsMargins(4, 4, 4, 4)
        paint.setSpacing(4)
        for widget in above:
            paint.addWidget(widget)
        paint.addWidget(self.recipe)
        paint.addStretch(1)
        self.add_page("Paint", "Content, style, preset and strength.", first)
        self.add_page("Colours", "Whose colours, and how large the strokes.", self._page(_COLOURS))
        expert = self._page(_EXPERT, {"Features": self.feature_choice})
        self.add_page("Expert", "Everything else that can be set.", expert)

    def _page(self, titles: dict[str, str], first: Mapping[str, QWidget] | None = None) -> QWidget:
        page = QWidget()
        form = form_layout(page)
        form.setContentsMargins(4, 6, 4, 4)
        for title, widget in (first or {}).items():
            form.addRow(title, widget)
        for name, title in titles.items():
            if name in self.controls:
                form.addRow(title, self.rows[name])
        return page


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label
