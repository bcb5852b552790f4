"""Small parts that the docks are put together from."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QEvent, QObject, QRect, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent
from qtpy.QtWidgets import QComboBox, QFormLayout, QFrame, QScrollArea, QWidget

from napari_neural_style._qt.plain_text import PlainLabel

__all__ = ["Banner", "VerticalScroll", "form_layout", "let_shrink"]

_Look = Literal["error", "warning", "hint"]
_GROUNDS: dict[_Look, str] = {"error": "#8a2b2b", "warning": "#7a5f14", "hint": "#2d5f7c"}
#: Drawn before the sentence: colours alone tell nothing to those who cannot tell them apart.
_SIGNS: dict[_Look, str] = {"error": "✕", "warning": "!", "hint": "i"}
_SIGN_WIDTH = 24


class Banner(PlainLabel):
    """A sentence on coloured ground behind a sign, gone while there is nothing to tell."""

    def __init__(self) -> None:
        super().__init__()
        self._look: _Look = "error"
        self.setWordWrap(True)
        self.hide()

    def tell(self, text: object, look: _Look = "error") -> None:
        """Show a sentence; an empty one takes the banner away."""
        self._look = look
        self.setText(str(text))
        self.setAccessibleName(f"{look}: {text}")
        self.setStyleSheet(
            f"background: {_GROUNDS[look]}; color: white; padding: 5px 6px 5px {_SIGN_WIDTH}px; "
            "border-radius: 3px;"
        )
        self.setVisible(bool(self.text()))

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        """Draw the sentence and the sign before it."""
        super().paintEvent(a0)
        painter = QPainter(self)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor("white"))
        column = QRect(0, 0, _SIGN_WIDTH, self.height())
        painter.drawText(column, Qt.AlignmentFlag.AlignCenter, _SIGNS[self._look])
        painter.end()


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


def form_layout(parent: QWidget | None = None) -> QFormLayout:
    """Return a layout of titles and controls, close together and as wide as there is room."""
    form = QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(4)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def let_shrink(combo: QComboBox) -> None:
    """Keep a long choice from making the dock wider than the screen allows."""
    combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
