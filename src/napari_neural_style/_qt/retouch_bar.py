"""A brush for results: what it is drawn over is painted anew, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from psygnal import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from superqt.utils import qdebounced

from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.brush import put_away_when_removed
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.records.records import record_of
from napari_neural_style.retouching import Retouch, Stroke
from napari_neural_style.running.qt_workers import create_worker
from napari_neural_style.viewing.layers import bare
from napari_neural_style.viewing.mask_layers import labels_on, new_mask
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.views import source_of

if TYPE_CHECKING:
    import napari

__all__ = ["RetouchBar"]

#: After the last movement of the brush, so long nothing must happen before it counts as a stroke.
_PAUSE_MILLISECONDS = 150
_NAME = "brush"


class RetouchBar(QWidget):
    """The brush, and a button that takes its last stroke back.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    result : callable
        Returns the result to paint on, or None.
    strength : callable
        Returns the style strength of the next stroke.
    engine : Engine

    Attributes
    ----------
    told : psygnal.SignalInstance
        Emitted with a sentence for the user.
    """

    told = Signal(object)

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        result: Callable[[], Image | None],
        strength: Callable[[], float],
        engine: Engine,
    ) -> None:
        super().__init__()
        self._viewer, self._engine = bare(viewer), engine
        self._result, self._strength = result, strength
        self.retouch: Retouch | None = None
        self.drawing: Labels | None = None
        self._waiting: list[Stroke] = []
        self._worker: Any = None
        words = PlainLabel(
            "Touch up a result: draw over a spot, and it is painted anew with the style strength "
            "of the first page."
        )
        words.setWordWrap(True)
        self.brush_button, self.undo_button = QPushButton("Brush"), QPushButton("Undo stroke")
        self.brush_button.setCheckable(True)
        self.brush_button.setToolTip("Draw over the result that is selected, or the last one.")
        self.undo_button.setToolTip("Bring back the pixels from before the last stroke.")
        self.state = PlainLabel()
        row = QHBoxLayout()
        row.addWidget(self.brush_button)
        row.addWidget(self.undo_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(words)
        column.addLayout(row)
        column.addWidget(self.state)
        self._following = Following(self)
        self._stroke_soon = qdebounced(self._stroke, timeout=_PAUSE_MILLISECONDS, parent=self)
        self.brush_button.toggled.connect(self._toggle)
        self.undo_button.clicked.connect(self.undo)
        self._show()

    def undo(self, _: bool = False) -> None:
        """Take the last stroke back."""
        if self.retouch is not None and self._worker is None:
            self.retouch.undo()
        self._show()

    def _toggle(self, on: bool) -> None:
        if not on:
            self._put_away()
            return
        try:
            layer = self._result()
            if layer is None or record_of(layer) is None:
                raise NeuralStyleError("Paint a result first, or select one: the brush is for it.")
            if self.retouch is None or self.retouch.layer is not layer:
                self.retouch = Retouch(self._viewer, layer)
            source = source_of(self._viewer, layer, [])
            self.drawing = new_mask(self._viewer, source.grid, Sliders.of(self._viewer))
        except NeuralStyleError as error:
            self.told.emit(error)
            self.brush_button.setChecked(False)
            return
        self.drawing.name, self.drawing.opacity = _NAME, 0.5
        put_away_when_removed(self._viewer, self.drawing, self)
        self._following.clear()
        self._following.connect(self.drawing.events.paint, self._on_paint)
        self._following.connect(self._viewer.layers.events.removed, self._on_removed)
        self._show()

    def _put_away(self) -> None:
        self._following.clear()
        mask, self.drawing = self.drawing, None
        if mask is not None and mask in self._viewer.layers:
            self._viewer.layers.remove(mask)
        if self.retouch is not None and self.retouch.layer in self._viewer.layers:
            self._viewer.layers.selection.active = self.retouch.layer
        self._show()

    def _on_removed(self, event: Any) -> None:
        if event.value is self.drawing or (
            self.retouch is not None and event.value is self.retouch.layer
        ):
            self.brush_button.setChecked(False)

    def _on_paint(self, _: Any) -> None:
        self._stroke_soon()

    def _stroke(self) -> None:
        if self.drawing is None or self.retouch is None:
            return
        try:
            source = source_of(self._viewer, self.retouch.layer, [])
            sliders = Sliders.of(self._viewer)
            placement = source.grid.place(source.grid.plane(sliders))
            drawn = labels_on(self.drawing, placement, sliders, "brush")
            self._waiting.append(self.retouch.stroke(drawn, self._strength()))
        except NeuralStyleError as error:
            self.told.emit(error)
        self.drawing.data = np.zeros_like(self.drawing.data)
        self._next()

    def _next(self) -> None:
        if self._worker is None and self._waiting and self.retouch is not None:
            retouch, stroke = self.retouch, self._waiting.pop(0)
            self._worker = create_worker(
                _painted,
                retouch,
                stroke,
                self._engine,
                _start_thread=False,
                _connect={"yielded": self._on_news, "finished": self._on_end},
            )
            self._worker.start()
        self._show()

    def _on_news(self, news: tuple[Retouch, Stroke, Any]) -> None:
        retouch, stroke, picture = news
        if isinstance(picture, NeuralStyleError):
            self.told.emit(picture)
        elif retouch.layer in self._viewer.layers:
            retouch.apply(stroke, picture)

    def _on_end(self) -> None:
        self._worker = None
        self._next()

    def _show(self) -> None:
        at_work = self._worker is not None
        strokes = 0 if self.retouch is None else len(self.retouch)
        self.undo_button.setEnabled(strokes > 0 and not at_work)
        self.state.setText("Painting the spot ..." if at_work else "")


def _painted(retouch: Retouch, stroke: Stroke, engine: Engine) -> Iterator[Any]:
    """Yield what becomes of a stroke: pictures, or an error."""
    try:
        for picture in retouch.paint(stroke, engine):
            yield retouch, stroke, picture
    except NeuralStyleError as error:
        yield retouch, stroke, error
