"""How the other docks find the one in which single runs are set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["main_widget"]


def main_widget(viewer: Viewer, open_it: bool = False) -> NeuralStyleWidget | None:
    """Return the dock in which single runs are set up, if it is open.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    open_it : bool
        Whether to open it if it is not.
    """
    window = bare(viewer).window
    for widget in window.dock_widgets.values():
        if isinstance(widget, NeuralStyleWidget):
            return widget
    if open_it:
        _, widget = window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
        assert isinstance(widget, NeuralStyleWidget)
        return widget
    return None
