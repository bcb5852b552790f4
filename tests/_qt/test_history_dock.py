"""The History dock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from conftest import Open
from napari_neural_style import StyleRun, stylize_layers
from napari_neural_style._qt.history import HistoryWidget
from napari_neural_style.presets.catalogue import settings
from pretended import PretendedEngine
from quick import QUICK

Paint = Callable[..., StyleRun]


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def paint(qtbot, engine: PretendedEngine) -> Paint:
    """A function that paints at once, in the viewer of a widget."""

    def paint_(viewer, **options) -> StyleRun:
        settings = {**QUICK, "steps": 2, "update_every": 1, **options}
        run = stylize_layers(viewer, "photo", "painting", **settings, engine=engine)
        qtbot.waitUntil(lambda: run.over, timeout=60_000)
        return run

    return paint_


@pytest.fixture
def dock(engine, open_widget: Open, photo: np.ndarray, painting: np.ndarray):
    """The dock beside that of Style transfer."""
    main = open_widget(photo, painting, engine=engine)
    dock = HistoryWidget(main.viewer)
    main.viewer.window.add_dock_widget(dock, name="History")
    dock.main, dock.viewer = main, main.viewer
    return dock


def _texts(dock: HistoryWidget) -> list[str]:
    return [dock.list.item(row).text() for row in range(dock.list.count())]


def test_results_are_listed_with_what_differs(qtbot, dock: HistoryWidget, paint: Paint) -> None:
    assert not dock.hint.isHidden()
    assert not dock.delete_button.isEnabled()
    paint(dock.viewer)
    paint(dock.viewer, seed=4)
    qtbot.waitUntil(lambda: len(_texts(dock)) == 2 and "finished" in _texts(dock)[1])
    assert dock.hint.isHidden()
    first, second = _texts(dock)
    assert first.splitlines()[0] == "photo in the style of painting"
    assert "seed 0 -> 4" in second.splitlines()
    assert "2 steps in 4 s, finished" in second
    image = dock.list.item(1).icon().pixmap(64, 64).toImage()
    colours = {image.pixel(x, 32) for x in range(image.width())}
    assert len(colours) > 10, "the picture is there"


def test_a_click_shows_one_result_alone(qtbot, dock: HistoryWidget, paint: Paint) -> None:
    first, second = paint(dock.viewer), paint(dock.viewer, seed=4)
    dock.list.itemClicked.emit(dock.list.item(0))
    assert first.layer.visible
    assert not second.layer.visible
    assert dock.viewer.layers["photo"].visible


def test_settings_are_loaded_back(qtbot, dock: HistoryWidget, paint: Paint) -> None:
    paint(dock.viewer, seed=4, tv_weight=0.25)
    dock.viewer.layers["photo"].name = "renamed"
    main = dock.main
    main.content_combo.value, main.style_combo.value = dock.viewer.layers[1], dock.viewer.layers[2]
    dock.list.setCurrentRow(0)
    dock.load_button.click()
    assert main.form.settings.seed == 4
    assert main.form.settings.tv_weight == 0.25
    assert main.content_combo.value.name == "renamed"
    assert main.style_combo.value.name == "painting"
    assert dock.error.isHidden()


def test_settings_that_cannot_be_read_are_told(dock: HistoryWidget, photo: np.ndarray) -> None:
    record = {"settings": '{"brushes": 3}'}
    dock.viewer.add_image(photo, name="later", rgb=True, metadata={"neural_style": record})
    dock.list.setCurrentRow(0)
    dock.load_button.click()
    assert not dock.error.isHidden()
    assert "brushes" in dock.error.text()


def test_delete_takes_the_entry_and_the_layer(dock: HistoryWidget, paint: Paint) -> None:
    paint(dock.viewer)
    run = paint(dock.viewer, seed=4)
    dock.list.setCurrentRow(1)
    dock.delete_button.click()
    assert dock.list.count() == 1
    assert run.layer not in dock.viewer.layers


def test_a_dock_that_was_closed_hears_nothing(qtbot, dock: HistoryWidget, paint: Paint) -> None:
    dock.viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    QApplication.sendPostedEvents(dock, 52)  # a deferred deletion
    paint(dock.viewer)
    again = HistoryWidget(dock.viewer)
    qtbot.addWidget(again)
    assert again.list.count() == 1


def test_four_variations_and_one_of_them_at_full_size(
    qtbot, dock: HistoryWidget, engine: PretendedEngine
) -> None:
    dock.main.form.settings = settings("balanced", **QUICK).replace(steps=2, update_every=1)
    bar = dock.variations
    bar.button.click()
    assert not bar.button.isEnabled()
    qtbot.waitUntil(bar.button.isEnabled, timeout=20_000)
    assert len(engine.jobs) == 4
    assert all(picture.isEnabled() for picture in bar.pictures)
    assert len(dock.viewer.layers) == 2, "they are no layers"
    bar.pictures[2].click()
    run = dock.main.current_run
    qtbot.waitUntil(lambda: run.over, timeout=20_000)
    assert run.settings.style_strength == 0.7
    assert dock.main.form.controls["style_strength"].value == 0.7
    assert len(dock.viewer.layers) == 3


def test_variations_of_nothing_say_what_to_do(dock: HistoryWidget) -> None:
    dock.viewer.layers.clear()
    dock.variations.button.click()
    assert "Open two images" in dock.variations.error.text()
    assert dock.variations.pictures == []
