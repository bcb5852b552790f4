"""What the dock widget shows of a run: where it stands, notices, losses, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.queue_list import QueueList
from napari_neural_style._qt.run_button import RunButton
from napari_neural_style._qt.run_words import figures, status
from napari_neural_style.errors import WeightsError
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.running.queue import RunQueue
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.viewing.showing import set_visible

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["RunPanel"]

_BAR_MAXIMUM = 1000
_STARTING = "Starting the engine ..."
_OTHER_FEATURES = "Or choose another file or network: Features, in the tab Expert."


class RunPanel(QWidget):
    """Buttons and news of the present run.

    Run stands alone while nothing goes on, or beside Continue; during a run it adds to the queue,
    and Pause and Cancel stand beside it.

    Parameters
    ----------
    queue : RunQueue
        Where further runs wait.

    Attributes
    ----------
    status : PlainLabel
        Where the run stands, in plain words.
    details_button : QPushButton
        Opens `details`: the losses in figures, and whatever is added to it.
    before_button : QPushButton
        Pressed, the result is hidden and the content is seen.
    estimate : PlainLabel
        Under Run: what it will take.
    """

    def __init__(self, queue: RunQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run_button = RunButton()
        self.continue_button = QPushButton("Continue")
        self.continue_button.setToolTip(
            "Paint on at this result, in its layer, for as many steps as set above. Run begins a "
            "new one."
        )
        self.pause_button = QPushButton("Pause")
        self.pause_button.setToolTip("Hold the run, or let it go on.")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("End the run; the picture stays as it is.")
        self.before_button = QPushButton("Before / after")
        self.before_button.setCheckable(True)
        self.before_button.setToolTip("Hide the result and see the content, as it was before.")
        self.details_button = QPushButton("Losses")
        self.details_button.setCheckable(True)
        self.details_button.setToolTip("Show the losses of the run, its network and its device.")
        self.live = QCheckBox("Apply changes to this run as it paints")
        self.live.setToolTip(
            "Style strength, weights and mask: change one, and the picture follows from the next "
            "step on. Without the tick, changes are for the next run."
        )
        self.live.setChecked(True)
        self.queue_list = QueueList(queue)
        self.weights_button = QPushButton("Get the ImageNet weights")
        self.weights_button.setToolTip("Download them (80 MB, once) and paint again with VGG19.")
        self.features_button = QPushButton("Go to Features")
        self.features_button.setToolTip("Choose another weights file, or another network.")
        self.bar = QProgressBar()
        named(self.bar, "Progress", "How much of the run is done.")
        self.status, self.figures, self.estimate = PlainLabel(), PlainLabel(), PlainLabel()
        self.notice = Banner()
        self.estimate.setToolTip("What Run would take with these settings, on this machine.")
        room = self.estimate.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # Else Run would jump.
        self.estimate.setSizePolicy(room)
        for label in (self.status, self.figures, self.estimate):
            label.setWordWrap(True)
        self.details = QWidget()
        self._run: BaseRun | None = None
        self._earlier: BaseRun | None = None
        self._following = Following(self)
        self._lay_out()
        self.pause_button.clicked.connect(self.toggle_pause)
        self.cancel_button.clicked.connect(self.cancel)
        self.before_button.toggled.connect(self._show_before)
        self.details_button.toggled.connect(self.details.setVisible)
        self._show_buttons()
        offers = (self.weights_button, self.features_button)
        for part in (*offers, self.status, self.bar, self.details, self.estimate):
            part.hide()

    def follow(self, run: BaseRun) -> None:
        """Show this run from now on."""
        self.before_button.setChecked(False)
        if self._run and self._run.layer is not None:
            self._earlier = self._run
        self._run = run
        self._following.clear()
        self._following.connect(run.progressed, self._on_progress)
        self._following.connect(run.noticed, self._on_notice)
        self._following.connect(run.state_changed, self._on_state)
        self._take_notice_away()
        self.figures.setText("")
        if run.progress is None:
            self._busy(_STARTING)
        self._show_buttons()

    def tell_estimate(self, text: str) -> None:
        """Say under Run what it will take; nothing takes the line away."""
        self.estimate.setText(text)
        self.estimate.setVisible(bool(text))

    def tell_steps(self, steps: int) -> None:
        """Say on Continue how many steps it would take."""
        self.continue_button.setText(f"Continue ({steps} step{'s' * (steps != 1)})")

    def add_details(self, widget: QWidget) -> None:
        """Put a widget below the figures."""
        layout = self.details.layout()
        assert layout is not None
        layout.addWidget(widget)

    def toggle_pause(self, _: bool = False) -> None:
        """Hold the run, or let it go on."""
        if self._run and not self._run.over:
            (self._run.resume if self._run.state == "paused" else self._run.pause)()

    def cancel(self, _: bool = False) -> None:
        """End the run."""
        if self._run and not self._run.over:
            self.cancel_button.setEnabled(False)
            self.cancel_button.setText("Cancelling ...")
            self._run.cancel()

    def _on_progress(self, progress: Progress) -> None:
        self._advance(progress.fraction, f"step {progress.step} of {progress.total}")
        self.bar.setVisible(not progress.finished)
        self.figures.setText(figures(progress))
        self._tell_status()
        self._show_before_button()

    def _advance(self, fraction: float, text: str) -> None:
        # Qt's bars draw at once, and the window's canvas with them: this one waits for its turn.
        self.bar.setUpdatesEnabled(False)
        self.bar.setRange(0, _BAR_MAXIMUM)
        self.bar.setValue(round(fraction * _BAR_MAXIMUM))
        self.bar.setFormat(text)
        self.bar.setUpdatesEnabled(True)

    def _on_notice(self, notice: Notice) -> None:
        if notice.important:
            self.notice.tell(notice.text, "warning")
            self.weights_button.setVisible(notice.lacks_weights)
        elif notice.fraction is not None:
            self._advance(notice.fraction, "%p%")
            self.status.setText(notice.text)
        else:
            self._busy(notice.text)

    def _on_state(self, state: str) -> None:
        run = self._run
        if run and state == "failed":
            by_weights = isinstance(run.error, WeightsError)
            self.notice.tell(f"{run.error} {_OTHER_FEATURES}" if by_weights else run.error)
            self.features_button.setVisible(by_weights)
        if state == "queued":  # It goes on, after whatever there was to say of its end.
            self._take_notice_away()
            self._busy(_STARTING)
        elif run and run.progress is not None:
            self._tell_status()
        if run and run.over:
            self.bar.hide()
            # Else nothing to say: no step that goes on, no engine that starts.
            if stays := run.progress is None and self._seen() is not None:
                self.status.setText("The result before it stays.")
            self.status.setVisible(stays or (state != "failed" and run.progress is not None))
        self._show_buttons()

    def _tell_status(self) -> None:
        if self._run:
            self.status.setText(status(self._run))
            self.status.show()

    def _take_notice_away(self) -> None:
        for part in (self.notice, self.weights_button, self.features_button):
            part.hide()

    def _seen(self) -> Image | None:
        """Return the result that is looked at: after a run without a picture, the one before."""
        run = self._run
        if run and run.over and run.layer is None:
            run = self._earlier
        return run.layer if run else None

    def _show_before(self, before: bool) -> None:
        if (layer := self._seen()) is not None:
            set_visible(layer, not before)

    def _show_buttons(self) -> None:
        run = self._run
        going = run is not None and not run.over
        paused = run is not None and run.state == "paused"
        self.run_button.queues = going
        self.run_button.show_state()
        can_go_on = isinstance(run, StyleRun) and run.over and run.progress is not None
        # A look has painted all that it can.
        self.continue_button.setVisible(can_go_on and run is not None and "look" not in run.inputs)
        self.live.setVisible(going)
        self.pause_button.setVisible(going)
        self.pause_button.setText("Resume" if paused else "Pause")
        self.cancel_button.setVisible(going)
        if not going:
            self.cancel_button.setEnabled(True)
            self.cancel_button.setText("Cancel")
        self._show_before_button()

    def _show_before_button(self) -> None:
        self.before_button.setVisible(self._seen() is not None)
        self.details_button.setVisible(self._run is not None and self._run.progress is not None)

    def _busy(self, text: str) -> None:
        self.bar.setRange(0, 0)
        self.bar.show()
        self.status.setText(text)
        self.status.show()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (
            self.run_button,
            self.continue_button,
            self.pause_button,
            self.cancel_button,
        ):
            buttons.addWidget(button)
        news = QHBoxLayout()
        news.addWidget(self.status, 1)
        news.addWidget(self.before_button)
        news.addWidget(self.details_button)
        inside = QVBoxLayout(self.details)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.figures)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(7, 0, 7, 0)  # In line with the rows of the pages above.
        layout.setSpacing(4)
        layout.addWidget(self.notice)
        layout.addWidget(self.weights_button)
        layout.addWidget(self.features_button)
        layout.addWidget(self.details)
        layout.addLayout(news)
        layout.addWidget(self.bar)
        layout.addWidget(self.live)
        layout.addWidget(self.queue_list)
        layout.addLayout(buttons)
        layout.addWidget(self.estimate)
