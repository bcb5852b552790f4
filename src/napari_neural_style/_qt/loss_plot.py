"""The loss terms of a run over its steps, drawn while it goes on, in napari's own colours."""

from __future__ import annotations

from typing import Any

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from napari.utils.theme import get_theme
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt.utils import qthrottled

from napari_neural_style._qt.binding import Following
from napari_neural_style.progress import Progress
from napari_neural_style.running.run import BaseRun

__all__ = ["LossPlot"]

#: Time between two drawings, however fast the previews come: a drawing costs about 30 ms.
_PAUSE_MILLISECONDS = 500
_HEIGHT = 190
#: Okabe and Ito's palette: told apart by everyone, on dark and on light.
_COLORS = {"total": "#E69F00", "style": "#56B4E9", "content": "#009E73", "tv": "#CC79A7"}
_TITLES = {"total": "total", "style": "style", "content": "content", "tv": "variation"}


class LossPlot(QWidget):
    """A plot of the losses at each preview; a dotted line marks each change of scale.

    Nothing is drawn while it is hidden.

    Parameters
    ----------
    theme : str
        Name of the napari theme whose colours it takes.
    """

    def __init__(self, theme: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure = Figure(figsize=(3.3, 1.9), layout="constrained")
        self.axes = self.figure.add_subplot()
        self._canvas = FigureCanvasQTAgg(self.figure)  # type: ignore[no-untyped-call]
        self._canvas.setMinimumHeight(_HEIGHT)
        self._lines = {name: Line2D([], [], color=color) for name, color in _COLORS.items()}
        for name, line in self._lines.items():
            line.set_linewidth(2.0 if name == "total" else 1.2)
            line.set_label(_TITLES[name])
            self.axes.add_line(line)
        self._marks: list[Line2D] = []
        self._run: BaseRun | None = None
        #: Step and working size of each preview, to tell where the scale changes.
        self._sizes: list[tuple[int, int]] = []
        self._following = Following(self)
        self._draw_soon = qthrottled(
            self._draw, timeout=_PAUSE_MILLISECONDS, leading=False, parent=self
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._canvas)
        self.set_theme(theme)

    def follow(self, run: BaseRun) -> None:
        """Plot this run from now on."""
        self._run = run
        self._sizes = []  # of a run that goes on already, the scales to come
        self._following.clear()
        self._following.connect(run.progressed, self._on_progress)
        self._draw()

    def set_theme(self, name: str) -> None:
        """Take the colours of a napari theme."""
        theme = get_theme(name)
        text, ground = theme.text.as_hex(), theme.background.as_hex()
        self.figure.set_facecolor(ground)
        self.axes.set_facecolor(ground)
        for side in self.axes.spines.values():
            side.set_color(text)
        self.axes.tick_params(which="both", colors=text, labelsize=7)
        self.axes.set_xlabel("step", color=text, fontsize=7)
        legend = self.axes.legend(loc="upper right", fontsize=7, frameon=False, ncols=2)
        for entry in legend.get_texts():
            entry.set_color(text)
        self._draw()

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Draw what came in while it was hidden."""
        super().showEvent(a0)
        self._draw()

    def _on_progress(self, progress: Progress) -> None:
        self._sizes.append((progress.step, max(progress.image.shape)))
        if progress.finished:
            self._draw()
        else:
            self._draw_soon()

    def _draw(self) -> None:
        losses: list[dict[str, Any]] = self._run.losses if self._run else []
        steps = [entry["step"] for entry in losses]
        for name, line in self._lines.items():
            # What is 0 (a term switched off) has no place on a logarithmic axis.
            line.set_data(steps, [entry[name] or float("nan") for entry in losses])
        for mark in self._marks:
            mark.remove()
        changes = [
            step
            for (_, before), (step, size) in zip(self._sizes, self._sizes[1:], strict=False)
            if size != before
        ]
        color = self.axes.spines["left"].get_edgecolor()
        self._marks = [self.axes.axvline(s, color=color, lw=0.6, ls=":") for s in changes]
        if losses:
            self.axes.set_yscale("log")
            self.axes.relim()
            self.axes.autoscale_view()
        if self.isVisible():
            self._canvas.draw_idle()  # type: ignore[no-untyped-call]
