"""Small parts that the docks are put together from."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QComboBox, QFormLayout, QFrame, QScrollArea, QWidget

from napari_neural_style._qt.plain_text import PlainLabel

__all__ = ["Banner", "VerticalScroll", "form_layout", "let_shrink"]

_GROUNDS = {"error": "#8a2b2b", "warning": "#8a6d1d", "hint": "#2d5f7c"}


class Banner(PlainLabel):
    """A sentence on coloured ground, gone while there is nothing to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.hide()

    def tell(self, text: object, look: Literal["error", "warning", "hint"] = "error") -> None:
        """Show a sentence; an empty one takes the banner away."""
        self.setText(str(text))
        self.setStyleSheet(
            f"background: {_GROUNDS[look]}; color: white; padding: 6px; border-radius: 3px;"
        )
        self.setVisible(bool(self.text()))


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
