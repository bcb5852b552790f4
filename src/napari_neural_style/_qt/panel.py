"""What the dock widget shows of a run: bar, losses, device, notices, and the buttons."""

from __future__ import annotations

from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.queue_list import QueueList
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.running.queue import RunQueue
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.wording import duration

__all__ = ["RunPanel"]

_BAR_MAXIMUM = 1000


class RunPanel(QWidget):
    """Buttons and news of the present run.

    Run stands alone while nothing goes on, or beside Continue; during a run it adds to the queue,
    and Pause and Cancel stand beside it.

    Parameters
    ----------
    queue : RunQueue
        Where further runs wait.
    """

    def __init__(self, queue: RunQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run_button = QPushButton("Run")
        self.continue_button = QPushButton("Continue")
        self.continue_button.setToolTip("Paint on at this result, for as many steps as set above.")
        self.pause_button = QPushButton("Pause")
        self.pause_button.setToolTip("Hold the run, or let it go on.")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("End the run; the picture stays as it is.")
        self.live = QCheckBox("Strength and weights steer this run")
        self.live.setToolTip("Move them above, and the picture follows from the next step on.")
        self.live.setChecked(True)
        self.queue_list = QueueList(queue)
        self.weights_button = QPushButton("Get the ImageNet weights")
        self.weights_button.setToolTip("Download them (80 MB, once) and paint again with VGG19.")
        self.bar = QProgressBar()
        self.status, self.notice = PlainLabel(), Banner()
        self.status.setWordWrap(True)
        self._run: BaseRun | None = None
        self._following = Following(self)

        buttons = QHBoxLayout()
        for button in (
            self.run_button,
            self.continue_button,
            self.pause_button,
            self.cancel_button,
        ):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.notice)
        layout.addWidget(self.weights_button)
        layout.addWidget(self.status)
        layout.addWidget(self.bar)
        layout.addWidget(self.live)
        layout.addWidget(self.queue_list)
        layout.addLayout(buttons)
        self.pause_button.clicked.connect(self._toggle_pause)
        self.cancel_button.clicked.connect(self._cancel)
        self._show_buttons()
        for part in (self.weights_button, self.status, self.bar):
            part.hide()

    def follow(self, run: BaseRun) -> None:
        """Show this run from now on."""
        self._run = run
        self._following.clear()
        self._following.connect(run.progressed, self._on_progress)
        self._following.connect(run.noticed, self._on_notice)
        self._following.connect(run.state_changed, self._on_state)
        self.notice.hide()
        self.weights_button.hide()
        if run.progress is None:
            self._busy("Starting the engine ...")
        self._show_buttons()

    def _on_progress(self, progress: Progress) -> None:
        self.bar.setRange(0, _BAR_MAXIMUM)
        self.bar.setValue(round(progress.fraction * _BAR_MAXIMUM))
        left = "" if progress.remaining is None else f", {duration(progress.remaining)} left"
        if progress.finished:
            left = f" in {duration(progress.seconds)}"
        self.bar.setFormat(f"step {progress.step} of {progress.total}{left}")
        losses = progress.losses
        self.status.setText(
            f"loss {losses['total']:.4g}: content {losses['content']:.4g}, "
            f"{progress.style_loss} {losses['style']:.4g}, variation {losses['tv']:.4g}\n"
            f"{progress.features} on {progress.device}, {progress.precision}"
        )
        self.status.show()

    def _on_notice(self, notice: Notice) -> None:
        if notice.important:
            self.notice.tell(notice.text, "warning")
            self.weights_button.setVisible(notice.lacks_weights)
        elif notice.fraction is not None:
            self.bar.setRange(0, _BAR_MAXIMUM)
            self.bar.setValue(round(notice.fraction * _BAR_MAXIMUM))
            self.bar.setFormat(f"{notice.text} %p%")
        else:
            self._busy(notice.text)

    def _on_state(self, state: str) -> None:
        run = self._run
        if run and state == "failed":
            self.notice.tell(run.error)
        if run and run.over and (state == "failed" or run.progress is None):
            # Nothing to see: no step that goes on, no engine that starts.
            self.bar.hide()
            self.status.hide()
        if state == "queued":  # It goes on, after whatever there was to say of its end.
            self.notice.hide()
            self.weights_button.hide()
            self._busy("Starting the engine ...")
        if state == "paused":
            self.bar.setFormat("paused")
        if state == "cancelled":
            self.bar.setFormat("cancelled")
        self._show_buttons()

    def _toggle_pause(self) -> None:
        if self._run:
            (self._run.resume if self._run.state == "paused" else self._run.pause)()

    def _cancel(self) -> None:
        if self._run:
            self.cancel_button.setEnabled(False)
            self.cancel_button.setText("Cancelling ...")
            self._run.cancel()

    def _show_buttons(self) -> None:
        run = self._run
        going = run is not None and not run.over
        paused = run is not None and run.state == "paused"
        self.run_button.setText("Add to queue" if going else "Run")
        self.run_button.setToolTip(
            "Paint this when the runs before it are over."
            if going
            else "Paint the content in the style, into a new layer over it."
        )
        self.continue_button.setVisible(
            isinstance(run, StyleRun) and run.over and run.progress is not None
        )
        self.live.setVisible(going)
        self.pause_button.setVisible(going)
        self.pause_button.setText("Resume" if paused else "Pause")
        self.cancel_button.setVisible(going)
        if not going:
            self.cancel_button.setEnabled(True)
            self.cancel_button.setText("Cancel")

    def _busy(self, text: str) -> None:
        self.bar.setRange(0, 0)
        self.bar.show()
        self.status.setText(text)
        self.status.show()
