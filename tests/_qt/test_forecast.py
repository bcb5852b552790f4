"""What a run takes stands under Run and on the presets before it is begun."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import Open
from napari_neural_style._qt import forecast
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.costs.estimate import Estimate, estimate_for
from napari_neural_style.settings import Settings
from pretended import PretendedEngine


@pytest.fixture
def widget(open_widget: Open, photo: np.ndarray, painting: np.ndarray) -> NeuralStyleWidget:
    return open_widget(photo, painting, engine=PretendedEngine())


def test_it_follows_the_controls(qtbot, open_widget: Open, painting: np.ndarray) -> None:
    large = np.zeros((600, 800, 3), np.uint8)
    widget = open_widget(large, painting, engine=PretendedEngine())
    shown = widget.panel.estimate

    def expected(size: int) -> str:
        settings = widget.form.settings.replace(size=size)
        # The memory that is free changes meanwhile; what is needed does not.
        return f"Needs {estimate_for((600, 800), settings)}"

    qtbot.waitUntil(lambda: shown.text() == expected(512))
    assert shown.isVisibleTo(widget)
    assert "GB" in shown.text()
    before = shown.text()
    widget.form.controls["size"].value = 256
    qtbot.waitUntil(lambda: shown.text() == expected(256))
    assert shown.text() != before


def test_times_stand_on_the_cards_once_they_are_known(
    widget: NeuralStyleWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[tuple[int, ...], Settings]] = []

    def known(shape: tuple[int, ...], settings: Settings) -> Estimate:
        asked.append((shape, settings))
        return Estimate(2**30, 2**31, 2**33, float(settings.steps), 0, 512, settings.steps < 200)

    cards = widget.form.preset.cards
    assert cards["bold"].text() == "bold\n120 steps"
    monkeypatch.setattr(forecast, "estimate_for", known)
    widget.forecast.compute()
    assert cards["bold"].text() == "bold\n≈ 2 min"
    assert cards["paper"].text() == "paper\n≈ 17 min"
    assert {shape for shape, _ in asked} == {(20, 30)}
    assert widget.panel.estimate.text() == "Needs about 1.0 GB of 8 GB memory, about 1 min"
    widget.form.controls["steps"].value = 1000
    widget.forecast.compute()
    assert widget.panel.estimate.text().startswith("! Needs")
    assert "does not fit" in widget.panel.estimate.text()


def test_of_a_stack_the_plane_that_is_shown_counts(
    widget: NeuralStyleWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = widget.viewer.add_image(np.zeros((7, 12, 16), np.uint8))
    widget.content_combo.value = stack
    assert widget.forecast._shape(stack) == (12, 16)
    widget.viewer.dims.order = (1, 0, 2)
    assert widget.forecast._shape(stack) == (7, 16)


def test_without_pictures_it_says_that_there_must_be_two(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(engine=PretendedEngine())
    widget.forecast.compute()
    assert "two pictures" in widget.panel.estimate.text()
    height = widget.panel.heightForWidth(380)
    widget.panel.tell_estimate("")
    assert widget.panel.heightForWidth(380) == height, "Run stays where it is"
