"""A scroll area that scrolls up and down only, and is as wide as what it holds needs."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget

__all__ = ["VerticalScroll"]


class VerticalScroll(QScrollArea):
    """Shows a widget at its full width, beside the scroll bar and not under it.

    Parameters
    ----------
    inside : QWidget
    width : int
        The least width, in pixels.
    """

    def __init__(self, inside: QWidget, width: int) -> None:
        super().__init__()
        self._least = width
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        inside.installEventFilter(self)
        self._widen()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take the width that is needed once sections are opened."""
        if event and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._widen()
        return bool(super().eventFilter(watched, event))

    def _widen(self) -> None:
        inside, bar = self.widget(), self.verticalScrollBar()
        if inside and bar:
            needed = inside.minimumSizeHint().width() + bar.sizeHint().width()
            self.setMinimumWidth(max(self._least, needed))
