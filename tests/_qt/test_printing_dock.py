"""The Print dock: a result at the size of a print, with what it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from conftest import Open
from napari_neural_style import stylize_layers
from napari_neural_style._qt.history import HistoryWidget
from napari_neural_style._qt.printing_dock import PrintWidget, print_widget
from napari_neural_style.looks import own_looks as module
from napari_neural_style.looks.own_looks import own_looks
from napari_neural_style.records.records import read_record
from pretended import PretendedEngine
from quick import PATIENCE, QUICK
from tiny_looks import tiny_look

LONG = int(1000 * PATIENCE)


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def dock(open_widget: Open, engine, tmp_path: Path, monkeypatch, qtbot) -> PrintWidget:
    """The dock with a result in it; the photo has 40 x 60 pixels."""
    monkeypatch.setattr(module, "folder", lambda: tmp_path / "looks")
    rng = np.random.default_rng(0)
    photo, painting = (rng.integers(0, 256, (40, 60, 3), np.uint8) for _ in range(2))
    viewer = open_widget(photo, painting, engine=engine).viewer
    settings = {**QUICK, "size": 30, "steps": 2}
    run = stylize_layers(viewer, "photo", "painting", engine=engine, **settings)
    qtbot.waitUntil(lambda: run.over, timeout=LONG)
    dock = print_widget(viewer, engine)
    dock.viewer, dock.result = viewer, run.layer
    dock.offer(run.layer)
    return dock


def _painted(dock: PrintWidget, qtbot) -> np.ndarray:
    assert dock.run is not None, dock.error.text()
    qtbot.waitUntil(lambda: dock.run.over, timeout=LONG)
    return dock.run.layer.data


def test_full_resolution_is_offered_first_and_told_in_pixels(dock: PrintWidget, qtbot) -> None:
    assert "60 x 40" in dock.size_combo.currentText()
    assert "60 x 40 pixels" in dock.told.text()
    assert "GB" in dock.told.text()
    assert not dock.dpi.isVisibleTo(dock)
    dock.layer_button.click()
    assert _painted(dock, qtbot).shape == (40, 60, 3)


def test_in_print_it_is_so_many_centimetres_and_saved_with_16_bits(
    dock: PrintWidget, qtbot, tmp_path: Path
) -> None:
    dock.size_combo.setCurrentIndex(1)
    assert dock.dpi.isVisibleTo(dock)
    dock.centimetres.value = 2.54
    dock.dpi.setCurrentText("150")
    assert "150 x 100 pixels" in dock.told.text()
    path = tmp_path / "print.tif"
    dock.paint(path)
    assert "print.tif" in dock.error.text()
    assert _painted(dock, qtbot).shape == (100, 150, 3)
    qtbot.waitUntil(path.exists, timeout=LONG)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert (page.dtype, page.shape) == (np.uint16, (100, 150, 3))
        assert page.tags["XResolution"].value[0] / page.tags["XResolution"].value[1] == 150
    assert read_record(path)["inputs"]["enlarge"] is True


def test_a_print_that_goes_on_leaves_its_file_as_it_is(
    dock: PrintWidget, qtbot, tmp_path: Path
) -> None:
    path = tmp_path / "print.tif"
    dock.paint(path)
    _painted(dock, qtbot)
    qtbot.waitUntil(lambda: path.exists() and read_record(path) is not None, timeout=LONG)
    path.write_bytes(b"what the user made of it")
    dock.run.continue_for(1)
    _painted(dock, qtbot)
    qtbot.wait(300)
    assert path.read_bytes() == b"what the user made of it"


def test_a_file_that_cannot_be_written_is_told_before_anything_is_painted(
    dock: PrintWidget, tmp_path: Path, engine: PretendedEngine
) -> None:
    jobs = len(engine.jobs)
    dock.paint(tmp_path / "nowhere" / "print.tif")
    assert "no folder" in dock.error.text()
    assert len(engine.jobs) == jobs


def test_looks_are_offered_beside_painting_on(dock: PrintWidget, qtbot, engine) -> None:
    assert dock.way.count() == 1
    own_looks().keep(tiny_look(name="night"))
    assert dock.way.itemText(1) == "with the look night: at once"
    dock.way.setCurrentIndex(1)
    dock.layer_button.click()
    assert _painted(dock, qtbot).shape == (40, 60, 3)
    assert engine.jobs[-1].look is not None


def test_what_cannot_be_enlarged_is_told(dock: PrintWidget) -> None:
    dock.offer(dock.viewer.layers["photo"])
    assert "carries no record" in dock.error.text()
    assert not dock.layer_button.isEnabled()
    dock.size_combo.setCurrentIndex(1)
    dock.offer(dock.result)
    dock.centimetres.value = 900
    assert "choose other dpi" in dock.told.text()


def test_it_is_opened_from_history_and_from_the_menu(dock: PrintWidget, qtbot) -> None:
    history = HistoryWidget(dock.viewer)
    qtbot.addWidget(history)
    dock.offer(dock.viewer.layers["photo"])
    history.list.setCurrentRow(0)
    history.print_button.click()
    assert dock.title.text() == dock.result.name
    dock.offer(dock.viewer.layers["photo"])
    dock.viewer.layers.selection.active = dock.result
    main = next(w for w in dock.viewer.window.dock_widgets.values() if hasattr(w, "menu"))
    actions = {action.text(): action for action in main.menu.actions_menu.actions()}
    actions["Enlarge / print ..."].trigger()
    assert dock.title.text() == dock.result.name
