"""The docks of this plugin lie over each other as tabs, rather than squeeze each other."""

from __future__ import annotations

from qtpy.compat import isalive
from qtpy.QtCore import QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_neural_style._qt.shortcuts import main_window

__all__ = ["Docked", "dock_of"]


class Docked(QWidget):
    """A widget in a dock, which becomes a tab beside the others of its kind when it first shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._joined = False

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Join the others once napari has put the dock into its place."""
        super().showEvent(a0)
        if not self._joined:
            self._joined = True
            QTimer.singleShot(0, self._join)

    def _join(self) -> None:
        if not isalive(self):  # type: ignore[no-untyped-call]
            return
        window, dock = main_window(self), dock_of(self)
        if window is None or dock is None or dock.isFloating():
            return
        area = window.dockWidgetArea(dock)
        for other in window.findChildren(Docked):
            there = dock_of(other)
            if there is None or there is dock or there.isFloating() or there.isHidden():
                continue
            if window.dockWidgetArea(there) == area:
                if dock not in window.tabifiedDockWidgets(there):
                    window.tabifyDockWidget(there, dock)
                dock.raise_()
                return


def dock_of(widget: QWidget) -> QDockWidget | None:
    """Return the dock that a widget is in."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent
