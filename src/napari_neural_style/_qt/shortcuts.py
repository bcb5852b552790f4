"""Keys that work wherever the focus is in napari's window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from qtpy.compat import isalive
from qtpy.QtGui import QKeySequence, QShortcut  # type: ignore[attr-defined]
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_neural_style._qt.binding import when_destroyed

__all__ = ["KEYS", "Shortcuts", "main_window"]

#: What the dock does on which key; none of them is napari's.
KEYS = {
    "run": "Ctrl+Return",
    "pause": "Ctrl+Shift+Return",
    "cancel": "Ctrl+.",
    "before": "Ctrl+B",
}


class Shortcuts:
    """Keys of a dock, for as long as it is in a window.

    Parameters
    ----------
    widget : QWidget
        Owns them; they work while it is a hidden tab as well.
    calls : mapping of str to callable
        What to do, by name in `KEYS`.
    """

    def __init__(self, widget: QWidget, calls: Mapping[str, Callable[[], object]]) -> None:
        self._calls = dict(calls)
        self.made: dict[str, QShortcut] = {}
        when_destroyed(widget, partial(_delete, self.made))

    def attach(self, widget: QWidget) -> None:
        """Listen in the window that the widget has come into."""
        window = main_window(widget)
        if window is None or self.made:
            return
        for name, call in self._calls.items():
            shortcut = QShortcut(QKeySequence(KEYS[name]), window)
            shortcut.activated.connect(call)
            # Where two docks of the kind are open, Qt lets them take turns.
            shortcut.activatedAmbiguously.connect(call)
            self.made[name] = shortcut


def main_window(widget: QWidget) -> QMainWindow | None:
    """Return the window of napari that a widget is docked in, or floats over."""
    parent: QWidget | None = widget
    while parent is not None:
        if isinstance(parent, QMainWindow) and parent.parentWidget() is None:
            return parent
        parent = parent.parentWidget()
    return None


def _delete(made: dict[str, QShortcut]) -> None:
    for shortcut in made.values():
        if isalive(shortcut):  # type: ignore[no-untyped-call]
            shortcut.setParent(None)
            shortcut.deleteLater()
    made.clear()
