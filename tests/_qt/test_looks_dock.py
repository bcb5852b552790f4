"""The Looks dock: looks are learnt, listed, painted and followed with."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Open
from napari_neural_style import learn, stylize_layers
from napari_neural_style._qt.history import HistoryWidget
from napari_neural_style._qt.looks import LooksWidget, looks_widget
from napari_neural_style.control import Control
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.learn_job import LearnJob, Learnt
from napari_neural_style.looks import own_looks as module
from napari_neural_style.looks.own_looks import own_looks
from pretended import PretendedEngine, pretended_progress
from quick import PATIENCE, QUICK
from tiny_looks import tiny_look, tiny_network

LONG = int(1000 * PATIENCE)


class Engine(PretendedEngine):
    """Paints negatives; learns at once."""

    def learn_steps(self, job: LearnJob, control: Control) -> Any:
        self.jobs.append(job)
        for step in range(1, 4):
            control.checkpoint()
            news = pretended_progress(step, 3, image=job.pairs[0].result)
            yield Learnt(**vars(news), network=tiny_network(step))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "folder", lambda: tmp_path / "looks")
    return tmp_path / "looks"


@pytest.fixture
def dock(open_widget: Open, folder: Path) -> LooksWidget:
    """The dock, with a photo large enough to learn from, and a painting."""
    rng = np.random.default_rng(0)
    photo, painting = (rng.integers(0, 256, (80, 90, 3), np.uint8) for _ in range(2))
    viewer = open_widget(photo, painting, engine=Engine()).viewer
    dock = looks_widget(viewer, Engine())
    dock.viewer = dock._viewer
    return dock


def painted(dock: LooksWidget, qtbot) -> Any:
    settings = {**QUICK, "size": 90, "steps": 1}
    run = stylize_layers(dock.viewer, "photo", "painting", engine=Engine(), **settings)
    qtbot.waitUntil(lambda: run.over, timeout=LONG)
    return run.layer


def names(dock: LooksWidget) -> list[str]:
    return [dock.list.item(row).text() for row in range(dock.list.count())]


def test_a_look_is_learnt_from_the_selected_result_and_kept(dock: LooksWidget, qtbot) -> None:
    assert not dock.hint.isHidden()
    assert not dock.paint_button.isEnabled()
    layer = painted(dock, qtbot)
    dock.viewer.layers.selection.active = layer
    dock.learn_button.click()
    run = dock.learning.run
    qtbot.waitUntil(lambda: run.over, timeout=LONG)
    assert dock.banner.text() == ""
    assert names(dock) == ["painting"]
    assert dock.path == own_looks().paths()[0]
    assert dock.learning.isHidden()
    assert dock.learning.bar.value() == 3
    assert not dock.learning.preview.pixmap().isNull()
    assert dock.hint.isHidden()


def test_what_is_learnt_is_kept_without_the_dock(dock: LooksWidget, qtbot) -> None:
    dock.viewer.layers.selection.active = painted(dock, qtbot)
    dock.learn_button.click()
    run = dock.learning.run
    dock._following.clear()  # as when the dock is gone
    qtbot.waitUntil(lambda: run.over, timeout=LONG)
    assert [path.stem for path in own_looks().paths()] == ["painting"]


def test_arrays_are_learnt_from_in_any_thread_while_a_window_is_open(
    dock: LooksWidget, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Windowed:
        """As a viewer that is shown, and in front."""

        window = object()

    monkeypatch.setattr("napari.current_viewer", Windowed)
    photo = np.random.default_rng(0).random((80, 90, 3)).astype(np.float32)
    found: list[Any] = []

    def work() -> None:
        found.append(learn((photo, 1 - photo), steps=3, engine=Engine()).wait(PATIENCE))
        try:
            learn((photo, 1 - photo), viewer=Windowed(), engine=Engine())
        except NeuralStyleError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(PATIENCE)
    run, error = found
    assert (run.state, run.viewer) == ("finished", None)
    assert "main thread" in str(error)


def test_the_selected_layer_is_painted(dock: LooksWidget, qtbot) -> None:
    own_looks().keep(tiny_look(name="night"))
    assert names(dock) == ["night"]
    dock.viewer.layers.selection.active = dock.viewer.layers["photo"]
    dock.paint_button.click()
    name = "photo in the style of night"
    qtbot.waitUntil(lambda: name in dock.viewer.layers, timeout=LONG)
    photo = dock.viewer.layers["photo"].data
    np.testing.assert_array_equal(dock.viewer.layers[name].data, 255 - photo)


def test_the_selected_layer_is_followed_until_told(dock: LooksWidget, qtbot) -> None:
    own_looks().keep(tiny_look(name="night"))
    dock.viewer.layers.selection.active = dock.viewer.layers["photo"]
    dock.follow_button.click()
    assert dock.follow_button.text() == "Stop following"
    live = dock.live
    qtbot.waitUntil(lambda: live.frames == 1, timeout=LONG)
    dock.follow_button.click()
    assert (live.state, dock.live, dock.follow_button.text()) == ("stopped", None, "Follow")
    dock.viewer.layers.selection.active = dock.viewer.layers["photo"]
    dock.follow_button.click()
    dock.viewer.layers["photo"].data = np.zeros((9, 9, 3), np.uint8)
    qtbot.waitUntil(lambda: dock.live is None, timeout=LONG)
    assert "changed its shape" in dock.banner.text()


def test_what_cannot_be_is_told(dock: LooksWidget) -> None:
    dock.viewer.layers.selection.active = dock.viewer.layers["photo"]
    dock.learn_button.click()
    assert "carries no record" in dock.banner.text()
    own_looks().keep(tiny_look(name="night"))
    dock.viewer.layers.selection.clear()
    dock.paint_button.click()
    assert "Select an image layer" in dock.banner.text()


def test_a_look_is_deleted_and_a_damaged_one_is_told(dock: LooksWidget, folder: Path) -> None:
    own_looks().keep(tiny_look(name="night"))
    dock.delete_button.click()
    assert names(dock) == []
    (folder / "bad.look").write_bytes(b"no look")
    own_looks().changed.emit(None)
    assert "damaged" in dock.list.item(0).toolTip()


def test_history_and_the_menu_learn_looks_too(
    dock: LooksWidget, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[Any] = []
    monkeypatch.setattr(LooksWidget, "learn", lambda self, layer: learnt.append(layer))
    layer = painted(dock, qtbot)
    history = HistoryWidget(dock.viewer)
    dock.viewer.window.add_dock_widget(history, name="History")
    assert not history.learn_button.isEnabled()
    history.list.setCurrentRow(0)
    history.learn_button.click()
    assert learnt == [layer]
    assert looks_widget(dock.viewer) is dock
