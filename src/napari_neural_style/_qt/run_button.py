"""Run: the button that stands out, once there is something to paint."""

from __future__ import annotations

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QPushButton

__all__ = ["RunButton"]

_LACKING = "Choose a content and a style first: two pictures."
_QUEUES = "Paint this when the runs before it are over (Ctrl+Return)."
_PAINTS = "Paint the content in the style, into a new layer over it (Ctrl+Return)."


class RunButton(QPushButton):
    """Greyed while a picture is missing; in napari's accent colour when it would begin a run.

    Attributes
    ----------
    ready : bool
        Whether there are a content and a style.
    queues : bool
        Whether a run is at work, behind which another one would wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ready, self.queues = True, False
        self._theme = ""
        self.show_state()

    def take_theme(self, theme: str) -> None:
        """Take the colours of one of napari's themes."""
        self._theme = theme
        self.show_state()

    def show_state(self) -> None:
        """Show what a click would do."""
        self.setEnabled(self.ready)
        self.setText("Add to queue" if self.queues else "Run")
        about = _QUEUES if self.queues else _PAINTS
        self.setToolTip(about if self.ready else _LACKING)
        if not self._theme or self.queues or not self.ready:
            self.setStyleSheet("")
            return
        theme = get_theme(self._theme)
        self.setStyleSheet(
            f"QPushButton {{ background: {theme.current}; font-weight: bold; }}"
            f"QPushButton:hover {{ background: {theme.highlight}; }}"
        )
