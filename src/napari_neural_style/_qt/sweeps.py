"""The Sweep dock: one or two settings over several values, in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
)

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.docks import main_widget
from napari_neural_style._qt.layer_combo import LayerCombo, image_layers, move_on
from napari_neural_style._qt.parts import Banner, form_layout, let_shrink
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.sweep_values import SweepValues
from napari_neural_style._qt.tabbing import Docked
from napari_neural_style.comparing.layer_sweep import LayerSweep
from napari_neural_style.comparing.sweep_plan import STYLE, Plan
from napari_neural_style.comparing.sweep_values import worth_varying
from napari_neural_style.errors import NeuralStyleError, SettingsError
from napari_neural_style.job import Engine
from napari_neural_style.presets.catalogue import PRESETS, describe
from napari_neural_style.presets.catalogue import settings as preset_settings
from napari_neural_style.process import engine_process
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import bare
from napari_neural_style.wording import titled

if TYPE_CHECKING:
    import napari

__all__ = ["SweepWidget"]

_AS_IN_DOCK = "as in Style transfer"
_NONE = "none"


class SweepWidget(Docked):
    """Sweeps over settings, as a dock widget of napari.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    """

    # napari knows the viewer's parameter by its name.
    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__()
        self._viewer = bare(napari_viewer)
        self._engine = engine_process() if engine is None else engine
        self._following = Following(self)
        self.current_sweep: LayerSweep | None = None
        self.content_combo = LayerCombo(self._images, "The image layer to paint.")
        self.style_combo = LayerCombo(
            self._images, "The image layer whose style it is painted in, if that is not varied."
        )
        self.base_combo = QComboBox()
        self.base_combo.addItems([_AS_IN_DOCK, *PRESETS])
        self.base_combo.setToolTip(
            "Where the settings that are not varied come from: the Style transfer dock (the preset "
            "balanced, if that is not open), or a preset."
        )
        self.name_combos = QComboBox(), QComboBox()
        self.values = SweepValues(self._images), SweepValues(self._images)
        self.name_combos[1].addItem(_NONE)
        for combo in self.name_combos:
            for name in worth_varying():
                combo.addItem(titled(name), name)
                tip = "The style image." if name == STYLE else describe(name)["help"]
                combo.setItemData(combo.count() - 1, tip, 3)  # the role of tooltips
        named(self.content_combo.native, "Content")
        named(self.style_combo.native, "Style")
        named(self.base_combo, "Other settings")
        for number, combo in enumerate(self.name_combos, start=1):
            named(combo, f"Setting {number} to vary", "Which setting takes several values.")
        self.note, self.error = PlainLabel(), Banner()
        self.note.setWordWrap(True)
        self.bar = QProgressBar()
        named(self.bar, "Progress", "How many of the runs are done.")
        self.bar.hide()
        self.run_button, self.cancel_button = QPushButton("Run"), QPushButton("Cancel")
        self.run_button.setToolTip("Paint once for each value, and show all in a grid.")
        self.cancel_button.setToolTip("Stop here; the results that are there stay.")
        self._lay_out()

        for combo, values in zip(self.name_combos, self.values, strict=True):
            combo.currentIndexChanged.connect(
                lambda _, combo=combo, values=values: self._offer(combo, values)
            )
            values.changed.connect(self._check)
        self.run_button.clicked.connect(self.run)
        self.cancel_button.clicked.connect(self.cancel)
        self.reset_choices()
        for combo, values in zip(self.name_combos, self.values, strict=True):
            self._offer(combo, values)
        self._show_state()

    @property
    def vary(self) -> dict[str, list[Any]]:
        """What is to be varied, and the values that are chosen.

        Raises
        ------
        SettingsError
            If it is the same twice.
        """
        found: dict[str, list[Any]] = {}
        for combo, values in zip(self.name_combos, self.values, strict=True):
            name = combo.currentData()
            if name in found:
                raise SettingsError(f"{titled(name)} is there twice: choose another.")
            if name is not None:
                found[name] = values.values
        return found

    @property
    def settings(self) -> Settings:
        """The settings that are not varied.

        Raises
        ------
        SettingsError
            If those in the Style transfer dock cannot be.
        """
        if self.base_combo.currentIndex():
            return preset_settings(self.base_combo.currentText())
        widget = main_widget(self._viewer)
        return widget.form.settings if widget else Settings()

    def _plan(self, content: Image | str, style: Image | str | None) -> Plan:
        vary, settings, start = self.vary, self.settings, self._start
        if "init" in vary:
            settings, start = settings.replace(init="content"), None
        styles = None if STYLE in vary else style
        request = Request(content=content, styles=styles, settings=settings, init=start)
        return Plan.of(vary, request, given=())

    @property
    def _start(self) -> Image | None:
        """The layer that the Style transfer dock starts from, if it is that dock's settings."""
        widget = None if self.base_combo.currentIndex() else main_widget(self._viewer)
        return widget.form.start if widget else None

    def run(self) -> LayerSweep | None:
        """Start the sweep; the same as the console's `sweep_layers`.

        Returns
        -------
        LayerSweep or None
            None if it cannot begin; the dock says why.
        """
        if self.current_sweep and not self.current_sweep.over:
            return self.current_sweep
        self.error.tell("")
        try:
            content, style = self.content_combo.value, self.style_combo.value
            if content is None:
                raise NeuralStyleError(
                    "Open two images first, a content and a style: File > Open Sample has some."
                )
            swept = LayerSweep(self._viewer, self._plan(content, style), engine=self._engine)
            swept.start()
        except NeuralStyleError as error:
            self.error.tell(error)
            return None
        self.current_sweep = swept
        self._following.clear()
        self._following.connect(swept.advanced, self._show_state)
        self._show_state()
        return swept

    def cancel(self) -> None:
        """Stop the sweep; the results that are there stay."""
        if self.current_sweep:
            self.cancel_button.setEnabled(False)
            self.current_sweep.cancel()

    def reset_choices(self, event: Any = None) -> None:
        """Bring the layer combos up to date.

        napari calls this when layers come, go, move or are renamed, as long as there is this dock.
        """
        self.content_combo.reset_choices()
        self.style_combo.reset_choices()
        move_on(self.style_combo, self.content_combo)
        for values in self.values:
            values.reset_choices()

    def _images(self) -> list[Image]:
        return image_layers(self._viewer)

    def _offer(self, combo: QComboBox, values: SweepValues) -> None:
        """Offer values of a setting, some of them chosen to begin with."""
        name = combo.currentData()
        values.setVisible(name is not None)
        values.offer(name, self.content_combo.value)
        self._check()

    def _check(self) -> None:
        """Say how many runs it will be, or what is wrong with what was chosen."""
        try:
            rows, columns = self._plan("content", "style").shape
        except NeuralStyleError as error:
            self.note.setText("")
            self.error.tell(error)
            return
        self.error.tell("")
        times = f"{rows} x {columns} = " if rows > 1 else ""
        self.note.setText(f"{times}{rows * columns} runs, one after the other.")

    def _show_state(self, _: object = None) -> None:
        swept = self.current_sweep
        going = swept is not None and not swept.over
        self.run_button.setVisible(not going)
        self.cancel_button.setVisible(going)
        self.cancel_button.setEnabled(going)
        if swept is None:
            return
        self.bar.show()
        self.bar.setRange(0, swept.total)
        self.bar.setValue(swept.done)
        end = "" if going else f", {swept.state}"
        self.bar.setFormat(f"{swept.done} of {swept.total}{end}")
        if swept.errors:
            self.error.tell("\n".join(f"{label}: {why}" for label, why in swept.errors.items()))

    def _lay_out(self) -> None:
        form = form_layout()
        form.addRow("Content", self.content_combo.native)
        form.addRow("Style", self.style_combo.native)
        form.addRow("Other settings", self.base_combo)
        for title, combo, values in zip(
            ("Vary", "and"), self.name_combos, self.values, strict=True
        ):
            form.addRow(title, combo)
            form.addRow(values)
        for combo in (self.base_combo, *self.name_combos):
            let_shrink(combo)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run_button)
        buttons.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(self.error)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        layout.addStretch()
