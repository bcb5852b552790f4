"""The plot of the losses, made when it is first asked for: importing matplotlib takes a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_neural_style._qt.binding import Following
from napari_neural_style.running.run import BaseRun

if TYPE_CHECKING:
    import napari

    from napari_neural_style._qt.loss_plot import LossPlot

__all__ = ["LossDetails"]


class LossDetails(QWidget):
    """Holds the plot, in napari's colours.

    Attributes
    ----------
    plot : LossPlot or None
        None until `open`.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: BaseRun | None = None
        self.plot: LossPlot | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        Following(self).connect(viewer.events.theme, self._take_theme)

    def open(self, shown: bool) -> None:
        """Make the plot if it is to be shown and is not there yet."""
        if not shown or self.plot:
            return
        from napari_neural_style._qt.loss_plot import LossPlot

        self.plot = LossPlot(self._viewer.theme)
        self._column.addWidget(self.plot)
        if self._run:
            self.plot.follow(self._run)

    def follow(self, run: BaseRun) -> None:
        """Plot this run from now on."""
        self._run = run
        if self.plot:
            self.plot.follow(run)

    def _take_theme(self, _: Any = None) -> None:
        if self.plot:
            self.plot.set_theme(self._viewer.theme)
