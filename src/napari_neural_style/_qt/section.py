"""A page of the dock that is built when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from psygnal import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

__all__ = ["Inside", "Section"]


class Inside(QWidget):
    """What a section holds."""

    #: Emitted when something else is chosen.
    changed = Signal()

    def summary(self) -> str:
        """Return in a word or two what is chosen in here; nothing if nothing is."""
        return ""


W = TypeVar("W", bound=Inside)


class Section(QWidget, Generic[W]):
    """A page that tells what is chosen in it, so that nothing is at work unseen.

    Parameters
    ----------
    build : callable
        Makes the widget inside.

    Attributes
    ----------
    inside : QWidget or None
        None as long as the page has never been opened.
    told : psygnal.SignalInstance
        Emitted with what is chosen inside, in a word or two.
    """

    told = Signal(str)

    def __init__(self, build: Callable[[], W], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self.inside: W | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 6, 4, 4)
        self._column.addStretch(1)

    def open(self) -> W:
        """Return what is inside, built if that has not been done yet."""
        if self.inside is None:
            self.inside = self._build()
            self._column.insertWidget(0, self.inside)
            self.inside.changed.connect(self._tell)
            self._tell()
        return self.inside

    def add_below(self, widget: QWidget) -> None:
        """Put a widget below what is inside."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Build what is inside."""
        self.open()
        super().showEvent(a0)

    def _tell(self) -> None:
        if self.inside:
            self.told.emit(self.inside.summary())
