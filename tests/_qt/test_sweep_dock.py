"""The Sweep dock."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from conftest import Open
from napari_neural_style._qt.sweeps import SweepWidget
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.viewing.layers import bare
from pretended import PretendedEngine
from quick import QUICK


@pytest.fixture
def engine() -> PretendedEngine:
    # No faster than a window can draw: previews would queue for minutes.
    return PretendedEngine(before=lambda *_: time.sleep(0.02))


@pytest.fixture
def dock(engine, open_widget: Open, photo: np.ndarray, painting: np.ndarray) -> SweepWidget:
    """The dock beside that of Style transfer, with settings for a run of milliseconds."""
    main = open_widget(photo, painting, engine=engine)
    main.form.settings = settings(**{**QUICK, "steps": 2, "update_every": 1})
    dock = SweepWidget(main.viewer, engine)
    main.viewer.window.add_dock_widget(dock, name="Sweep")
    dock.viewer, dock.main = main.viewer, main
    return dock


def _vary(dock: SweepWidget, **texts: str) -> None:
    for number, (name, text) in enumerate(texts.items()):
        combo = dock.name_combos[number]
        combo.setCurrentIndex(combo.findData(name))
        dock.value_lines[number].setText(text)


def test_a_sweep_over_two_settings(qtbot, dock: SweepWidget, engine: PretendedEngine) -> None:
    _vary(dock, style_strength="0.2, 0.5", seed="0..1")
    assert dock.note.text() == "2 x 2 = 4 runs, one after the other."
    assert dock.error.isHidden()
    dock.run_button.click()
    swept = dock.current_sweep
    assert dock.bar.format() == "0 of 4"
    assert not dock.cancel_button.isHidden()
    qtbot.waitUntil(lambda: swept.comparison is not None, timeout=60_000)
    assert dock.bar.format() == "4 of 4, finished"
    assert not dock.run_button.isHidden()
    assert [job.settings.seed for job in engine.jobs] == [0, 1, 0, 1]
    assert {job.settings.size for job in engine.jobs} == {24}, "the rest as in the other dock"
    assert swept.comparison.columns == 2
    assert dock.content_combo.value.name == "photo"
    names = [layer.name for layer in dock.content_combo.choices]
    assert not [name for name in names if "\n" in name], "the grid's own pictures are no content"
    swept.comparison.off()


def test_what_is_typed_wrong_is_told_at_once_and_nothing_runs(
    dock: SweepWidget, engine: PretendedEngine
) -> None:
    wrong = {
        "0.2, x": "cannot read 'x'",
        "0.2, 1.5": "must lie between",
        "": "write the values",
        "0.2, 0.2": "there twice",
    }
    for text, sentence in wrong.items():
        _vary(dock, style_strength=text)
        assert sentence in dock.error.text()
        assert not dock.error.isHidden()
        assert dock.run() is None
    _vary(dock, style_strength="0.2")
    dock.name_combos[1].setCurrentIndex(dock.name_combos[1].findData("style_strength"))
    assert "is there twice" in dock.error.text()
    assert engine.jobs == []
    dock.name_combos[1].setCurrentIndex(0)
    assert dock.error.isHidden()
    assert dock.value_lines[1].isHidden()


def test_several_styles_by_their_names(
    qtbot, dock: SweepWidget, engine: PretendedEngine, photo: np.ndarray
) -> None:
    dock.viewer.add_image(255 - photo, name="mosaic", rgb=True)
    combo = dock.name_combos[0]
    combo.setCurrentIndex(combo.findData("style"))
    assert dock.value_lines[0].text() == "painting, mosaic", "all that there are, to begin with"
    dock.value_lines[0].setText("painting, gone")
    assert "no image layer 'gone'" in dock.error.text()
    dock.value_lines[0].setText("mosaic, painting")
    swept = dock.run()
    qtbot.waitUntil(lambda: swept.comparison is not None, timeout=60_000)
    assert swept.labels == ["style mosaic", "style painting"]
    swept.comparison.off()


def test_cancel_stops_the_rest(qtbot, dock: SweepWidget, engine: PretendedEngine) -> None:
    dock.main.form.settings = settings(**{**QUICK, "steps": 100_000, "update_every": 1})
    _vary(dock, seed="0..2")
    dock.run()
    qtbot.waitUntil(lambda: len(engine.jobs) == 1, timeout=60_000)
    dock.cancel_button.click()
    qtbot.waitUntil(lambda: dock.current_sweep.over, timeout=60_000)
    assert dock.bar.format() == "1 of 3, cancelled"
    assert len(engine.jobs) == 1


def test_without_images_a_sentence_says_what_to_do(
    engine: PretendedEngine, make_napari_viewer_proxy
) -> None:
    viewer = make_napari_viewer_proxy(show=False)
    dock = SweepWidget(viewer, engine)
    viewer.window.add_dock_widget(dock, name="Sweep")
    assert dock.run() is None
    assert "Open two images first" in dock.error.text()


def test_every_run_starts_from_the_layer_that_the_other_dock_names(
    qtbot, dock: SweepWidget, engine: PretendedEngine, photo: np.ndarray
) -> None:
    sketch = dock.viewer.add_image(255 - photo, name="sketch", rgb=True)
    dock.main.form.controls["init"].value = sketch
    _vary(dock, seed="0..1")
    dock.run()
    qtbot.waitUntil(lambda: len(engine.jobs) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: dock.current_sweep.comparison is not None, timeout=60_000)
    for job in engine.jobs:
        np.testing.assert_allclose(job.init, (255 - photo) / 255, atol=1e-6)
    dock.current_sweep.comparison.off()
    dock.base_combo.setCurrentText("preview")
    assert dock._start is None, "a preset says itself where it starts"


def test_a_start_from_an_image_that_is_not_there_is_told_at_once(
    dock: SweepWidget, engine: PretendedEngine
) -> None:
    _vary(dock, init="content, image")
    assert dock.run() is None
    assert "no image to start from" in dock.error.text()
    assert engine.jobs == []


def test_a_choice_survives_new_names(dock: SweepWidget, photo: np.ndarray) -> None:
    layer = bare(dock.viewer.add_image(photo, name="sketch", rgb=True))
    dock.content_combo.value = layer
    layer.name = "photo"  # which napari makes another of
    assert dock.content_combo.value is layer
    assert dock.content_combo.native.currentText() == layer.name
    dock.style_combo.value = dock.viewer.layers["photo"]
    dock.content_combo.value = dock.viewer.layers["photo"]
    dock.reset_choices()
    assert dock.style_combo.value is not dock.content_combo.value


def test_a_dock_that_was_closed_hears_nothing(dock: SweepWidget, photo: np.ndarray) -> None:
    dock.viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    QApplication.sendPostedEvents(dock, 52)  # a deferred deletion
    dock.viewer.add_image(photo, name="late", rgb=True)
