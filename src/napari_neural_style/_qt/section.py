"""A part of the dock that is folded away, and built when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from psygnal import Signal
from qtpy.QtWidgets import QWidget
from superqt import QCollapsible

__all__ = ["Inside", "Section"]


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
        self.toggled.connect(self._open)

    def _open(self, shown: bool) -> None:
        if not shown or self.inside is not None:
            return
        inside = self._build()
        self.inside = inside
        self.addWidget(inside)
        inside.changed.connect(self._retitle)
        self._retitle()
        self.expand(animate=False)  # to the height of what it holds now

    def _retitle(self) -> None:
        chosen = self.inside.summary() if self.inside else ""
        self.setText(f"{self._name}: {chosen}" if chosen else self._name)
