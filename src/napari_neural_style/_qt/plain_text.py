"""Names and sentences are shown letter by letter: Qt takes what looks like HTML for HTML.

The name of a layer, a preset or a file that somebody sends could else draw pictures from a network
into a dock. Buttons, lists and combo boxes show plain text anyway; labels and tooltips do not.
"""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

__all__ = ["PlainLabel", "as_it_stands"]


class PlainLabel(QLabel):
    """A label for any text."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def as_it_stands(text: str) -> str:
    """Return a text for a tooltip or a question, in which it then stands letter by letter."""
    if "<" not in text and "&" not in text:
        return text
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")
