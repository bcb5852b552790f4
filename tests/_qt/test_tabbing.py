"""The docks of the plugin become tabs of each other, and leave those of others alone."""

from __future__ import annotations

import numpy as np
from qtpy.QtWidgets import QLabel

from conftest import Open
from napari_neural_style._qt.compare import CompareWidget
from napari_neural_style._qt.history import HistoryWidget
from napari_neural_style._qt.shortcuts import main_window
from napari_neural_style.viewing.layers import bare
from pretended import PretendedEngine


def test_a_second_dock_is_a_tab_beside_the_first(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting, engine=PretendedEngine())
    window = main_window(widget)
    window.show()
    qtbot.waitUntil(widget.isVisible)

    def add(*given, **options):
        return bare(widget.viewer.window.add_dock_widget(*given, **options))

    other = add(QLabel("somebody else's"), name="other", area="right")
    history = add(HistoryWidget(widget.viewer), name="History", area="right")
    qtbot.waitUntil(lambda: bool(window.tabifiedDockWidgets(history)))
    compare = add(CompareWidget(widget.viewer), name="Compare", area="right")
    qtbot.waitUntil(lambda: len(window.tabifiedDockWidgets(compare)) == 2)
    assert other not in window.tabifiedDockWidgets(history)
    qtbot.waitUntil(lambda: not compare.visibleRegion().isEmpty())


def test_a_dock_in_another_area_stays_there(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting, engine=PretendedEngine())
    window = main_window(widget)
    window.show()
    history = HistoryWidget(widget.viewer)
    dock = bare(widget.viewer.window.add_dock_widget(history, name="History", area="bottom"))
    qtbot.waitUntil(history.isVisible)
    qtbot.wait(50)
    assert window.tabifiedDockWidgets(dock) == []
