"""The results of a viewer, to be ticked."""

from __future__ import annotations

from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.plain_text import as_it_stands

__all__ = ["ResultList"]

#: So many are seen at once; the list scrolls to the others.
_ROWS_SHOWN = 4


class ResultList(QWidget):
    """A list with a tick at each result, and buttons for all and none.

    Attributes
    ----------
    known : list of (napari.layers.Image, str)
        The results and their names.
    changed : psygnal.SignalInstance
        Emitted when the user ticks others.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.known: list[tuple[Image, str]] = []
        self.list = QListWidget()
        self.list.setToolTip("The results to compare.")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setMaximumHeight(_ROWS_SHOWN * (self.list.fontMetrics().height() + 6) + 6)
        named(self.list, "Results")
        self.all_button, self.none_button = QPushButton("All"), QPushButton("None")
        self.all_button.setToolTip("Tick all results.")
        self.none_button.setToolTip("Tick no result.")
        top = QHBoxLayout()
        top.addWidget(QLabel("Results"), 1)
        top.addWidget(self.all_button)
        top.addWidget(self.none_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.list)
        self.all_button.clicked.connect(lambda: self._check_all(True))
        self.none_button.clicked.connect(lambda: self._check_all(False))
        self.list.itemChanged.connect(self._tell)

    @property
    def chosen(self) -> list[Image]:
        """The results that are ticked."""
        return [
            layer
            for row, (layer, _) in enumerate(self.known)
            if self._row(row).checkState() == Qt.CheckState.Checked
        ]

    def fill(self, known: list[tuple[Image, str]]) -> None:
        """Offer these; new ones are ticked, the others stay as they are."""
        unchecked = {layer for layer, _ in self.known} - set(self.chosen)
        self.known = known
        self.list.blockSignals(True)
        self.list.clear()
        for layer, name in known:
            item = QListWidgetItem(name, self.list)
            item.setToolTip(as_it_stands(name))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Unchecked if layer in unchecked else Qt.CheckState.Checked
            item.setCheckState(state)
        self.list.blockSignals(False)

    def tick(self, layers: list[Image]) -> None:
        """Tick these and no others, without telling."""
        self.list.blockSignals(True)
        for row, (layer, _) in enumerate(self.known):
            state = Qt.CheckState.Checked if layer in layers else Qt.CheckState.Unchecked
            self._row(row).setCheckState(state)
        self.list.blockSignals(False)

    def _row(self, row: int) -> QListWidgetItem:
        item = self.list.item(row)
        assert item
        return item

    def _check_all(self, checked: bool) -> None:
        self.tick([layer for layer, _ in self.known] if checked else [])
        self._tell()

    def _tell(self, _: object = None) -> None:
        self.changed.emit()
