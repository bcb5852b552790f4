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


def _vary(dock: SweepWidget, **ranges: tuple[float, float, int]) -> None:
    for number, (name, chosen) in enumerate(ranges.items()):
        combo = dock.name_combos[number]
        combo.setCurrentIndex(combo.findData(name))
        dock.values[number].set_range(*chosen)


def test_a_sweep_over_two_settings(qtbot, dock: SweepWidget, engine: PretendedEngine) -> None:
    _vary(dock, style_strength=(0.2, 0.5, 2), seed=(0, 1, 2))
    assert dock.values[0].told.text() == "0.2, 0.5"
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


def test_what_is_chosen_wrong_is_told_at_once_and_nothing_runs(
    dock: SweepWidget, engine: PretendedEngine
) -> None:
    combo = dock.name_combos[0]
    combo.setCurrentIndex(combo.findData("color"))
    dock.values[0].check()
    assert "give at least one value" in dock.error.text()
    assert not dock.error.isHidden()
    assert dock.run() is None
    _vary(dock, style_strength=(0.2, 0.2, 1))
    dock.name_combos[1].setCurrentIndex(dock.name_combos[1].findData("style_strength"))
    assert "is there twice" in dock.error.text()
    assert engine.jobs == []
    dock.name_combos[1].setCurrentIndex(0)
    assert dock.error.isHidden()
    assert dock.values[1].isHidden()


def test_numbers_and_choices_each_have_controls_that_suit_them(dock: SweepWidget) -> None:
    values, combo = dock.values[0], dock.name_combos[0]

    def shown(name: str) -> list[bool]:
        combo.setCurrentIndex(combo.findData(name))
        parts = values.slider, values.low.native, values.count, values.list
        return [part.isVisibleTo(values) for part in parts]

    assert shown("style_strength") == [True, False, True, False]
    assert shown("size") == [False, True, True, False]
    assert values.values == [256, 512, 1024]
    assert values.low.native.text() == "256"
    assert shown("color") == [False, False, False, True]
    assert values.values == ["style", "content", "luminance"]
    values.check("content")
    assert values.values == ["content"]
    assert shown("content_layers") == [False, False, False, True]
    values.check({"block4_conv2": 1.0})
    assert values.values == [{"block4_conv2": 1.0}]


def test_several_styles_by_their_names(
    qtbot, dock: SweepWidget, engine: PretendedEngine, photo: np.ndarray
) -> None:
    dock.viewer.add_image(255 - photo, name="mosaic", rgb=True)
    combo = dock.name_combos[0]
    combo.setCurrentIndex(combo.findData("style"))
    values, layers = dock.values[0], dock.viewer.layers
    chosen = [layer.name for layer in values.values]
    assert chosen == ["painting", "mosaic"], "all that there are, to begin with"
    values.check(layers["mosaic"])
    sketch = dock.viewer.add_image(photo, name="sketch", rgb=True)
    assert [layer.name for layer in values.values] == ["mosaic"], "a new layer changes nothing"
    values.check(layers["mosaic"], bare(sketch))
    dock.viewer.layers.remove("sketch")
    assert [layer.name for layer in values.values] == ["mosaic"]
    values.check(layers["mosaic"], layers["painting"])
    swept = dock.run()
    qtbot.waitUntil(lambda: swept.comparison is not None, timeout=60_000)
    assert swept.labels == ["style painting", "style mosaic"]
    swept.comparison.off()


def test_cancel_stops_the_rest(qtbot, dock: SweepWidget, engine: PretendedEngine) -> None:
    dock.main.form.settings = settings(**{**QUICK, "steps": 100_000, "update_every": 1})
    _vary(dock, seed=(0, 2, 3))
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
    _vary(dock, seed=(0, 1, 2))
    dock.run()
    qtbot.waitUntil(lambda: len(engine.jobs) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: dock.current_sweep.comparison is not None, timeout=60_000)
    for job in engine.jobs:
        np.testing.assert_allclose(job.init, (255 - photo) / 255, atol=1e-6)
    dock.current_sweep.comparison.off()
    dock.base_combo.setCurrentText("preview")
    assert dock._start is None, "a preset says itself where it starts"


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
