"""What somebody who sees the dock for the first time must not have to guess."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import Open
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.control import Control
from napari_neural_style.errors import WeightsError
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.running.run import BaseRun
from pretended import PretendedEngine
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
