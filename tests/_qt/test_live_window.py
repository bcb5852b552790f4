"""A live layer in a window follows by itself, and ends with what it shows."""

from __future__ import annotations

import threading

import numpy as np

from conftest import Open
from napari_neural_style import follow
from napari_neural_style.viewing.layers import bare
from pretended import PretendedEngine
from quick import PATIENCE
from tiny_looks import tiny_look


def test_it_follows_by_itself_on_the_main_thread(
    open_widget: Open, photo: np.ndarray, qtbot
) -> None:
    viewer = bare(open_widget(photo, photo).viewer)
    live = follow(viewer, "photo", tiny_look(), engine=PretendedEngine())
    threads = set()
    live.painted.connect(lambda _: threads.add(threading.current_thread()))
    qtbot.waitUntil(lambda: live.frames == 1, timeout=int(1000 * PATIENCE))
    np.testing.assert_array_equal(live.layer.data, 255 - photo)
    viewer.layers["photo"].data = photo // 2
    qtbot.waitUntil(lambda: live.frames == 2, timeout=int(1000 * PATIENCE))
    np.testing.assert_array_equal(live.layer.data, 255 - photo // 2)
    assert threads == {threading.main_thread()}


def test_it_ends_with_the_layer_and_says_why_if_that_is_not_plain(
    open_widget: Open, photo: np.ndarray, qtbot, monkeypatch
) -> None:
    from napari_neural_style.running import napari_worker

    told: list[str] = []
    monkeypatch.setattr(napari_worker, "show_warning", told.append)
    viewer = bare(open_widget(photo, photo).viewer)
    live = follow(viewer, "photo", tiny_look(), engine=PretendedEngine())
    qtbot.waitUntil(lambda: live.frames == 1, timeout=int(1000 * PATIENCE))
    viewer.layers["photo"].data = photo[:10]
    qtbot.waitUntil(lambda: live.state == "stopped", timeout=int(1000 * PATIENCE))
    assert told == [live.reason]
    again = follow(viewer, "photo", tiny_look(), engine=PretendedEngine())
    viewer.layers.remove("photo")
    assert again.state == "stopped"
    assert len(told) == 1
