"""What an empty viewer shows in the dock: what to do, and two pairs to begin with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPainter, QPixmap
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.thumbnails import icon_of, pixmap_of
from napari_neural_style.sample_data import PAIRS, SAMPLES, small

__all__ = ["Welcome"]

_HEIGHT, _GAP = 60, 6


class Welcome(QWidget):
    """A few words, and a button for each sample pair.

    Attributes
    ----------
    pair_chosen : psygnal.SignalInstance
        Emitted with the key of a pair.
    """

    pair_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = PlainLabel(
            "Two pictures become a painting: one says what is in it, the other how it is painted. "
            "Begin with a sample pair:"
        )
        words.setWordWrap(True)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout()
        row.setSpacing(4)
        for key, (content, style) in PAIRS.items():
            button = self.buttons[key] = QToolButton()
            button.setIcon(icon_of(_side_by_side(content, style)))
            button.setIconSize(QSize(2 * _HEIGHT + _GAP, _HEIGHT))
            button.setStyleSheet(
                "QToolButton { border: 1px solid gray; border-radius: 3px; padding: 4px 1px; }"
                "QToolButton:hover, QToolButton:focus { border-color: palette(highlight); }"
            )
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            title = f"{SAMPLES[content].title}, {SAMPLES[style].title.lower()}"
            button.setText(title)
            button.setToolTip("Open this photograph and this painting.")
            named(button, f"Open the sample pair {title}")
            button.clicked.connect(lambda _=False, key=key: self.pair_chosen.emit(key))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            row.addWidget(button)
        more = PlainLabel("Or drop two pictures of your own on the fields below.")
        more.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(words)
        column.addLayout(row)
        column.addWidget(more)


def _side_by_side(*keys: str) -> QPixmap:
    """Return samples as one picture, with a gap between them: they are two."""
    step = 2 * (_HEIGHT + _GAP)
    found = QPixmap(len(keys) * step - 2 * _GAP, 2 * _HEIGHT)
    found.fill(Qt.GlobalColor.transparent)
    painter = QPainter(found)
    for place, key in enumerate(keys):
        painter.drawPixmap(place * step, 0, pixmap_of(_square(small(key, 2 * _HEIGHT))))
    painter.end()
    return found


def _square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a picture."""
    side = 2 * _HEIGHT
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return pixels[top : top + side, left : left + side]
