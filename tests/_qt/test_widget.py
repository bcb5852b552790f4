"""The dock widget and the layers of its viewer."""

from __future__ import annotations

import numpy as np
from napari.layers import Image
from qtpy.QtWidgets import QPushButton

from conftest import Open
from napari_neural_style import stylize_layers
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.presets.catalogue import settings


def _chosen(widget: NeuralStyleWidget) -> tuple[str, str]:
    """Return what the two combos show to the user."""
    return widget.content_combo.native.currentText(), widget.style_combo.native.currentText()


def _offered(widget: NeuralStyleWidget) -> list[str]:
    combo = widget.style_combo.native
    return [combo.itemText(index) for index in range(combo.count())]


def test_the_combos_show_different_layers_from_the_start(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    first = open_widget(photo, painting)
    assert _chosen(first) == ("photo", "painting")
    second = open_widget(viewer=first.viewer)  # to a viewer that has its layers already
    assert _chosen(second) == ("photo", "painting")


def test_the_combos_follow_layers_that_come_go_and_are_renamed(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget()
    viewer = widget.viewer
    assert _offered(widget) == []
    viewer.add_image(photo, name="photo", rgb=True)
    assert _chosen(widget) == ("photo", "photo")
    viewer.add_image(painting, name="painting", rgb=True)
    assert _chosen(widget) == ("photo", "painting")
    viewer.layers["painting"].name = "starry"
    assert _chosen(widget) == ("photo", "starry")
    viewer.layers.remove("starry")
    assert _offered(widget) == ["photo"]
    viewer.layers.clear()
    assert _offered(widget) == []


def test_a_choice_stays_while_other_layers_change(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting, photo)
    viewer = widget.viewer
    widget.content_combo.native.setCurrentText("sketch")
    widget.style_combo.native.setCurrentText("photo")
    viewer.add_image(painting, name="another", rgb=True)
    viewer.layers.move(0, 3)
    viewer.layers["painting"].name = "Painting"
    viewer.layers.remove("Painting")
    assert _chosen(widget) == ("sketch", "photo")


def test_a_chosen_layer_stays_chosen_under_a_new_name(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting, photo)
    widget.content_combo.native.setCurrentText("sketch")
    widget.viewer.layers["sketch"].name = "drawing"
    widget.viewer.layers["painting"].name = "starry night"
    assert _chosen(widget) == ("drawing", "starry night")


def test_layers_of_the_same_name_are_told_apart(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    style = widget.style_combo.value
    style.name = "photo"  # napari makes it "photo [1]"
    assert _chosen(widget) == ("photo", "photo [1]")
    assert widget.style_combo.value is style


def test_only_image_layers_are_offered(open_widget: Open, photo: np.ndarray) -> None:
    widget = open_widget(photo)
    widget.viewer.add_labels(np.zeros((20, 30), int), name="cells")
    widget.viewer.add_points(np.zeros((1, 2)), name="spots")
    assert _offered(widget) == ["photo"]


def test_the_same_layer_may_be_content_and_style_if_the_user_wants_it(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    widget.style_combo.native.setCurrentText("photo")
    assert _chosen(widget) == ("photo", "photo")


def test_every_combo_and_button_has_a_tooltip(open_widget: Open) -> None:
    widget = open_widget()
    for control in (widget.content_combo.native, widget.style_combo.native):
        assert len(control.toolTip().split()) >= 3
    buttons = widget.panel.findChildren(QPushButton)
    assert {button.text() for button in buttons} == {
        "Run",
        "Continue (80 steps)",
        "Go to Features",
        "Losses",
        "Pause",
        "Cancel",
        "Get the ImageNet weights",
        "Before / after",
    }
    assert all(len(button.toolTip().split()) >= 3 for button in buttons)


def test_without_images_run_says_what_to_do(open_widget: Open) -> None:
    widget = open_widget()
    widget.run()  # By its key: the button is greyed.
    assert widget.current_run is None
    assert widget.panel.notice.isVisibleTo(widget)
    assert "File > Open Sample" in widget.panel.notice.text()


def test_what_cannot_be_is_said_in_the_panel_and_starts_nothing(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    for control, text in (
        ("style_layers", "block1_conv1: much"),
        ("content_layers", "block9_conv1: 1"),
        ("device", "toaster"),
        ("device", ""),
    ):
        widget.form.settings = settings("balanced")
        choice = widget.form.controls[control]
        if control == "device":
            choice.native.setEditText(text)
        else:
            choice.line.setText(text)
        widget.panel.run_button.click()
        assert widget.current_run is None, text
        assert widget.panel.notice.isVisibleTo(widget), text
        assert (text.partition(":")[0] or control) in widget.panel.notice.text()
        assert widget.panel.run_button.isVisibleTo(widget)
        assert not widget.panel.bar.isVisibleTo(widget)
        widget.panel.notice.hide()


def test_a_missing_choice_of_weights_file_is_said_in_the_panel(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    widget.form.features.native.setCurrentText("Weights file ...")
    widget.panel.run_button.click()
    assert widget.current_run is None
    assert "weights file" in widget.panel.notice.text()


def test_a_layer_with_holes_is_refused_by_name(open_widget: Open, photo: np.ndarray) -> None:
    widget = open_widget(photo)
    widget.viewer.add_image(np.full((20, 30), np.nan), contrast_limits=(0, 1), name="scan")
    widget.panel.run_button.click()
    assert widget.current_run is None
    assert "scan" in widget.panel.notice.text()


def test_the_widget_is_narrow_enough_for_a_laptop(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    widget.viewer.layers["photo"].name = "a very long name of a layer, as microscopes give " * 4
    assert widget.minimumSizeHint().width() <= 450
    assert widget.minimumSizeHint().height() <= 500


def test_the_manifest_leads_to_this_widget(make_napari_viewer) -> None:
    viewer = make_napari_viewer()
    _, widget = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    assert isinstance(widget, NeuralStyleWidget)


def test_the_console_works_with_the_viewer_that_plugins_get(
    qtbot, make_napari_viewer_proxy, photo: np.ndarray, painting: np.ndarray, quick: dict
) -> None:
    viewer = make_napari_viewer_proxy()
    viewer.add_image(photo, name="photo", rgb=True, translate=(3, 4))
    viewer.add_image(painting, name="painting", rgb=True)
    run = stylize_layers(viewer, "photo", viewer.layers["painting"], **quick).wait(timeout=240)
    assert isinstance(run.layer, Image)
    assert run.layer in viewer.layers
    np.testing.assert_array_equal(run.layer.translate, (3, 4))


def test_losses_are_plotted_when_asked_for(open_widget, photo, painting, qtbot, quick) -> None:
    widget = open_widget(photo, painting)
    assert widget.losses.plot is None
    widget.form.settings = settings("balanced", **quick)
    run = widget.run()
    qtbot.waitUntil(lambda: run.over, timeout=240_000)
    widget.panel.details_button.click()
    plotted = widget.losses.plot.axes.get_lines()[0]
    assert list(plotted.get_xdata()) == [entry["step"] for entry in run.losses]
    widget.viewer.theme = "light"
    assert widget.losses.plot.figure.get_facecolor()[:3] > (0.5, 0.5, 0.5)
