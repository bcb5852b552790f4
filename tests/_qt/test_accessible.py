"""Every control of every dock tells screen readers what it is, and can be reached by keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari._app_model import get_app_model
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QAbstractButton, QLabel, QWidget

from conftest import Open
from napari_neural_style._qt.accessible import controls_in
from napari_neural_style._qt.compare import CompareWidget
from napari_neural_style._qt.history import HistoryWidget
from napari_neural_style._qt.looks import LooksWidget
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.shortcuts import KEYS, main_window
from napari_neural_style._qt.sweeps import SweepWidget
from napari_neural_style._qt.widget import NeuralStyleWidget
from pretended import PretendedEngine


@pytest.fixture
def dock(open_widget: Open, photo: np.ndarray, painting: np.ndarray) -> NeuralStyleWidget:
    """The main dock with all its pages built, and rows in their tables."""
    widget = open_widget(photo, painting, engine=PretendedEngine())
    where = widget.where.open()
    where.new_button.click()
    where.content_mask.value.data = np.ones((20, 30), int)
    where.table.update_rows()
    widget.more_styles.open().add()
    return widget


def _spoken(control: QWidget) -> str:
    text = control.text() if isinstance(control, QAbstractButton) else ""
    return control.accessibleName() or text


def test_every_control_has_a_name_and_says_what_it_does(dock: NeuralStyleWidget) -> None:
    others = [kind(dock.viewer) for kind in (HistoryWidget, CompareWidget)]
    others.append(SweepWidget(dock.viewer, PretendedEngine()))
    others.append(LooksWidget(dock.viewer, PretendedEngine()))
    for widget in (dock, *others):
        dock.viewer.window.add_dock_widget(widget, name=type(widget).__name__)
        controls = controls_in(widget)
        assert len(controls) >= 3
        for control in controls:
            what = f"{type(control).__name__} {control.objectName()} in {type(widget).__name__}"
            name = _spoken(control)
            assert any(map(str.isalpha, name)), f"{what} has no name: {name!r}"
            about = control.accessibleDescription() or control.toolTip()
            assert len(about.split()) >= 2, f"{name}, a {what}, does not say what it does"


def test_the_walk_sees_the_controls(dock: NeuralStyleWidget) -> None:
    seen = controls_in(dock)
    for control in (
        dock.content_combo.native,
        dock.pair.style_tile.button,
        dock.form.preset.cards["paper"],
        dock.form.controls["device"].native,
        dock.more_styles.open().add_button,
        dock.panel.run_button,
    ):
        assert control in seen


def test_the_tab_key_goes_from_the_top_to_the_bottom(dock: NeuralStyleWidget) -> None:
    wanted = [
        dock.pair.content_tile.button,
        dock.pair.style_tile.button,
        dock.pair.strip.buttons[0],
        dock.form.preset.cards["balanced"],
        dock.panel.run_button,
    ]
    order: list[QWidget] = []
    at: QWidget | None = dock
    for _ in range(2000):
        at = at.nextInFocusChain()
        if at is None or at in order:
            break
        order.append(at)
    places = [order.index(control) for control in wanted]
    assert places == sorted(places)
    for control in wanted:
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("look", ["error", "warning", "hint"])
def test_a_banner_is_told_by_a_sign_as_well_as_by_its_colour(qtbot, look: Any) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.tell("Something.", look)
    assert banner.accessibleName().startswith(look)
    banner.resize(200, 40)
    plain = QLabel("Something.")
    qtbot.addWidget(plain)
    plain.setStyleSheet(banner.styleSheet())
    plain.resize(200, 40)
    assert banner.grab().toImage() != plain.grab().toImage(), "there is a sign"


def test_the_keys_do_what_the_buttons_do_and_are_not_naparis(dock: NeuralStyleWidget) -> None:
    window = main_window(dock)
    window.show()
    made = dock.shortcuts.made
    assert {name: k.key().toString() for name, k in made.items()} == {
        name: QKeySequence(key).toString() for name, key in KEYS.items()
    }
    taken = {str(key) for keys in get_settings().shortcuts.shortcuts.values() for key in keys}
    taken |= {str(entry.keybinding) for entry in get_app_model().keybindings}
    for action in window.findChildren(QAction):
        taken |= {key.toString() for key in action.shortcuts()}
    assert {"Ctrl+G", "Ctrl+O"} <= taken, "the scan must see what there is to see"
    assert not taken & {key.key().toString() for key in made.values()}
    made["run"].activated.emit()
    run = dock.current_run
    assert run is not None
    made["pause"].activated.emit()
    made["cancel"].activated.emit()
    assert run._control.cancelled
