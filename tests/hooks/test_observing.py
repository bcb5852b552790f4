"""Observers: told everything, and dropped when they raise."""

from __future__ import annotations

import logging

import pytest

from napari_neural_style.errors import Cancelled, ImageError
from napari_neural_style.hooks import hookimpl
from napari_neural_style.hooks.observing import observed
from napari_neural_style.progress import Notice
from napari_neural_style.settings import Settings
from pretended import pretended_progress

PROGRESS = pretended_progress(1, 2)


class Diary:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    @hookimpl
    def run_progressed(self, run, progress):
        self.seen.append((run.name, run.settings.steps, progress.step))

    @hookimpl
    def run_noticed(self, notice):
        self.seen.append(notice.text)

    @hookimpl
    def run_state_changed(self, state):
        self.seen.append(state)


class Grumpy:
    """Raises whenever it is told of a step."""

    def __init__(self) -> None:
        self.asked = 0

    @hookimpl
    def run_progressed(self):
        self.asked += 1
        raise OSError("the disk is full")


def test_observers_are_told_everything_in_order(known):
    diary = Diary()
    assert known.register(diary, "diary")
    with observed("a run", Settings(steps=2), print) as run:
        run.tell(Notice("Reading."))
        run.tell(PROGRESS)
    assert diary.seen == ["running", "Reading.", ("a run", 2, 1), "finished"]


@pytest.mark.parametrize(
    ("error", "state"),
    [(Cancelled, "cancelled"), (KeyboardInterrupt, "cancelled"), (ImageError, "failed")],
)
def test_observers_are_told_how_a_run_ends(known, error, state):
    diary = Diary()
    known.register(diary, "diary")
    with pytest.raises(error), observed("a run", Settings(), print):
        raise error("so")
    assert diary.seen == ["running", state]


def test_observer_that_raises_is_named_once_and_the_others_go_on(known, caplog):
    grumpy, diary = Grumpy(), Diary()
    known.register(grumpy, "grumpy")
    known.register(diary, "diary")
    notices: list[Notice] = []
    settings = Settings()
    with caplog.at_level(logging.WARNING), observed("a run", settings, notices.append) as run:
        run.tell(PROGRESS)
        run.tell(PROGRESS)
    assert grumpy.asked == 1
    told = [entry for entry in diary.seen if isinstance(entry, tuple)]
    assert told == [("a run", settings.steps, 1)] * 2
    (notice,) = notices
    assert notice.important
    assert "The extension grumpy failed" in notice.text
    assert "OSError: the disk is full" in notice.text
    assert caplog.text.count("grumpy") == 1
    with observed("another", Settings(), notices.append) as run:
        run.tell(PROGRESS)
    assert (grumpy.asked, len(notices)) == (1, 1)
