"""What the docks of this plugin share: finding each other, and telling errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["ErrorLabel", "main_widget"]


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


class ErrorLabel(PlainLabel):
    """A sentence in red, gone while there is nothing to tell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setWordWrap(True)
        self.setStyleSheet("background: #8a2b2b; color: white; padding: 6px; border-radius: 3px;")
        self.hide()

    def tell(self, text: object) -> None:
        """Show why something did not work; an empty text takes the label away."""
        self.setText(str(text))
        self.setVisible(bool(str(text)))
