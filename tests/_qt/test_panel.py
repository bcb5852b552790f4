"""The widget during runs, with the real engine process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import numpy as np
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from conftest import Open
from napari_neural_style import stylize, stylize_layers
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.process import engine_process
from napari_neural_style.progress import Progress
from napari_neural_style.running.queue import run_queue
from napari_neural_style.running.style_run import StyleRun
from quick import PATIENCE, QUICK

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def until(qtbot) -> Until:
    """A function that keeps Qt going until something is true."""
    return lambda condition: qtbot.waitUntil(condition, timeout=int(PATIENCE * 1000))


@pytest.fixture
def widget(open_widget: Open, photo: np.ndarray, painting: np.ndarray) -> NeuralStyleWidget:
    """A widget set to a short run, in a viewer with a photo and a painting."""
    widget = open_widget(photo, painting)
    widget.form.settings = settings("balanced", **QUICK)
    return widget


@pytest.fixture
def running(widget: NeuralStyleWidget, until: Until) -> StyleRun:
    """A run of the widget that has shown a preview and will not end by itself."""
    widget.form.settings = settings("balanced", **{**QUICK, "steps": 100_000, "update_every": 50})
    widget.panel.run_button.click()
    until(lambda: widget.current_run.layer is not None)
    return widget.current_run


def _buttons(widget: NeuralStyleWidget) -> list[str]:
    """Return what stands on the buttons that the user sees."""
    panel = widget.panel
    buttons = (
        panel.run_button,
        panel.continue_button,
        panel.pause_button,
        panel.cancel_button,
    )
    return [button.text().partition(" (")[0] for button in buttons if button.isVisibleTo(widget)]


def test_a_run_goes_from_run_to_pause_and_cancel_and_back(
    widget: NeuralStyleWidget, until: Until
) -> None:
    assert _buttons(widget) == ["Run"]
    assert not widget.panel.bar.isVisibleTo(widget)
    widget.panel.run_button.click()
    run = widget.current_run
    assert _buttons(widget) == ["Add to queue", "Pause", "Cancel"]
    assert widget.panel.bar.isVisibleTo(widget)
    assert widget.panel.status.text()
    until(lambda: run.over)
    assert run.state == "finished"
    assert _buttons(widget) == ["Run", "Continue"]
    assert run.layer in widget.viewer.layers
    assert run.settings == settings("balanced", **QUICK)
    _shows_step_losses_device_and_arithmetic(widget)


def _shows_step_losses_device_and_arithmetic(widget: NeuralStyleWidget) -> None:
    progress = widget.current_run.progress
    assert widget.panel.status.text().startswith("Done: 12 steps in ")
    assert not widget.panel.details.isVisibleTo(widget)
    widget.panel.details_button.click()
    figures = widget.panel.figures
    assert figures.isVisibleTo(widget)
    for name in ("total", "content", "style", "tv"):
        assert f"{progress.losses[name]:.3g}" in figures.text()
    assert progress.device in figures.text()
    assert "float32" in figures.text()
    assert "built-in" in figures.text().lower()


def test_the_last_of_many_previews_is_the_one_that_stays(
    widget: NeuralStyleWidget, until: Until
) -> None:
    # Previews that come faster than they can be shown must neither pass nor undo one another.
    widget.form.settings = settings("balanced", **{**QUICK, "steps": 80, "update_every": 1})
    widget.panel.run_button.click()
    run = widget.current_run
    seen: list[int] = []
    run.progressed.connect(lambda progress: seen.append(progress.step))
    until(lambda: run.over)
    assert seen == sorted(seen)
    assert "80 steps" in widget.panel.status.text()
    assert run.layer.metadata["neural_style"]["step"] == 80


def test_a_second_run_leaves_the_choice_of_layers_alone(
    widget: NeuralStyleWidget, until: Until
) -> None:
    for _ in range(2):
        widget.panel.run_button.click()
        until(lambda: widget.current_run.over)
        assert widget.content_combo.native.currentText() == "photo"
        assert widget.style_combo.native.currentText() == "painting"
    assert len(widget.viewer.layers) == 4
    assert len({layer.name for layer in widget.viewer.layers}) == 4


def test_pause_and_resume_by_their_button_whatever_becomes_of_content_and_style(
    widget: NeuralStyleWidget, running: StyleRun, until: Until
) -> None:
    widget.panel.pause_button.click()
    assert running.state == "paused"
    assert _buttons(widget) == ["Add to queue", "Resume", "Cancel"]
    widget.panel.pause_button.click()
    assert _buttons(widget) == ["Add to queue", "Pause", "Cancel"]
    step = running.progress.step
    until(lambda: running.progress.step > step)
    assert "Painting at 24 px" in widget.panel.status.text()
    # It needs neither of its layers any more.
    widget.viewer.layers.remove("photo")
    widget.viewer.layers["painting"].name = "night"
    step = running.progress.step
    until(lambda: running.progress.step > step)


@pytest.mark.parametrize("paused", [False, True])
def test_cancel_by_its_button_keeps_the_picture(
    widget: NeuralStyleWidget, running: StyleRun, until: Until, paused: bool
) -> None:
    if paused:
        widget.panel.pause_button.click()
    widget.panel.cancel_button.click()
    until(lambda: running.over)
    assert running.state == "cancelled"
    assert _buttons(widget) == ["Run", "Continue"]
    assert running.layer in widget.viewer.layers
    assert "Cancelled at step" in widget.panel.status.text()
    assert not widget.panel.notice.isVisibleTo(widget)


def test_nothing_is_painted_any_more_once_cancel_is_pressed(
    widget: NeuralStyleWidget, until: Until
) -> None:
    # Previews come faster than they are shown, and many are on their way.
    widget.form.settings = settings("balanced", **{**QUICK, "steps": 100_000, "update_every": 1})
    widget.panel.run_button.click()
    run = widget.current_run
    painted: list[int] = []

    def on_progress(progress: Progress) -> None:
        painted.append(progress.step)
        if len(painted) == 20:
            widget.panel.cancel_button.click()

    run.progressed.connect(on_progress)
    until(lambda: run.over)
    assert len(painted) == 20
    assert run.state == "cancelled"


def test_the_window_answers_while_previews_come_faster_than_they_are_shown(
    widget: NeuralStyleWidget, until: Until
) -> None:
    widget.form.settings = settings("balanced", **{**QUICK, "steps": 150, "update_every": 1})
    widget.panel.run_button.click()
    run = widget.current_run
    until(lambda: run.layer is not None)
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(len(run.losses)))
    timer.start(1)
    until(lambda: run.over)
    # However busy the machine: a window that is not let go of ticks before and after, at most.
    assert len({done for done in ticks if 0 < done < 150}) > 2, "ticks in the midst of the run"
    # Each one is on record, shown or not.
    assert [losses["step"] for losses in run.losses] == list(range(1, 151))


def test_runs_during_a_run_wait_and_can_be_put_in_order_and_removed(
    widget: NeuralStyleWidget, running: StyleRun, until: Until
) -> None:
    waiting = widget.panel.queue_list
    assert not waiting.isVisibleTo(widget)
    widget.form.settings = settings("balanced", **QUICK)
    names = [widget.run().name for _ in range(3)]
    assert widget.current_run is running
    assert waiting.isVisibleTo(widget)

    def shown() -> list[str]:
        return [waiting.names.item(row).text() for row in range(waiting.names.count())]

    assert shown() == names
    runs = run_queue().waiting
    waiting.names.setCurrentRow(2)
    assert not waiting.down_button.isEnabled()
    waiting.up_button.click()
    waiting.up_button.click()
    assert not waiting.up_button.isEnabled()
    assert run_queue().waiting == [runs[2], runs[0], runs[1]]
    waiting.names.setCurrentRow(1)
    waiting.remove_button.click()
    assert runs[0].state == "cancelled"
    widget.panel.cancel_button.click()
    until(lambda: runs[1].over)
    assert [run.state for run in runs] == ["cancelled", "finished", "finished"]
    assert widget.current_run is runs[1]
    assert not waiting.isVisibleTo(widget)
    assert widget.viewer.layers[-2:] == [runs[2].layer, runs[1].layer]


def test_the_controls_steer_the_run_unless_they_are_told_not_to(
    widget: NeuralStyleWidget, running: StyleRun, until: Until
) -> None:
    assert widget.panel.live.isVisibleTo(widget)
    widget.form.controls["style_strength"].value = 0.9
    widget.form.controls["tv_weight"].value = 0.25
    until(lambda: bool(running.progress.steering))
    taken: dict[str, float] = {}
    until(lambda: len([taken.update(changes) for _, changes in running.progress.steering]) > 0)
    assert running.settings.style_strength == 0.9
    widget.panel.live.setChecked(False)
    widget.form.controls["style_strength"].value = 0.1
    assert running.settings.style_strength == 0.9
    widget.panel.live.setChecked(True)
    # A preset is a choice for the next run.
    widget.form.preset.value = "bold"
    assert running.settings.style_strength == 0.9
    assert running.settings.tv_weight == 0.25
    running.cancel()
    until(lambda: running.over)
    assert not widget.panel.live.isVisibleTo(widget)
    widget.form.controls["style_strength"].value = 0.2
    assert running.settings.style_strength == 0.9


def test_continue_goes_on_in_the_same_layer(widget: NeuralStyleWidget, until: Until) -> None:
    widget.panel.run_button.click()
    run = widget.current_run
    until(lambda: run.over)
    widget.form.controls["steps"].value = 5
    widget.panel.continue_button.click()
    assert _buttons(widget) == ["Add to queue", "Pause", "Cancel"]
    until(lambda: run.over)
    assert "17 steps" in widget.panel.status.text()
    assert len(widget.viewer.layers) == 3
    assert run.layer.metadata["neural_style"]["step"] == 17


def test_a_run_that_the_console_starts_is_shown_as_well(
    widget: NeuralStyleWidget, until: Until
) -> None:
    run = stylize_layers(widget.viewer, "photo", "painting", **QUICK)
    assert widget.current_run is run
    until(lambda: run.over)
    assert "12 steps" in widget.panel.status.text()


def test_removing_the_result_ends_the_run(
    widget: NeuralStyleWidget, running: StyleRun, until: Until
) -> None:
    widget.viewer.layers.remove(running.layer)
    until(lambda: running.over)
    assert running.state == "cancelled"
    assert _buttons(widget) == ["Run", "Continue"]
    assert [layer.name for layer in widget.viewer.layers] == ["photo", "painting"]


def test_a_killed_engine_is_told_in_the_panel_and_run_works_again(
    widget: NeuralStyleWidget, running: StyleRun, until: Until
) -> None:
    os.kill(engine_process().pid, signal.SIGKILL)
    until(lambda: running.over)
    assert running.state == "failed"
    assert widget.panel.notice.isVisibleTo(widget)
    assert widget.panel.notice.text() == str(running.error)
    assert "killed" in widget.panel.notice.text()
    assert running.layer in widget.viewer.layers
    assert _buttons(widget) == ["Run", "Continue"]
    widget.form.settings = settings("balanced", **QUICK)
    widget.panel.run_button.click()
    assert not widget.panel.notice.isVisibleTo(widget)
    until(lambda: widget.current_run.over)
    assert widget.current_run.state == "finished"


def test_a_failed_run_that_is_continued_shows_its_bar_and_no_error(
    running: StyleRun, widget: NeuralStyleWidget, until: Until
) -> None:
    os.kill(running.engine.pid, signal.SIGKILL)
    until(lambda: running.over)
    panel = widget.panel
    assert not panel.bar.isVisibleTo(widget)
    assert panel.notice.isVisibleTo(widget)
    running.continue_for(20)
    assert panel.bar.isVisibleTo(widget)
    assert not panel.notice.isVisibleTo(widget)
    until(lambda: running.over)
    assert running.state == "finished"
    assert f"{running.steps} steps" in panel.status.text()


def test_the_stand_in_for_missing_weights_cannot_be_missed(
    widget: NeuralStyleWidget, until: Until
) -> None:
    widget.form.features.native.setCurrentText("Best available")
    widget.panel.run_button.click()
    until(lambda: widget.current_run.over)
    assert widget.current_run.state == "finished"
    assert widget.panel.notice.isVisibleTo(widget)
    assert "built-in network" in widget.panel.notice.text()
    assert "ImageNet weights" in widget.panel.notice.text()
    record = widget.current_run.layer.metadata["neural_style"]
    assert record["notices"] == [widget.panel.notice.text()]
    assert "built-in" in record["features"].lower()


def test_weights_that_cannot_be_had_are_named_in_the_panel(
    widget: NeuralStyleWidget, until: Until
) -> None:
    widget.form.weights_file.value = "/data/lost.h5"
    for choice, named in (
        ("VGG19 (ImageNet)", "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("Weights file ...", "lost.h5"),
    ):
        widget.form.features.native.setCurrentText(choice)
        widget.panel.run_button.click()
        until(lambda: widget.current_run.over)
        assert widget.current_run.state == "failed"
        assert widget.panel.notice.isVisibleTo(widget)
        assert named in widget.panel.notice.text()
        assert _buttons(widget) == ["Run"]
        assert not widget.panel.bar.isVisibleTo(widget)
        assert len(widget.viewer.layers) == 2


def test_a_second_widget_waits_its_turn(
    widget: NeuralStyleWidget, running: StyleRun, open_widget: Open, until: Until
) -> None:
    second = open_widget(viewer=widget.viewer)
    assert second.current_run is running
    second.form.settings = settings("balanced", **QUICK)
    second.panel.run_button.click()
    assert not running.over
    (waiting,) = run_queue().waiting
    assert second.panel.queue_list.isVisibleTo(second)
    assert widget.panel.queue_list.isVisibleTo(widget)
    widget.panel.cancel_button.click()
    until(lambda: waiting.over)
    assert (running.state, waiting.state) == ("cancelled", "finished")
    assert widget.current_run is second.current_run is waiting


def test_closing_the_viewer_during_a_run_leaves_nothing_running(
    widget: NeuralStyleWidget, running: StyleRun, until: Until, photo: np.ndarray
) -> None:
    engine = engine_process().pid
    widget.viewer.close()
    until(lambda: running.over)
    assert running.state == "cancelled"
    QApplication.processEvents()
    # The engine is free again, and was not killed to become so.
    assert stylize(photo, photo, **QUICK).shape == photo.shape
    assert engine_process().pid == engine
