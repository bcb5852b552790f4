"""The runs that wait for their turn: to be put in another order, or removed."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QHBoxLayout, QLabel, QListWidget, QToolButton, QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style.running.bare_run import Run
from napari_neural_style.running.queue import RunQueue

__all__ = ["QueueList"]

_ROWS_SHOWN = 3


class QueueList(QWidget):
    """A list of the waiting runs; hidden while there is none."""

    def __init__(self, queue: RunQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._runs: list[Run] = []
        self.names = QListWidget()
        self.names.setToolTip("Runs that begin when those before them are over.")
        self.names.setMaximumHeight(_ROWS_SHOWN * self.names.fontMetrics().height() + 12)
        named(self.names, "Waiting runs")
        self.up_button = self._button("▲", "Earlier", "Let it go before the one above.", self._up)
        self.down_button = self._button("▼", "Later", "Let it go after the one below.", self._down)
        self.remove_button = self._button("✕", "Remove", "Take it out of the queue.", self._remove)
        title = QHBoxLayout()
        title.addWidget(QLabel("Waiting"), 1)
        for button in (self.up_button, self.down_button, self.remove_button):
            title.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(title)
        layout.addWidget(self.names)
        self.names.currentRowChanged.connect(self._show_buttons)
        Following(self).connect(queue.changed, self._on_changed)
        self._on_changed()

    def _button(self, text: str, name: str, tooltip: str, call: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tooltip)
        named(button, name)
        button.clicked.connect(call)
        return button

    def _on_changed(self) -> None:
        chosen = self._chosen()
        self._runs = self._queue.waiting
        self.names.clear()
        self.names.addItems([run.name for run in self._runs])
        if self._runs:
            self.names.setCurrentRow(self._runs.index(chosen) if chosen in self._runs else 0)
        self.setVisible(bool(self._runs))
        self._show_buttons()

    def _chosen(self) -> Run | None:
        row = self.names.currentRow()
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _show_buttons(self, _: int = 0) -> None:
        row = self.names.currentRow()
        self.up_button.setEnabled(row > 0)
        self.down_button.setEnabled(0 <= row < len(self._runs) - 1)

    def _up(self) -> None:
        self._move(-1)

    def _down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        if run := self._chosen():
            self._queue.move(run, self._runs.index(run) + by)

    def _remove(self) -> None:
        if run := self._chosen():
            self._queue.remove(run)
