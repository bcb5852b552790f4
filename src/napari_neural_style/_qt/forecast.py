"""What a run would take with what the controls say: under Run, and on the cards of the presets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import QObject
from superqt.utils import qdebounced

from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style._qt.panel import RunPanel
from napari_neural_style.costs.estimate import estimate_for
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.presets.catalogue import PRESETS
from napari_neural_style.viewing.multiscale import finest

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Forecast"]

#: After the last change of a control, so long before it is computed.
_PAUSE_MILLISECONDS = 200


class Forecast(QObject):
    """Keeps the figures up to date.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    form : SettingsForm
    panel : RunPanel
    content : callable
        Returns the layers that would be painted.
    by_look : callable
        Whether it would be with a look.
    parent : QObject
    """

    def __init__(
        self,
        viewer: ViewerModel,
        form: SettingsForm,
        panel: RunPanel,
        content: Callable[[], list[Image]],
        by_look: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer, self._form, self._panel, self._content = viewer, form, panel, content
        self._by_look = by_look
        self._soon = qdebounced(self.compute, timeout=_PAUSE_MILLISECONDS, parent=self)

    def ask(self, _: Any = None) -> None:
        """Compute it soon."""
        self._soon()

    def compute(self) -> None:
        """Compute it now, and tell it."""
        shapes = [self._shape(layer) for layer in self._content()]
        if not shapes:
            self._panel.tell_estimate("Needs two pictures: a content and a style.")
            return
        shape = max(shapes, key=max)
        if self._by_look():
            self._panel.tell_estimate(
                "A look paints at once, at the content's full resolution: strength, size and steps "
                "are for style images."
            )
            return
        try:
            found = estimate_for(shape, self._form.settings)
        except NeuralStyleError:
            self._panel.tell_estimate("")  # Run says what cannot be.
        else:
            known = found.bytes is not None or found.seconds is not None
            sign = "" if found.fits else "! "
            self._panel.tell_estimate(f"{sign}Needs {found}" if known else "")
        times = {}
        for name in PRESETS:
            try:
                expected = estimate_for(shape, self._form.standard(name)).time
            except NeuralStyleError:
                continue
            if expected:
                times[name] = expected
        self._form.preset.tell_times(times)

    def _shape(self, layer: Image) -> tuple[int, int]:
        """Return height and width of what is shown of a layer, in its pixels."""
        shape = finest(layer).shape
        shape = shape[:-1] if layer.rgb else shape
        axes = [axis - self._viewer.dims.ndim + len(shape) for axis in self._viewer.dims.displayed]
        shown = [shape[axis] for axis in axes if axis >= 0] or [*shape[-2:]]
        return int(shown[0]), int(shown[-1])
