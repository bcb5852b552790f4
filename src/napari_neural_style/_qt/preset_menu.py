"""The button beside the presets: save, delete, import, export, and back to the defaults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFileDialog, QInputDialog, QMenu, QMessageBox, QPushButton

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style._qt.plain_text import as_it_stands
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.presets.last_settings import forget
from napari_neural_style.presets.user_presets import (
    delete_preset,
    export_preset,
    import_preset,
    save_preset,
    user_presets,
)

__all__ = ["PresetMenu"]

_FILES = "Presets (*.json)"


class PresetMenu(QPushButton):
    """A button with the menu; what goes wrong is told by the form's `problem`.

    Parameters
    ----------
    form : SettingsForm
        Which it acts on, and where it takes its place beside the presets.
    """

    def __init__(self, form: SettingsForm) -> None:
        super().__init__(form)
        self._form = form
        self.setText("More ⋯")
        self.setToolTip("Presets of your own, and back to the defaults.")
        named(self, "Preset menu")
        # Without the arrow that Qt draws into a button that opens a menu.
        self.setStyleSheet("QPushButton::menu-indicator { image: none; width: 0px; }")
        self.actions_menu = menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.save = self.add(
            "Save as ...", "Keep these settings as a preset of your own.", self._save
        )
        self.delete = self.add(
            "Delete", "Delete this preset; those that come with the package stay.", self._delete
        )
        menu.addSeparator()
        self.import_ = self.add(
            "Import ...", "Take in a preset that somebody has exported.", self._import
        )
        self.export = self.add(
            "Export ...", "Write this preset to a JSON file, for others.", self._export
        )
        menu.addSeparator()
        self.restore = self.add(
            "Restore defaults", "Bring all controls back to the preset “balanced”.", self._restore
        )
        menu.aboutToShow.connect(self._enable)
        self.setMenu(menu)
        form.preset_row.addWidget(self)

    def add(self, text: str, tooltip: str, call: Callable[[], object]) -> Any:
        """Add a line to the menu, and what it does; return the `QAction`.

        A `NeuralStyleError` is told by the form.
        """

        def do() -> None:
            try:
                call()
            except NeuralStyleError as error:
                self._form.problem.emit(str(error))

        action = self.actions_menu.addAction(text)
        assert action is not None
        action.setToolTip(tooltip)
        action.triggered.connect(do)
        return action

    def _enable(self) -> None:
        own = self._form.preset.value in user_presets()
        self.delete.setEnabled(own)
        self.export.setEnabled(own)

    def _save(self) -> None:
        chosen = self._form.preset.value
        name, wanted = QInputDialog.getText(
            self, "Save as a preset", "Name:", text=chosen if chosen in user_presets() else ""
        )
        if not wanted:
            return
        known = {own.casefold(): own for own in user_presets()}
        if (own := known.get(name.strip().casefold())) and not self._agrees(
            f"Replace the preset “{own}”?"
        ):
            return
        name = save_preset(name, self._form.settings)
        self._form.show_presets()
        self._form.settings = self._form.settings.replace(preset=name)

    def _delete(self) -> None:
        name = self._form.preset.value
        if not self._agrees(f"Delete the preset “{name}”?"):
            return
        settings = self._form.settings.replace(preset="balanced")
        delete_preset(name)
        self._form.settings = settings  # The controls stay as they are.
        self._form.show_presets()

    def _import(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Import a preset", "", _FILES)
        if not path:
            return
        name = import_preset(path)
        self._form.show_presets()
        self._form.preset.value = name

    def _export(self) -> None:
        name = self._form.preset.value
        path, _ = QFileDialog.getSaveFileName(
            self, "Export the preset", str(Path.home() / f"{name}.json"), _FILES
        )
        if path:
            export_preset(name, path)

    def _restore(self) -> None:
        self._form.restore_defaults()
        forget()

    def _agrees(self, question: str) -> bool:
        answer = QMessageBox.question(self, "Neural style", as_it_stands(question))
        return bool(answer == QMessageBox.StandardButton.Yes)
