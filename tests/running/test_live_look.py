"""`follow`: the newest first, never a backlog, and a clean end."""

from __future__ import annotations

import gc
import queue
import threading
import time
import weakref
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import follow
from napari_neural_style.errors import EngineFailed, ImageError, LookError
from pretended import PretendedEngine
from quick import PATIENCE
from tiny_looks import tiny_look


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(np.full((20, 30, 3), 50, np.uint8), name="camera", rgb=True)
    return viewer


def frame(value: int) -> np.ndarray:
    return np.full((20, 30, 3), value, np.uint8)


def value(live: Any) -> int:
    return int(live.layer.data.reshape(-1)[0])


def test_it_paints_what_the_layer_shows_and_follows_its_data(viewer: ViewerModel) -> None:
    live = follow(viewer, "camera", tiny_look(name="night"), engine=PretendedEngine())
    live.catch_up(PATIENCE)
    assert (value(live), live.frames, live.state) == (205, 1, "following")
    assert live.layer.name == "camera, live in the style of night"
    viewer.layers["camera"].data = frame(100)
    assert not live.up_to_date
    assert value(live.catch_up(PATIENCE)) == 155
    viewer.layers["camera"].data[:] = 7
    viewer.layers["camera"].refresh()
    assert value(live.catch_up(PATIENCE)) == 248
    assert live.frames == 3


def test_nothing_new_is_not_painted_again(viewer: ViewerModel) -> None:
    live = follow(viewer, "camera", tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    viewer.layers["camera"].refresh()
    assert live.catch_up(PATIENCE).frames == 1


def test_it_follows_the_slider_and_lies_over_every_slice(viewer: ViewerModel) -> None:
    stack = np.arange(0, 60, 10, np.uint8)[:, None, None, None] * np.ones((20, 30, 3), np.uint8)
    layer = viewer.add_image(stack, name="stack", rgb=True, scale=(2, 3, 3), translate=(1, 5, 6))
    live = follow(viewer, layer, tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    for number in (4, 1):
        viewer.dims.set_current_step(0, number)
        assert value(live.catch_up(PATIENCE)) == 255 - 10 * number
    assert live.layer.ndim == 2
    np.testing.assert_allclose(live.layer.extent.world, layer.extent.world[:, 1:])


def test_it_follows_contrast_limits_and_colormap(viewer: ViewerModel) -> None:
    grey = viewer.add_image(np.full((20, 30), 100, np.uint8), name="grey", contrast_limits=(0, 200))
    live = follow(viewer, grey, tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    assert value(live) == pytest.approx(127, abs=1)
    grey.contrast_limits = (0, 100)
    assert value(live.catch_up(PATIENCE)) == 0
    grey.colormap = "red"
    np.testing.assert_array_equal(live.catch_up(PATIENCE).layer.data[0, 0, :3], (0, 255, 255))


def test_the_newest_is_next_and_what_came_between_is_left_out(viewer: ViewerModel) -> None:
    go, begun = threading.Semaphore(0), threading.Event()

    def slow(_: int, __: Any) -> None:
        begun.set()
        assert go.acquire(timeout=PATIENCE)

    engine = PretendedEngine(slow)
    live = follow(viewer, "camera", tiny_look(), engine=engine)
    live.pump()
    assert begun.wait(PATIENCE)
    for number in range(60, 90):
        viewer.layers["camera"].data = frame(number)
        live.pump()
    go.release(2)
    live.catch_up(PATIENCE)
    assert value(live) == 255 - 89
    assert len(engine.jobs) == live.frames == 2


def test_a_thread_that_brings_thirty_frames_a_second(viewer: ViewerModel) -> None:
    live = follow(viewer, "camera", tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    frames: queue.SimpleQueue[np.ndarray] = queue.SimpleQueue()

    def record() -> None:
        for number in range(15):
            frames.put(frame(number))
            time.sleep(1 / 30)
        frames.put(frame(222))

    camera = threading.Thread(target=record)
    camera.start()
    while camera.is_alive() or not frames.empty():
        # As camera plugins do it: layers belong to one thread.
        if not frames.empty():
            viewer.layers["camera"].data = frames.get()
        live.pump()
        time.sleep(0.005)
    live.catch_up(PATIENCE)
    assert value(live) == 33
    assert live.frames >= 3


@pytest.mark.parametrize("which", ["content", "painted"])
def test_it_ends_when_a_layer_is_removed(viewer: ViewerModel, which: str) -> None:
    live = follow(viewer, "camera", tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    told: list[str] = []
    live.stopped.connect(told.append)
    viewer.layers.remove(live.content if which == "content" else live.layer)
    assert live.state == "stopped"
    assert told == [live.reason]
    assert "was removed" in live.reason
    assert not live.failed
    live.content.data = frame(9)
    assert not live.pump()
    assert (live.up_to_date, live.frames) == (True, 1)


def test_it_ends_when_the_shape_changes(viewer: ViewerModel) -> None:
    live = follow(viewer, "camera", tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    viewer.layers["camera"].data = np.zeros((10, 30, 3), np.uint8)
    live.catch_up(PATIENCE)
    assert live.failed
    assert "has changed its shape from (20, 30, 3) to (10, 30, 3): follow it anew" in live.reason
    assert value(live) == 205


def test_a_camera_that_stops_leaves_the_last_picture(viewer: ViewerModel) -> None:
    engine = PretendedEngine()
    live = follow(viewer, "camera", tiny_look(), engine=engine).catch_up(PATIENCE)
    assert not any(live.pump() for _ in range(20))
    assert (live.state, len(engine.jobs)) == ("following", 1)
    live.stop()
    live.stop()
    assert live.reason == "It was stopped."
    assert live.layer in viewer.layers


def test_nothing_is_held_that_nobody_has(viewer: ViewerModel) -> None:
    live = follow(viewer, "camera", tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    name = "neural-style-live"
    threads = [thread for thread in threading.enumerate() if thread.name == name]
    reference = weakref.ref(live)
    del live
    gc.collect()
    assert reference() is None
    threads[-1].join(PATIENCE)
    assert not threads[-1].is_alive()


def test_an_engine_that_fails_is_told(viewer: ViewerModel) -> None:
    def fail(*_: Any) -> None:
        raise EngineFailed("It broke.")

    live = follow(viewer, "camera", tiny_look(), engine=PretendedEngine(fail)).catch_up(PATIENCE)
    assert (live.state, live.reason, live.failed) == ("stopped", "It broke.", True)


def test_what_cannot_be_painted_is_told_and_the_next_is(viewer: ViewerModel) -> None:
    rgba = np.full((20, 30, 4), 50, np.uint8)
    layer = viewer.add_image(rgba, name="rgba", rgb=True)
    live = follow(viewer, layer, tiny_look(), engine=PretendedEngine()).catch_up(PATIENCE)
    layer.data = np.zeros_like(rgba)
    assert "transparent everywhere" in live.catch_up(PATIENCE).problem
    layer.data = rgba + 1
    assert live.catch_up(PATIENCE).problem == ""
    assert live.frames == 2


def test_what_cannot_be_followed(viewer: ViewerModel) -> None:
    with pytest.raises(ImageError, match="no content layer"):
        follow(viewer, "nobody", tiny_look())
    with pytest.raises(LookError, match="followed with a look"):
        follow(viewer, "camera", np.zeros((9, 9, 3)))


def test_a_real_look_paints_as_ever(viewer: ViewerModel, picture) -> None:
    from napari_neural_style import stylize

    photo = np.round(255 * picture(20, 30)).astype(np.uint8)
    viewer.layers["camera"].data = photo
    options = {"precision": "float32", "device": "cpu"}
    live = follow(viewer, "camera", tiny_look(), **options).catch_up(PATIENCE)
    np.testing.assert_array_equal(live.layer.data, stylize(photo, tiny_look(), **options))
