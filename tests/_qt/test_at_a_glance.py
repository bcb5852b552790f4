"""What somebody who sees the dock for the first time must not have to guess."""

from __future__ import annotations

import numpy as np
import pytest
from napari.qt import get_stylesheet
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QWidget

from conftest import Open
from napari_neural_style._qt.run_words import status
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.control import Control
from napari_neural_style.errors import WeightsError
from napari_neural_style.presets.catalogue import PRESETS, settings
from napari_neural_style.running.run import BaseRun
from pretended import PretendedEngine, pretended_progress
from quick import PATIENCE, QUICK

SHORT = {**QUICK, "steps": 2, "update_every": 1}


@pytest.fixture
def widget(open_widget: Open, photo: np.ndarray, painting: np.ndarray) -> NeuralStyleWidget:
    widget = open_widget(photo, painting, engine=PretendedEngine())
    widget.form.settings = settings("balanced", **SHORT)
    return widget


def _painted(qtbot, widget: NeuralStyleWidget) -> BaseRun:
    run = widget.run()
    assert run is not None
    qtbot.waitUntil(lambda: run.over, timeout=int(PATIENCE * 1000))
    return run


def test_lost_weights_lead_to_where_others_are_chosen_and_the_earlier_result_stays(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    def lose(job: int, _: Control) -> None:
        if job == 1:
            raise WeightsError("There is no weights file.")

    widget = open_widget(photo, painting, engine=PretendedEngine(before=lose))
    widget.form.settings = settings("balanced", **SHORT)
    panel = widget.panel
    first = _painted(qtbot, widget)
    assert not panel.features_button.isVisibleTo(widget)
    assert _painted(qtbot, widget).state == "failed"
    assert "There is no weights file. Or choose" in panel.notice.text()
    titles = [widget.form.tabText(place) for place in range(widget.form.count())]
    panel.features_button.click()
    assert titles[widget.form.currentIndex()] == "Expert" in panel.notice.text()
    assert widget.form.features.native.isVisibleTo(widget)
    panel.before_button.click()
    assert not first.layer.visible
    panel.before_button.click()
    assert first.layer.visible
    _painted(qtbot, widget)
    assert not panel.features_button.isVisibleTo(widget)


def test_what_steers_a_run_is_named(widget: NeuralStyleWidget) -> None:
    live = widget.panel.live
    assert "this run" in live.text()
    for name in ("strength", "weights", "mask"):
        assert name in live.toolTip()


def test_a_coarse_scale_is_told_from_the_size_that_was_asked_for(
    qtbot, widget: NeuralStyleWidget
) -> None:
    run = _painted(qtbot, widget)
    for longest, expected in ((12, "At 12 of 24 px"), (24, "Painting at 24 px")):
        image = np.zeros((8, longest, 3), np.float32)
        run.progress = pretended_progress(1, 2, image=image, remaining=None)
        assert status(run) == expected


def test_the_size_is_that_of_a_content_that_is_smaller(qtbot, widget: NeuralStyleWidget) -> None:
    widget.form.controls["size"].value = 512
    run = _painted(qtbot, widget)
    run.progress = pretended_progress(1, 2, image=np.zeros((20, 30, 3), np.float32), remaining=None)
    assert status(run) == "Painting at 30 px"


def test_continue_tells_its_steps_and_the_hint_where_the_painting_is(
    qtbot, widget: NeuralStyleWidget
) -> None:
    run = _painted(qtbot, widget)
    button = widget.panel.continue_button
    assert button.text() == "Continue (2 steps)"
    widget.form.controls["steps"].value = 1
    assert button.text() == "Continue (1 step)"
    assert "Run begins a new one" in button.toolTip()
    assert f"“{run.layer.name}”" in widget.panel.notice.text()


def test_a_preset_that_is_changed_says_so_and_a_click_brings_it_back(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    form = open_widget(photo, painting, engine=PretendedEngine()).form
    card = form.preset.cards["balanced"]
    assert card.text() == "balanced\n80 steps"
    form.controls["steps"].value = 400
    assert card.text() == "balanced *\nchanged"
    assert card.accessibleName() == "Preset balanced, changed"
    assert "80 steps" in card.toolTip()
    assert form.preset.cards["bold"].text() == "bold\n120 steps"
    card.click()
    assert form.settings.steps == 80
    assert card.text() == "balanced\n80 steps"
    form.features.value = "Built-in (small, offline)"
    assert "changed" in card.text()


def test_presets_go_from_quick_to_thorough_and_each_says_what_it_is_for(
    open_widget: Open,
) -> None:
    cards = open_widget(engine=PretendedEngine()).form.preset.cards
    assert list(cards)[:4] == ["preview", "balanced", "fine", "masterpiece"]
    for name, card in cards.items():
        assert card.toolTip() == PRESETS[name].description


def test_the_style_that_is_chosen_is_marked_in_the_strip(
    open_widget: Open, photo: np.ndarray
) -> None:
    widget = open_widget(photo, engine=PretendedEngine())
    strip = widget.pair.strip

    def marked() -> list[str]:
        return [b.accessibleName() for b in strip.buttons if b.isChecked()]

    assert marked() == []
    for place in (2, 3, 3):  # A click on the chosen one leaves it chosen.
        strip.buttons[place].click()
        assert marked() == [strip.buttons[place].accessibleName()]
    assert marked() == [f"Style {widget.style_combo.value.name}"]
    strip.fill()
    assert len(marked()) == 1
    widget.style_combo.value = widget.viewer.layers["photo"]
    assert marked() == []


def test_the_rows_of_the_first_page_end_in_line(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting, engine=PretendedEngine())
    form = widget.form
    form.controls["style_strength"].value = 0.9  # Their buttons are there, and take room.
    form.controls["steps"].value = 3

    def ends(part: QWidget) -> tuple[int, int]:
        left = part.mapTo(widget, QPoint(0, 0)).x()
        return left, left + part.width()

    widget.setParent(None)  # The window of a test is not shown, and so nothing in it is laid out.
    widget.setStyleSheet(get_stylesheet("dark"))
    widget.resize(390, 800)
    widget.show()
    qtbot.waitUntil(lambda: form.preset.width() == widget.pair.strip.width() > 300)
    rows = [form.preset, form.rows["style_strength"].parentWidget(), widget.pair.strip]
    left, right = ends(rows[0])
    assert [ends(row) for row in rows] == [(left, right)] * 3
    for part in (form.controls["steps"].native, widget.menu, widget.panel.run_button):
        assert ends(part)[1] == right
    assert ends(widget.panel.run_button)[0] == left
