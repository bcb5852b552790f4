"""What a widget listens to ends with it, and keeps nothing alive."""

from __future__ import annotations

import gc
from weakref import ref

import pytest
from napari.utils.events import EmitterGroup, Event
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QLabel, QWidget

from napari_neural_style._qt.binding import Following


class Source:
    """Stands for a run: it outlives those that listen."""

    news = Signal(str)


class Listener(QLabel):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.following = Following(self)

    def hear(self, text: str) -> None:
        self.setText(self.text() + text)

    def hear_event(self, event: Event) -> None:
        self.hear(event.type)


@pytest.fixture
def source() -> Source:
    return Source()


def _delete(widget: QWidget) -> None:
    widget.deleteLater()
    QApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)
    assert not isalive(widget)


def test_a_widget_hears_until_it_follows_no_more(qtbot, source: Source) -> None:
    qtbot.addWidget(listener := Listener())
    listener.following.connect(source.news, listener.hear)
    source.news.emit("a")
    listener.following.clear()
    source.news.emit("b")
    assert listener.text() == "a"
    assert len(source.news) == 0


def test_it_moves_on_from_one_to_another(qtbot, source: Source) -> None:
    qtbot.addWidget(listener := Listener())
    listener.following.connect(source.news, listener.hear)
    other = Source()
    listener.following.clear()
    listener.following.connect(other.news, listener.hear)
    source.news.emit("a")
    other.news.emit("b")
    assert listener.text() == "b"


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside another"])
def test_a_widget_that_qt_has_deleted_is_called_no_more(
    qtbot, source: Source, inside: bool
) -> None:
    outside = QWidget()
    listener = Listener(outside if inside else None)
    listener.following.connect(source.news, listener.hear)
    _delete(outside if inside else listener)
    assert not isalive(listener)
    source.news.emit("a")
    assert len(source.news) == 0


def test_nor_if_it_is_deleted_by_who_hears_first(qtbot, source: Source) -> None:
    listener = Listener()
    source.news.connect(lambda _: _delete(listener))
    listener.following.connect(source.news, listener.hear)
    source.news.emit("a")
    assert len(source.news) == 1


def test_naparis_events_are_followed_too(qtbot) -> None:
    events = EmitterGroup(painted=None)
    listener = Listener()
    listener.following.connect(events.painted, listener.hear_event)
    events.painted()
    assert listener.text() == "painted"
    _delete(listener)
    events.painted()
    assert not events.painted.callbacks


def test_nothing_is_kept_alive(qapp, source: Source) -> None:
    listener = Listener()
    listener.following.connect(source.news, listener.hear)
    gone = ref(listener)
    run = Source()
    listener.following.connect(run.news, listener.hear)
    listener.following.clear()
    forgotten = ref(run)
    del run
    listener.following.connect(source.news, listener.hear)
    del listener
    assert gone() is None, "at once, without the garbage collector"
    gc.collect()
    assert forgotten() is None
    source.news.emit("a")
    assert len(source.news) == 0


def test_a_widget_that_python_collects_before_qt_deletes_it_is_no_crash(
    qtbot, source: Source
) -> None:
    # What `destroyed` calls must not be collected with the widget's Python half.
    dock = QWidget()
    listener = Listener(dock)
    dock.listener, listener.dock = listener, dock
    listener.following.connect(source.news, listener.hear)
    dock.deleteLater()
    half = ref(listener)
    del dock, listener
    gc.collect()
    assert half() is None
    qtbot.waitUntil(lambda: len(source.news) == 0)
