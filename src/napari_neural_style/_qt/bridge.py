"""Brings what a run yields from its worker thread to the main thread, and to napari's own bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari.qt.threading import create_worker
from napari.utils.notifications import show_error, show_warning
from napari.utils.progress import cancelable_progress
from qtpy.QtWidgets import QApplication

from napari_neural_style.job import Notice, Progress

if TYPE_CHECKING:
    from napari_neural_style.runs import StyleRun

__all__ = ["drive"]


def drive(run: StyleRun) -> Callable[[], None]:
    """Start a run in one of napari's worker threads.

    Parameters
    ----------
    run : StyleRun

    Returns
    -------
    callable
        Processes what is waiting for the main thread.
    """
    bar = _ActivityBar(run)
    run.progressed.connect(bar.on_progress)
    run.noticed.connect(bar.on_notice)
    run.state_changed.connect(bar.on_state)
    worker = create_worker(run.work, _start_thread=False)
    worker.yielded.connect(run.receive)
    # napari stops its workers when the window closes.
    worker.aborted.connect(run.cancel)
    worker.start()
    return QApplication.processEvents


class _ActivityBar:
    """The run's bar in napari's activity dock, and the notifications that must not be missed."""

    def __init__(self, run: StyleRun) -> None:
        self._bar = cancelable_progress(
            total=run.settings.steps, desc=run.name, cancel_callback=run.cancel
        )
        self._run = run

    def on_progress(self, progress: Progress) -> None:
        self._bar.n = progress.step
        self._bar.refresh()

    def on_notice(self, notice: Notice) -> None:
        if notice.important:
            show_warning(notice.text)

    def on_state(self, state: str) -> None:
        if self._run.over:
            self._bar.close()
        if state == "failed":
            show_error(str(self._run.error))
