"""What an empty viewer shows in the dock: what to do, and two pairs to begin with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.thumbnails import icon_of, pixmap_of
from napari_neural_style.sample_data import PAIRS, SAMPLES, small

__all__ = ["Welcome"]

_HEIGHT = 60


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
            halves = [_square(small(name, 2 * _HEIGHT)) for name in (content, style)]
            button.setIcon(icon_of(pixmap_of(np.concatenate(halves, axis=1))))
            button.setIconSize(QSize(2 * _HEIGHT, _HEIGHT))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            title = f"{SAMPLES[content].title}, {SAMPLES[style].title.lower()}"
            button.setText(title)
            button.setToolTip("Open this photograph and this painting.")
            named(button, f"Open the sample pair {title}")
            button.clicked.connect(lambda _=False, key=key: self.pair_chosen.emit(key))
            row.addWidget(button)
        row.addStretch()
        more = PlainLabel("Or drop two pictures of your own on the fields below.")
        more.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(words)
        column.addLayout(row)
        column.addWidget(more)


def _square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a picture."""
    side = 2 * _HEIGHT
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return pixels[top : top + side, left : left + side]
