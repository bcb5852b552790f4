"""A mask in paint mode is put away before its layer goes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from qtpy.compat import isalive
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QWidget

from napari_neural_style._qt.shortcuts import main_window

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["put_away_when_removed"]


def put_away_when_removed(viewer: ViewerModel, mask: Labels, widget: QWidget) -> None:
    """Leave paint mode, and draw the canvas without the brush, just before a mask is removed.

    napari 0.9 goes on drawing the brush of a layer that is removed in paint mode, and ends with a
    segmentation fault in OpenGL as soon as a stack is added.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    mask : napari.layers.Labels
    widget : QWidget
        Any in napari's window.
    """
    # Weakly, all of it: the layer list that calls this lives as long as the viewer.
    found = main_window(widget)
    layer, window = weakref.ref(mask), None if found is None else weakref.ref(found)

    def put_away(event: Any) -> None:
        going = layer()
        if going is None or event.source[event.index] is not going:
            return
        going.mode = "pan_zoom"
        there = window() if window else None
        if there is not None and isalive(there):  # type: ignore[no-untyped-call]
            for canvas in there.findChildren(QOpenGLWidget):
                canvas.repaint()

    viewer.layers.events.removing.connect(put_away)
