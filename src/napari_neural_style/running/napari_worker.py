"""Drives runs in a window: napari's worker threads, progress bars and notifications."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from napari.utils.notifications import show_error, show_warning
from napari.utils.progress import cancelable_progress
from qtpy.QtCore import QEvent, QObject, QThread, QTimer
from qtpy.QtWidgets import QApplication, QWidget

from napari_neural_style.errors import Cancelled, NeuralStyleError
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.running.bare_run import Run
from napari_neural_style.running.live_look import LiveLook
from napari_neural_style.running.qt_workers import create_worker, waited_for
from napari_neural_style.running.queue import run_queue
from napari_neural_style.running.states import OVER

__all__ = ["check_thread", "drive", "in_thread_of_windows", "pump_often"]


def check_thread() -> None:
    """See to it that this is the thread of the windows: what they show may change there only.

    Raises
    ------
    NeuralStyleError
        If it is another one.
    """
    if not in_thread_of_windows():
        raise NeuralStyleError(
            "A viewer with a window can be painted in from the main thread only: call this from "
            "there, or give a napari.components.ViewerModel, which needs no window."
        )


def in_thread_of_windows() -> bool:
    """Return whether this is the thread that windows belong to."""
    application = QApplication.instance()
    return application is None or application.thread() is QThread.currentThread()


def drive(run: Run) -> None:
    """Let a run that has its turn work in one of napari's worker threads.

    Qt's event loop brings the results to the main thread; `run.pump` processes its events, if it
    is called there. Other threads that wait leave that to the main thread.
    """
    news = _News(run)

    # Functions, not methods: psygnal holds methods weakly, and nobody else holds the news.
    def on_progress(progress: Progress) -> None:
        news.on_progress(progress)

    def on_notice(notice: Notice) -> None:
        news.on_notice(notice)

    def on_state(state: str) -> None:
        news.on_state(state)
        # By its state now: somebody may have heard it first and started it again, with news of
        # its own.
        if state in OVER:
            run.progressed.disconnect(on_progress)
            run.noticed.disconnect(on_notice)
            run.state_changed.disconnect(on_state)

    run.progressed.connect(on_progress)
    run.noticed.connect(on_notice)
    run.state_changed.connect(on_state)
    steps = run.work()

    received = threading.Event()
    waited_for.add(received)

    def work() -> Iterator[Any]:
        try:
            for update in steps:
                received.clear()
                yield update
                # Qt hands out all that is posted before anything else: with news faster than it is
                # taken in, the window would answer to nothing else until the run is over.
                received.wait(_LONGEST_WAIT)
        finally:
            steps.close()

    def receive(update: Any) -> None:
        try:
            with _drawn_next_turn(run):
                run.receive(update)
        finally:
            # Not before what there is to draw now is drawn: the engine may be waiting as well.
            QTimer.singleShot(2 * _TURN_MILLISECONDS, received.set)

    def on_aborted() -> None:
        # napari stops its workers when the window closes: nobody asks for the next step any more.
        run_queue(run.engine).leave(run.viewer)
        run.cancel()
        steps.close()  # which gives the engine back
        run.receive(Cancelled("The run was cancelled."))

    worker = create_worker(work, _start_thread=False)
    worker.yielded.connect(receive)
    worker.aborted.connect(on_aborted)
    run.pump = lambda: in_thread_of_windows() and QApplication.processEvents()
    worker.start()


@contextmanager
def _drawn_next_turn(run: Run) -> Iterator[None]:
    """Have a layer that is added now drawn in another turn of the event loop than it is added in.

    Adding one and drawing it take napari about as long each as a window may stand still before it
    feels slow.
    """
    window = getattr(getattr(run.viewer, "window", None), "_qt_window", None)
    if not isinstance(window, QWidget):
        yield
        return

    def wait() -> None:
        with suppress(RuntimeError):  # The window has been closed.
            _Wait(window).begin()

    inserting = run.viewer.layers.events.inserting
    inserting.connect(wait)
    try:
        yield
    finally:
        inserting.disconnect(wait)


class _Wait(QObject):
    """Keeps Qt from drawing what has changed in a window until the next turn of the event loop.

    Whoever asks for a picture of the window meanwhile gets it: nothing is switched off.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def begin(self) -> None:
        self._window.installEventFilter(self)
        QTimer.singleShot(_TURN_MILLISECONDS, self._end)

    def eventFilter(self, _: QObject | None, event: QEvent | None) -> bool:
        return event is not None and event.type() == QEvent.Type.UpdateRequest

    def _end(self) -> None:
        with suppress(RuntimeError):  # The window has been closed.
            self._window.removeEventFilter(self)
            QApplication.postEvent(self._window, QEvent(QEvent.Type.UpdateRequest))
            self.deleteLater()


#: The shortest that Qt takes for a timer: at 0 it calls within the same turn of the event loop.
_TURN_MILLISECONDS = 1
#: In seconds: the main thread may be busy with something else.
_LONGEST_WAIT = 0.25
#: Less than the eye can tell; looking whether there is anything new costs nothing.
_PUMP_MILLISECONDS = 10


def pump_often(live: LiveLook) -> None:
    """Let a live layer follow for as long as its window is there, and tell why it has stopped."""
    window = live.viewer.window._qt_window
    timer = QTimer(window)
    timer.setInterval(_PUMP_MILLISECONDS)

    def on_stopped(reason: str) -> None:
        timer.stop()
        timer.deleteLater()
        if live.failed:
            show_warning(reason)

    timer.timeout.connect(lambda: live.pump())
    live.stopped.connect(on_stopped)
    timer.start()


class _Bar(cancelable_progress):  # type: ignore[misc] # napari has no types
    """A bar that calls back when it is cancelled; napari's own does so only inside a loop."""

    def cancel(self) -> None:
        super().cancel()
        self.cancel_callback()


class _News:
    """The run's bar in napari's activity dock, and the notifications that must not be missed.

    A bar of napari's that changes has Qt process all events before it returns, drawing the canvas
    among them. So each change waits for a turn of the event loop of its own: on top of a picture
    that is being laid the window would stand still for twice as long.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._bar: _Bar | None = None
        self._wanted = self._said = run.name, 0  # what the bar is to say, and how far it is
        self._busy = self._over = False
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._bring_up_to_date)
        self._timer.start(0)

    def on_progress(self, progress: Progress) -> None:
        self._want(self._run.name, progress.step)

    def on_notice(self, notice: Notice) -> None:
        if notice.important:
            show_warning(notice.text)
        elif notice.fraction is not None:
            # What comes before the first step, or after the last one, has the bar to itself.
            self._want(notice.text, round(notice.fraction * self._run.steps))

    def on_state(self, state: str) -> None:
        if state in OVER:
            self._over = True
            self._timer.stop()
            self._close()
        if state == "failed":
            show_error(str(self._run.error))

    def _want(self, text: str, step: int) -> None:
        self._wanted = text, step
        if not self._over:
            self._timer.start(0)

    def _bring_up_to_date(self) -> None:
        if self._busy:
            return  # One of the events that the bar has Qt process.
        self._busy = True
        if self._bar is None:
            text, _ = self._wanted
            self._bar = _Bar(total=self._run.steps, desc=text, cancel_callback=self._run.cancel)
            self._said = text, 0
        while self._said != self._wanted and not self._over:
            (said, _), (text, step) = self._said, self._wanted
            self._said = self._wanted
            if text != said:
                self._bar.set_description(text)
            if not self._over:
                self._bar.update(step - self._bar.n)
        self._busy = False
        if self._over:
            self._close()

    def _close(self) -> None:
        if self._bar is not None and not self._busy:
            self._bar.close()
            self._bar = None
