"""How far the learning of a look has come: a preview, a bar, and the switches."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.thumbnails import pixmap_of
from napari_neural_style.pictures.images import fit, from_rgb, resize
from napari_neural_style.progress import Progress
from napari_neural_style.running.learn_run import LearnRun
from napari_neural_style.wording import duration

__all__ = ["LearningRow"]

_PREVIEW = 160


class LearningRow(QWidget):
    """Shows a look that is being learnt; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run: LearnRun | None = None
        self.preview = QLabel()
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setToolTip("The content that is learnt from, as the look paints it by now.")
        self.bar = QProgressBar()
        self.bar.setFormat("waiting")
        self.pause_button = QPushButton("Pause")
        self.pause_button.setToolTip("Hold the learning, or let it go on.")
        self.cancel_button = QPushButton("Enough")
        self.cancel_button.setToolTip("End the learning now, and keep what has been learnt.")
        buttons = QHBoxLayout()
        buttons.addWidget(self.pause_button)
        buttons.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.preview)
        column.addWidget(self.bar)
        column.addLayout(buttons)
        self._following = Following(self)
        self.pause_button.clicked.connect(self._pause)
        self.cancel_button.clicked.connect(self._cancel)
        self.hide()

    def show_run(self, run: LearnRun) -> None:
        """Show this one from now on."""
        self._following.clear()
        self.run = run
        self.bar.setRange(0, run.steps)
        self.bar.setValue(0)
        self.bar.setFormat(f"{run.name}: waiting")
        self.preview.clear()
        self._following.connect(run.progressed, self._on_progress)
        self._following.connect(run.state_changed, self._on_state)
        self._on_state(run.state)

    def _on_progress(self, progress: Progress) -> None:
        small = resize(progress.image, fit(progress.image.shape, 2 * _PREVIEW))
        pixmap = pixmap_of(from_rgb(small, np.dtype(np.uint8)))
        pixmap.setDevicePixelRatio(2)
        self.preview.setPixmap(pixmap)
        left = "" if progress.remaining is None else f", {duration(progress.remaining)} left"
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.step)
        self.bar.setFormat(f"step {progress.step} of {progress.total}{left}")

    def _on_state(self, state: str) -> None:
        self.pause_button.setText("Resume" if state == "paused" else "Pause")
        self.pause_button.setEnabled(state in ("running", "paused"))
        self.setVisible(self.run is not None and not self.run.over)

    def _pause(self) -> None:
        if self.run:
            self.run.resume() if self.run.state == "paused" else self.run.pause()

    def _cancel(self) -> None:
        if self.run:
            self.run.cancel()
