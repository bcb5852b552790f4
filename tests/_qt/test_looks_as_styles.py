"""Looks stand where a style is chosen, in the dock Style transfer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QSize

from conftest import Open
from napari_neural_style._qt.history import HistoryWidget
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.looks import own_looks as module
from napari_neural_style.looks.own_looks import own_looks
from pretended import PretendedEngine
from quick import PATIENCE
from tiny_looks import tiny_look

LONG = int(1000 * PATIENCE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "folder", lambda: tmp_path / "looks")
    return tmp_path / "looks"


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def dock(open_widget: Open, folder: Path, engine, photo, painting) -> NeuralStyleWidget:
    return open_widget(photo, painting, engine=engine)


def _texts(dock: NeuralStyleWidget) -> list[str]:
    combo = dock.style_combo.native
    return [combo.itemText(index) for index in range(combo.count())]


def test_looks_are_offered_after_the_layers_as_they_come_and_go(dock: NeuralStyleWidget) -> None:
    assert _texts(dock) == ["photo", "painting"]
    path = own_looks().keep(tiny_look(name="night"))
    assert _texts(dock) == ["photo", "painting", "look: night"]
    dock.style_combo.value = path
    own_looks().forget(path)
    assert _texts(dock) == ["photo", "painting"]
    assert dock.style_combo.value in dock._viewer.layers


def test_run_paints_with_the_look_at_full_resolution(
    dock: NeuralStyleWidget, engine: PretendedEngine, photo: np.ndarray, qtbot
) -> None:
    look = tiny_look(name="night")
    dock.style_combo.value = own_looks().keep(look)
    assert not dock.pair.style_tile.button.icon().pixmap(QSize(40, 40)).isNull()
    dock.form.controls["size"].value = 16
    qtbot.waitUntil(lambda: "A look paints at once" in dock.panel.estimate.text(), timeout=LONG)
    run = dock.run()
    assert run is not None, dock.panel.notice.text()
    qtbot.waitUntil(lambda: run.over, timeout=LONG)
    (job,) = engine.jobs
    assert job.look.fingerprint == look.network.half_precision().fingerprint
    assert job.settings.steps == 1
    assert job.settings.size >= max(photo.shape)
    assert run.layer.name == "photo in the style of night"
    assert "painted with a look" in dock.panel.status.text()
    assert not dock.panel.continue_button.isVisibleTo(dock), "there is nothing to go on with"
    assert not dock.panel.notice.text(), "what goes with style images is not suggested"


def test_a_look_is_never_chosen_unasked(open_widget: Open, folder: Path, photo, engine) -> None:
    own_looks().keep(tiny_look(name="night"))
    dock = open_widget(photo, engine=engine)
    assert dock.style_combo.value is dock.content_combo.value


def test_a_look_dropped_on_the_style_is_kept_and_chosen(
    dock: NeuralStyleWidget, tmp_path: Path
) -> None:
    tiny_look(name="night").save(tmp_path / "night.look")
    dock.pair.style_tile.files_given.emit([str(tmp_path / "night.look")])
    assert dock.style_combo.native.currentText() == "look: night"
    (tmp_path / "broken.look").write_bytes(b"no look")
    dock.pair.style_tile.files_given.emit([str(tmp_path / "broken.look")])
    assert "broken.look" in dock.panel.notice.text()


def test_what_does_not_go_with_a_look_is_said(dock: NeuralStyleWidget, qtbot) -> None:
    path = own_looks().keep(tiny_look(name="night"))
    dock.style_combo.value = path
    dock.more_styles.open().add()
    assert dock.run() is None
    assert "A look stands alone" in dock.panel.notice.text()
    dock.more_styles.inside.remove(dock.more_styles.inside.rows[0])
    dock._viewer.window.add_dock_widget(history := HistoryWidget(dock._viewer))
    history.variations.paint()
    assert "one way only" in history.variations.error.text()
    path.write_bytes(b"damaged meanwhile")
    assert dock.run() is None
    assert "night.look" in dock.panel.notice.text()
