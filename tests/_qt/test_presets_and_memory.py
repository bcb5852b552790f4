"""Presets of one's own, restore buttons, remembered settings and the offer after a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox, QPushButton

from conftest import Open
from napari_neural_style import PRESETS, stylize_layers
from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style._qt.memory import Memory
from napari_neural_style._qt.preset_menu import PresetMenu
from napari_neural_style._qt.recovery import RecoveryOffer
from napari_neural_style.histories import autosave
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.presets.last_settings import remembered_preset
from napari_neural_style.presets.user_presets import export_preset, save_preset
from napari_neural_style.settings import Settings
from pretended import PretendedEngine
from quick import PATIENCE, QUICK


@pytest.fixture
def form(qtbot) -> SettingsForm:
    form = SettingsForm()
    qtbot.addWidget(form)
    return form


@pytest.fixture
def menu(form: SettingsForm) -> PresetMenu:
    return PresetMenu(form)


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the user says to the dialogs."""
    answers: dict[str, Any] = {"name": "mine", "agrees": True, "path": "", "asked": []}

    def question(_: Any, __: str, text: str) -> Any:
        answers["asked"].append(text)
        button = QMessageBox.StandardButton
        return button.Yes if answers["agrees"] else button.No

    def name(*_: Any, **__: Any) -> tuple[str, bool]:
        return answers["name"] or "", answers["name"] is not None

    monkeypatch.setattr(QMessageBox, "question", question)
    monkeypatch.setattr(QInputDialog, "getText", name)
    for dialog in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, dialog, lambda *_: (answers["path"], ""))
    return answers


def offered(form: SettingsForm) -> list[str]:
    texts = [card.text() for card in form.preset.findChildren(QPushButton)]
    return [text.partition("\n")[0].removesuffix(" *") for text in texts]


def shown_buttons(form: SettingsForm) -> set[str]:
    return {name for name, row in form.rows.items() if not row.button.isHidden()}


def test_settings_are_saved_under_a_name_chosen_and_deleted(
    form: SettingsForm, menu: PresetMenu, answers: dict[str, Any]
) -> None:
    form.controls["steps"].value = 77
    menu.save.trigger()
    assert form.preset.value == "mine"
    assert form.settings == Settings(preset="mine", steps=77)
    assert shown_buttons(form) == set(), "the controls are what the preset says"
    form.preset.value = "paper"
    form.preset.value = "mine"
    assert form.settings.steps == 77
    menu.delete.trigger()
    assert offered(form) == list(PRESETS)
    assert "mine" not in offered(form)
    assert form.settings == Settings(steps=77), "the controls stay as they are"


def test_the_user_is_asked_before_a_preset_is_lost(
    form: SettingsForm, menu: PresetMenu, answers: dict[str, Any]
) -> None:
    save_preset("mine", Settings(steps=5))
    form.show_presets()
    answers["agrees"] = False
    form.controls["steps"].value = 77
    menu.save.trigger()
    assert PRESETS["mine"].values == {"steps": 5}
    form.preset.value = "mine"
    menu.delete.trigger()
    assert "mine" in PRESETS
    assert len(answers["asked"]) == 2
    answers["name"] = None  # The dialog is closed.
    menu.save.trigger()
    assert len(answers["asked"]) == 2


def test_only_ones_own_presets_can_be_deleted_and_exported(
    form: SettingsForm, menu: PresetMenu, answers: dict[str, Any]
) -> None:
    menu.actions_menu.aboutToShow.emit()
    assert not menu.delete.isEnabled()
    assert not menu.export.isEnabled()
    menu.save.trigger()
    menu.actions_menu.aboutToShow.emit()
    assert menu.delete.isEnabled()
    assert menu.export.isEnabled()


def test_a_preset_goes_out_as_a_file_and_comes_in_again(
    form: SettingsForm, menu: PresetMenu, answers: dict[str, Any], tmp_path: Path
) -> None:
    form.controls["tv_weight"].value = 3
    menu.save.trigger()
    answers["path"] = str(tmp_path / "mine.json")
    menu.export.trigger()
    menu.delete.trigger()
    form.restore_defaults()
    menu.import_.trigger()
    assert form.preset.value == "mine"
    assert form.settings.tv_weight == 3


def test_what_goes_wrong_is_told(
    open_widget: Open, answers: dict[str, Any], tmp_path: Path
) -> None:
    widget = open_widget()
    notice = widget.panel.notice
    answers["name"] = "paper"
    widget.menu.save.trigger()
    assert "choose another name" in notice.text()
    answers["path"] = str(tmp_path / "bad.json")
    (tmp_path / "bad.json").write_text("{}")
    widget.menu.import_.trigger()
    assert "no preset" in notice.text()
    assert notice.isVisibleTo(widget)


def test_a_control_that_differs_has_a_button_that_restores_it(form: SettingsForm) -> None:
    assert shown_buttons(form) == set()
    form.controls["steps"].native.setValue(77)
    form.controls["style_layers"].line.setText("block1_conv1")
    form.features.native.setCurrentText("Built-in (small, offline)")
    assert shown_buttons(form) == {"steps", "style_layers", "features"}
    form.rows["steps"].button.click()
    assert form.settings.steps == Settings().steps
    assert shown_buttons(form) == {"style_layers", "features"}
    for name in ("style_layers", "features"):
        form.rows[name].button.click()
    assert form.settings == Settings()
    assert shown_buttons(form) == set()


@pytest.mark.parametrize("preset", ["balanced", "paper", "preview", "fine"])
def test_the_buttons_mean_the_preset_that_is_chosen(form: SettingsForm, preset: str) -> None:
    form.preset.value = preset
    assert shown_buttons(form) == set()
    form.controls["learning_rate"].value = 0.5
    assert shown_buttons(form) == {"learning_rate"}
    form.rows["learning_rate"].button.click()
    assert form.settings == presets.settings(preset)


def test_all_is_restored_at_once(form: SettingsForm, menu: PresetMenu) -> None:
    form.settings = presets.settings("paper", seed=9, device="cpu", beta_1=0.5)
    menu.restore.trigger()
    assert form.settings == Settings()


def test_the_last_settings_are_there_at_the_next_start(qtbot) -> None:
    for form in (first := SettingsForm(), second := SettingsForm(), third := SettingsForm()):
        qtbot.addWidget(form)
    memory = Memory(first)
    first.preset.value = "paper"
    first.controls["seed"].native.setValue(41)
    qtbot.waitUntil(lambda: remembered_preset() == "paper", timeout=5000)
    first.controls["style_layers"].line.setText("block9")  # which cannot be kept
    memory.keep()
    Memory(second)
    assert second.settings == presets.settings("paper", seed=41)
    PresetMenu(second).restore.trigger()
    Memory(third)
    assert third.settings == Settings()


def test_what_was_changed_a_moment_before_napari_ends_is_kept(qtbot) -> None:
    for form in (first := SettingsForm(), second := SettingsForm()):
        qtbot.addWidget(form)
    Memory(first)
    first.controls["seed"].native.setValue(41)
    QApplication.instance().aboutToQuit.emit()
    Memory(second)
    assert second.settings.seed == 41


def test_a_preset_that_is_gone_by_the_next_start_does_no_harm(
    qtbot, answers: dict[str, Any]
) -> None:
    for form in (first := SettingsForm(), second := SettingsForm()):
        qtbot.addWidget(form)
    memory, menu = Memory(first), PresetMenu(first)
    first.controls["steps"].value = 12
    menu.save.trigger()
    memory.keep()
    menu.delete.trigger()
    Memory(second)
    assert second.settings == Settings()


def test_the_widget_opens_as_it_was_left(open_widget: Open) -> None:
    first = open_widget()
    first.form.controls["size"].value = 333
    first.memory.keep()
    assert open_widget(viewer=first.viewer).form.settings == Settings(size=333)


@pytest.fixture
def left_behind(engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The name of a picture that a session has left that is gone."""
    where = tmp_path / "unfinished"
    monkeypatch.setattr(autosave, "folder", lambda: where)
    monkeypatch.setattr("napari_neural_style.histories.leftovers.folder", lambda: where)
    monkeypatch.setattr(autosave, "EVERY_SECONDS", 0.0)
    viewer = ViewerModel()
    for name in ("photo", "painting"):
        viewer.add_image(np.full((20, 30, 3), 99, np.uint8), name=name, rgb=True)
    options = {**QUICK, "steps": 3, "update_every": 1, "seed": 8}
    run = stylize_layers(viewer, "photo", "painting", **options, engine=engine).wait(PATIENCE)
    here = autosave.session(where)
    here._writer.submit(lambda: None).result()
    here._lock.release()
    return run.name


def test_after_a_crash_the_picture_is_offered_and_opened(
    open_widget: Open, photo: Any, painting: Any, left_behind: str, engine: PretendedEngine
) -> None:
    widget = open_widget(photo, painting, engine=engine)
    offer = widget.recovery
    assert offer.isVisibleTo(widget)
    assert left_behind in offer.banner.text()
    assert "interrupted run" in offer.banner.text()
    offer.open_button.click()
    assert not offer.isVisibleTo(widget)
    layer = widget.viewer.layers[left_behind]
    assert (np.asarray(layer.data) == 255 - 99).all()
    widget.viewer.layers.selection.active = layer
    actions = {action.text(): action for action in widget.menu.actions_menu.actions()}
    actions["Take the selected layer's settings"].trigger()
    assert widget.form.settings.seed == 8
    actions["Paint the selected layer again"].trigger()
    assert widget.current_run is not None
    assert widget.current_run.settings.seed == 8


def test_a_picture_that_nobody_wants_is_discarded(qtbot, left_behind: str) -> None:
    viewer = ViewerModel()
    qtbot.addWidget(offer := RecoveryOffer(viewer))
    offer.discard_button.click()
    assert offer.isHidden()
    assert not list(autosave.folder().glob("*.png"))
    assert len(viewer.layers) == 0


def test_where_nothing_was_left_nothing_is_offered(open_widget: Open) -> None:
    widget = open_widget()
    assert not widget.recovery.isVisibleTo(widget)
    actions = {action.text(): action for action in widget.menu.actions_menu.actions()}
    for text in ("Take the selected layer's settings", "Paint the selected layer again"):
        widget.panel.notice.setText("")
        actions[text].trigger()
        assert "Select a result" in widget.panel.notice.text()


def test_a_preset_of_ones_own_may_be_exported_by_code_too(
    form: SettingsForm, menu: PresetMenu, answers: dict[str, Any], tmp_path: Path
) -> None:
    menu.save.trigger()
    assert export_preset("mine", tmp_path / "x.json").exists()
