"""A line in the widget: a picture of an interrupted run is there, to be opened or discarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style.errors import ImageError
from napari_neural_style.histories.leftovers import Leftover, leftovers

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["RecoveryOffer"]

_STYLE = "background: #2d5f7c; color: white; padding: 6px; border-radius: 3px;"


class RecoveryOffer(QWidget):
    """Offers what a crash has left, one picture after the other; hidden when there is none.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        Where a picture is opened.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._offered: Leftover | None = None
        self.label = PlainLabel()
        self.label.setWordWrap(True)
        self.label.setStyleSheet(_STYLE)
        self.open_button = QPushButton("Open")
        self.open_button.setToolTip("Add the picture as a layer, with the record of its settings.")
        self.discard_button = QPushButton("Discard")
        self.discard_button.setToolTip("Delete the saved picture for good.")
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.discard_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.label)
        column.addLayout(buttons)
        self.open_button.clicked.connect(self._open)
        self.discard_button.clicked.connect(self._discard)
        self.look()

    def look(self) -> None:
        """Offer the latest picture that is there, if any."""
        found = leftovers()
        self._offered = found[0] if found else None
        if self._offered:
            self.label.setText(_sentence(self._offered, len(found) - 1))
        self.setVisible(bool(found))

    def _open(self) -> None:
        if self._offered and self._offered.path.exists():
            try:
                self._offered.open(self._viewer)
            except ImageError as error:
                self.label.setText(f"{error} Discard it, or look at the file.")
                return
        self.look()

    def _discard(self) -> None:
        if self._offered:
            self._offered.discard()
        self.look()


def _sentence(offered: Leftover, more: int) -> str:
    when = f", {offered.saved:%d %B %H:%M}" if offered.saved else ""
    step = offered.record.get("step")
    at = f", step {step}" if isinstance(step, int) else ""
    others = f" ({more} more)" if more else ""
    return f"A picture from an interrupted run is there{others}: {offered.name}{at}{when}."
