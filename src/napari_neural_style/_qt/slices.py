"""Which slices of a stack or a film are painted, and how firmly a frame is held to the last."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QComboBox, QPushButton, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.parts import form_layout
from napari_neural_style._qt.setting_control import share_slider
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.stack_run import StackRun

__all__ = ["Slices"]


class Slices(QWidget):
    """The controls of a content with sliders; hidden for any other.

    Attributes
    ----------
    which : QComboBox
    consistency : FloatSlider
        Shown for all slices only.
    missing_button : QPushButton
        Shown when a run over all slices has ended before its last one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: StackRun | None = None
        self._following = Following(self)
        self.which = QComboBox()
        self.which.addItems(["the current one", "all"])
        self.which.setToolTip("Paint the slice that is shown, or all, into a stack over this one.")
        self.consistency = share_slider(
            0.0,
            "For films: from 0, every frame on its own, to 1, each held to the frame before, moved "
            "along with the motion. More of it flickers less.",
        )
        named(self.which, "Slices")
        named(self.consistency.native, "Consistency")
        self.missing_button = QPushButton()
        self.missing_button.setToolTip("Go on with the slices that the last run has left out.")
        self.missing_button.clicked.connect(self.paint_missing)
        self._form = form_layout(self)
        self._form.addRow("Slices", self.which)
        self._form.addRow("Consistency", self.consistency.native)
        self._form.addRow(self.missing_button)
        self.which.currentIndexChanged.connect(self._show)
        self.offer(0)
        self._show()

    @property
    def all(self) -> bool:
        """Whether all slices are to be painted."""
        return self.isVisibleTo(self.parentWidget()) and self.which.currentIndex() == 1

    def offer(self, sliders: int) -> None:
        """Show the controls if the content has sliders."""
        self.setVisible(sliders > 0)

    def asked(self) -> dict[str, Any]:
        """Return the parts of a `Request` that are chosen here."""
        if not self.all:
            return {}
        return {"slices": "all", "temporal_consistency": self.consistency.value}

    def follow(self, run: BaseRun) -> None:
        """Offer to go on with this run, should it end before its last slice."""
        self._following.clear()
        self._run = run if isinstance(run, StackRun) else None
        if self._run:
            self._following.connect(self._run.state_changed, self._show)
        self._show()

    def paint_missing(self) -> None:
        """Go on with the slices that the last run has left out."""
        if self._run and self._run.over:
            self._run.resume()

    def _show(self, _: object = None) -> None:
        self._form.setRowVisible(self.consistency.native, self.which.currentIndex() == 1)
        missing = len(self._run.missing) if self._run and self._run.over else 0
        self.missing_button.setText(f"Paint the {missing} missing slices")
        self._form.setRowVisible(self.missing_button, missing > 0)
