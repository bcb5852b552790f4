"""The values of a setting in a sweep, chosen: a range and how many, or checks in a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QDoubleRangeSlider

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.number_box import NumberBox
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style.comparing.sweep_plan import STYLE
from napari_neural_style.comparing.sweep_values import Range, choices_for, range_for, spread
from napari_neural_style.wording import in_words

__all__ = ["SweepValues"]

_USUAL, _MOST = 3, 9
_ROWS_SHOWN = 5


class SweepValues(QWidget):
    """What a setting is to be in each run.

    Parameters
    ----------
    images : callable
        Returns the image layers to offer as styles.

    Attributes
    ----------
    slider : QDoubleRangeSlider
        For numbers between close limits.
    low, high : NumberBox
        For other numbers.
    count : QSpinBox
        How many numbers.
    list : QListWidget
        For choices.
    changed : psygnal.SignalInstance
        Emitted when the values are others.
    """

    changed = Signal()

    def __init__(
        self, images: Callable[[], Sequence[Image]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._images = images
        self._name: str | None = None
        self._range: Range | None = None
        self._choices: list[Any] = []
        self.slider: Any = QDoubleRangeSlider(Qt.Orientation.Horizontal)  # type: ignore[no-untyped-call]
        self.slider.setToolTip("The least and the greatest value.")
        self.low = NumberBox(0.0, 0.0, 1.0, "The first value.")
        self.high = NumberBox(1.0, 0.0, 1.0, "The last value.")
        self.count = QSpinBox()
        self.count.setRange(1, _MOST)
        self.count.setToolTip("How many values, those two among them.")
        self.list = QListWidget()
        self.list.setToolTip("Check those to try.")
        self.told = PlainLabel()
        self.told.setWordWrap(True)
        named(self.slider, "Least and greatest value")
        named(self.low.native, "First value")
        named(self.high.native, "Last value")
        named(self.count, "How many values")
        named(self.list, "Values to try")
        row = QHBoxLayout()
        row.setSpacing(4)
        self._ends = [self.low.native, QLabel("to"), self.high.native]
        row.addWidget(self.slider, 1)
        for part in self._ends:
            row.addWidget(part, 0 if isinstance(part, QLabel) else 1)
        below = QHBoxLayout()
        below.addWidget(self.told, 1)
        below.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addLayout(below)
        column.addWidget(self.list)
        self.slider.valueChanged.connect(self._tell)
        self.low.changed.connect(self._tell)
        self.high.changed.connect(self._tell)
        self.count.valueChanged.connect(self._tell)
        self.list.itemChanged.connect(self._tell)
        self.offer(None)

    def offer(self, name: str | None, leave_out: Image | None = None) -> None:
        """Offer the values of a setting, or of the style; of nothing if there is none.

        Parameters
        ----------
        name : str or None
        leave_out : napari.layers.Image, optional
            An image that is no style to begin with: the content.
        """
        self._name, self._range = name, None if name is None else range_for(name)
        for part in (self.slider, self.low.native, self.high.native, self.count, self.list):
            part.blockSignals(True)
        if self._range is not None:
            self._offer_range(self._range)
        self._clear()
        if name == STYLE:
            for layer in self._images():
                self._add(layer.name, layer, layer is not leave_out)
        elif name is not None and self._range is None:
            choices = choices_for(name)
            for number, choice in enumerate(choices):
                self._add(in_words(choice), choice, number < _USUAL)
        self._fit()
        for part in (self.slider, self.low.native, self.high.native, self.count, self.list):
            part.blockSignals(False)
        self._tell()

    def reset_choices(self) -> None:
        """Offer the image layers that there are now, if styles are chosen."""
        if self._name != STYLE:
            return
        chosen = self.values
        self.list.blockSignals(True)
        self._clear()
        for layer in self._images():
            self._add(layer.name, layer, layer in chosen)
        self._fit()
        self.list.blockSignals(False)
        self._tell()

    @property
    def values(self) -> list[Any]:
        """The values, in their order; none if nothing is chosen."""
        if self._range is None:
            return [choice for choice, item in self._items() if _is_checked(item)]
        low, high = self._limits(self._range)
        return spread(self._range, low, high, self.count.value())

    def check(self, *chosen: Any) -> None:
        """Check these choices, and no others."""
        for choice, item in self._items():
            item.setCheckState(_state(choice in chosen))

    def set_range(self, low: float, high: float, count: int) -> None:
        """Choose so many numbers from one to another."""
        self.slider.setValue((low, high))
        self.low.value, self.high.value = low, high
        self.count.setValue(count)

    def _limits(self, about: Range) -> tuple[float, float]:
        if about.for_slider:
            low, high = self.slider.value()
            return float(low), float(high)
        return self.low.value, self.high.value

    def _offer_range(self, about: Range) -> None:
        self.slider.setRange(about.minimum, about.maximum)
        self.slider.setSingleStep(0.05)
        for box in (self.low.native, self.high.native):
            box.setDecimals(0 if about.whole else 6)
            box.setRange(about.minimum, about.maximum)
        self.count.setValue(_USUAL)
        self.set_range(about.low, about.high, _USUAL)

    def _add(self, text: str, value: Any, checked: bool) -> None:
        item = QListWidgetItem(text)
        item.setCheckState(_state(checked))
        self._choices.append(value)
        self.list.addItem(item)

    def _clear(self) -> None:
        self._choices = []
        self.list.clear()

    def _items(self) -> list[tuple[Any, QListWidgetItem]]:
        items = ((choice, self.list.item(row)) for row, choice in enumerate(self._choices))
        return [(choice, item) for choice, item in items if item is not None]

    def _fit(self) -> None:
        """Show what the setting needs, and the list no higher than its rows."""
        about = self._range
        self.slider.setVisible(about is not None and about.for_slider)
        for part in self._ends:
            part.setVisible(about is not None and not about.for_slider)
        self.count.setVisible(about is not None)
        self.list.setVisible(self._name is not None and about is None)
        rows = max(1, min(self.list.count(), _ROWS_SHOWN))
        height = self.list.sizeHintForRow(0) if self.list.count() else self.fontMetrics().height()
        self.list.setFixedHeight(rows * max(height, 1) + 6)
        self.told.setVisible(about is not None)

    def _tell(self, _: Any = None) -> None:
        self.told.setText(", ".join(map(in_words, self.values)) if self._range else "")
        self.changed.emit()


def _state(checked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked


def _is_checked(item: QListWidgetItem) -> bool:
    return bool(item.checkState() == Qt.CheckState.Checked)
