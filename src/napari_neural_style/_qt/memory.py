"""What the form shows is there again at the next start of napari."""

from __future__ import annotations

from contextlib import suppress

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication
from superqt.utils import qdebounced

from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style.errors import SettingsError
from napari_neural_style.presets.catalogue import PRESETS
from napari_neural_style.presets.last_settings import remember, remembered, remembered_preset

__all__ = ["Memory"]

#: Written this long after the last change, and when napari ends.
_REST_MILLISECONDS = 400


class Memory(QObject):
    """Brings a form to what was shown last, and keeps what it shows from then on.

    Parameters
    ----------
    form : SettingsForm
        Which owns this.
    """

    def __init__(self, form: SettingsForm) -> None:
        super().__init__(form)
        self._form = form
        if (preset := remembered_preset()) in PRESETS and preset is not None:
            form.settings = remembered(form.standard(preset))
        self._keep_soon = qdebounced(self.keep, timeout=_REST_MILLISECONDS, parent=self)
        form.changed.connect(self._keep_soon)
        if application := QApplication.instance():
            application.aboutToQuit.connect(self._keep_soon.flush)

    def keep(self) -> None:
        """Write down what the form shows; what cannot be is left as it was."""
        with suppress(SettingsError):
            settings = self._form.settings
            remember(settings, self._form.standard(settings.preset))
