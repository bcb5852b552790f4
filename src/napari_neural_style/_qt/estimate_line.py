"""The line under Run: what it will take, kept true while the user chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from superqt.utils import qdebounced

from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style.costs.estimate import estimate_for
from napari_neural_style.errors import NeuralStyleError

__all__ = ["EstimateLine"]

_REST_MILLISECONDS = 150


class EstimateLine(QObject):
    """Tells memory and time again whenever the content or a setting changes.

    Parameters
    ----------
    form : SettingsForm
        Which owns this.
    content : LayerCombo
    tell : callable
        Called with the text; with an empty one where there is nothing to tell.
    """

    def __init__(
        self, form: SettingsForm, content: LayerCombo, tell: Callable[[str], object]
    ) -> None:
        super().__init__(form)
        self._form, self._content, self._tell = form, content, tell
        self.soon = qdebounced(self.now, timeout=_REST_MILLISECONDS, parent=self)
        form.changed.connect(self.soon)
        content.changed.connect(self.soon)
        self.now()

    def now(self, *_: object) -> None:
        """Tell it now."""
        shape = _picture_shape(self._content.value)
        try:
            self._tell(str(estimate_for(shape, self._form.settings)) if shape else "")
        except NeuralStyleError:  # the form itself says what is wrong
            self._tell("")


def _picture_shape(layer: Any) -> tuple[int, int] | None:
    """Return height and width of what is painted; None if that is not a single layer."""
    if not hasattr(layer, "data"):
        return None
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    height, width = shape[-3:-1] if layer.rgb else shape[-2:]
    return (height, width) if min(height, width) > 0 else None
