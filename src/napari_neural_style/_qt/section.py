"""A part of the dock that is folded away, and built when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from psygnal import Signal
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget
from superqt import QCollapsible

__all__ = ["Inside", "Section"]

#: Qt's own QWIDGETSIZE_MAX.
_UNLIMITED = 16_777_215


class Inside(QWidget):
    """What a section holds."""

    #: Emitted when something else is chosen.
    changed = Signal()

    def summary(self) -> str:
        """Return in a word or two what is chosen in here; nothing if nothing is."""
        return ""


W = TypeVar("W", bound=Inside)


class Section(QCollapsible, Generic[W]):
    """A collapsible whose title says what is chosen inside, so that nothing is at work unseen.

    Parameters
    ----------
    title : str
    build : callable
        Makes the widget inside.

    Attributes
    ----------
    inside : QWidget or None
        None as long as it has never been opened.
    """

    def __init__(self, title: str, build: Callable[[], W]) -> None:
        super().__init__(title)
        self._name = title
        self._build = build
        self.inside: W | None = None

    def expand(self, animate: bool = True) -> None:
        """Show what is inside, and build it if that has not been done yet."""
        if self.inside is None:
            self.inside = self._build()
            self.addWidget(self.inside)
            self.inside.show()  # else it has no height to expand to
            self.inside.changed.connect(self._retitle)
            self._retitle()
        super().expand(animate)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Make room when rows are added or taken away inside."""
        if event and event.type() == QEvent.Type.LayoutRequest and self.isExpanded():
            self.content().setMaximumHeight(_UNLIMITED)
        return bool(super().eventFilter(watched, event))  # type: ignore[arg-type]

    def _retitle(self) -> None:
        chosen = self.inside.summary() if self.inside else ""
        self.setText(f"{self._name}: {chosen}" if chosen else self._name)
