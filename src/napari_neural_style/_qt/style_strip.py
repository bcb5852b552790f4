"""A strip of styles to click: those used last, and the sample paintings."""

from __future__ import annotations

from psygnal import Signal, SignalInstance
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.plain_text import as_it_stands
from napari_neural_style._qt.thumbnails import square_icon
from napari_neural_style.histories.recent_styles import RecentStyle, recent_styles
from napari_neural_style.sample_data import PAINTINGS, SAMPLES, small

__all__ = ["StyleStrip"]

_SIDE = 44
_SCROLL_BAR = 10


class StyleStrip(QScrollArea):
    """Thumbnails in a row that scrolls sideways.

    Attributes
    ----------
    sample_chosen : psygnal.SignalInstance
        Emitted with the key of a sample.
    recent_chosen : psygnal.SignalInstance
        Emitted with the path of a file.
    """

    sample_chosen = Signal(str)
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(_SIDE + 6 + _SCROLL_BAR)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        named(self, "Styles at hand", "Styles used last, and sample paintings.")
        self.buttons: list[QToolButton] = []
        self._keys: list[str] = []
        self._marked: str | None = None
        self.fill()

    def fill(self) -> None:
        """Show the styles that there are now."""
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        recent = recent_styles()
        self._keys = [*(style.path for style in recent), *PAINTINGS]
        self.buttons = [self._recent(style) for style in recent]
        self.buttons += [self._sample(key) for key in PAINTINGS]
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch()
        self.setWidget(inside)
        self.mark(self._marked)

    def _choose(self, signal: SignalInstance, key: str) -> None:
        signal.emit(key)
        self.mark(self._marked)  # A click on the one that is chosen already changes nothing.

    def mark(self, key: str | None) -> None:
        """Show which one is the style: by the path of its file, or the key of a sample."""
        for button, own in zip(self.buttons, self._keys, strict=True):
            button.setChecked(own == key)
        self._marked = key

    def _recent(self, style: RecentStyle) -> QToolButton:
        button = _thumbnail(style.name, style.pixels())
        button.clicked.connect(lambda: self._choose(self.recent_chosen, style.path))
        return button

    def _sample(self, key: str) -> QToolButton:
        button = _thumbnail(SAMPLES[key].title, small(key, 2 * _SIDE))
        button.clicked.connect(lambda: self._choose(self.sample_chosen, key))
        return button


def _thumbnail(name: str, pixels: object) -> QToolButton:
    button = QToolButton()
    button.setIcon(square_icon(pixels, 2 * _SIDE, fill=True))  # type: ignore[arg-type]
    button.setIconSize(QSize(_SIDE, _SIDE))
    button.setFixedSize(_SIDE + 4, _SIDE + 4)
    button.setCheckable(True)
    button.setStyleSheet(
        "QToolButton { border: 2px solid transparent; border-radius: 3px; }"
        "QToolButton:hover, QToolButton:focus { border-color: gray; }"
        "QToolButton:checked { border-color: palette(highlight); }"
    )
    button.setToolTip(as_it_stands(f"Paint in this style: {name}"))
    named(button, f"Style {name}")
    return button
