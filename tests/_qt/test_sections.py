"""The dock with its folded sections: from the controls to the jobs that the engine gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conftest import Open
from napari_neural_style._qt.shortcuts import main_window
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.control import Control
from napari_neural_style.presets.catalogue import settings
from pretended import PretendedEngine

SKETCH = np.full((10, 10, 3), 200, np.uint8)


@pytest.fixture
def stop() -> list[int]:
    """Numbers of the jobs that are to be cancelled."""
    return []


@pytest.fixture
def engine(stop: list[int]) -> PretendedEngine:
    def cancel(job: int, control: Control) -> None:
        if job in stop:
            control.cancel()

    return PretendedEngine(before=cancel)


@pytest.fixture
def widget(
    engine: PretendedEngine, open_widget: Open, photo: Any, painting: Any, quick: dict
) -> NeuralStyleWidget:
    dock = open_widget(photo, painting, SKETCH, engine=engine)
    dock.form.settings = settings("balanced", **quick).replace(steps=2, update_every=1)
    return dock


@pytest.fixture
def paint(qtbot, widget: NeuralStyleWidget) -> Callable[[], Any]:
    """A function that clicks Run and returns the result layer."""

    def paint_() -> Any:
        widget.panel.run_button.click()
        run = widget.current_run
        assert run is not None, widget.panel.notice.text()
        qtbot.waitUntil(lambda: run.over, timeout=60_000)
        assert run.state == "finished", run.error
        return run.layer

    return paint_


def _open(widget: NeuralStyleWidget) -> Any:
    return widget.where.open()


def _tabs(widget: NeuralStyleWidget) -> dict[str, str]:
    """Return the tooltips of the tabs by what stands on them."""
    form = widget.form
    return {form.tabText(k): form.tabToolTip(k) for k in range(form.count())}


def test_the_pages_are_not_built_before_they_are_opened(qtbot, widget: NeuralStyleWidget) -> None:
    assert widget.where.inside is None
    assert widget.more_styles.inside is None
    assert list(_tabs(widget)) == ["Paint", "Styles", "Where", "Colours", "Expert"]
    assert not widget.slices.isVisibleTo(widget)
    main_window(widget).show()
    widget.form.setCurrentIndex(2)
    qtbot.waitUntil(lambda: widget.where.inside is not None)


def test_two_labels_take_two_styles_and_the_rest_stays(
    widget: NeuralStyleWidget, engine: PretendedEngine, paint: Any, photo: np.ndarray
) -> None:
    where = _open(widget)
    where.new_button.click()
    mask = where.content_mask.value
    mask.data[:, :10], mask.data[:, 20:] = 1, 2
    mask.refresh()
    where.table.update_rows()
    where.table.combos[2].native.setCurrentText("sketch")
    widget.form.controls["mask_softness"].value = 0
    assert _tabs(widget)["Where ✓"].endswith(" mask")
    layer = paint()
    np.testing.assert_allclose(layer.data[:, :10], 255 - photo[:, :10], atol=1)
    np.testing.assert_array_equal(layer.data[:, 10:20], photo[:, 10:20])
    first, second = engine.jobs[-1].style
    np.testing.assert_array_equal(first.guide > 0, mask.data == 1)
    np.testing.assert_array_equal(second.guide > 0, mask.data == 2)
    np.testing.assert_allclose(second.styles[0].image, 200 / 255, atol=1e-3)
    where.table.combos[1].native.setCurrentText("leave as it is")
    where.table.combos[2].native.setCurrentText("leave as it is")
    widget.panel.run_button.click()
    assert "at least one" in widget.panel.notice.text()


def test_an_empty_mask_is_said_in_the_panel(widget: NeuralStyleWidget) -> None:
    _open(widget).new_button.click()
    before = len(widget.viewer.layers)
    widget.panel.run_button.click()
    assert widget.current_run is None
    assert "paint on it" in widget.panel.notice.text()
    assert len(widget.viewer.layers) == before


def test_run_again_starts_from_the_present_result(
    widget: NeuralStyleWidget, engine: PretendedEngine, paint: Any, photo: np.ndarray
) -> None:
    first = paint()
    widget.form.controls["init"].native.setCurrentText(first.name)
    paint()
    assert engine.jobs[-1].settings.init == "image"
    np.testing.assert_allclose(255 * engine.jobs[-1].init, 255.0 - photo, atol=1)
    widget.viewer.layers.remove(first)
    paint()
    assert engine.jobs[-1].settings.init == "content"


def test_further_styles_are_blended_and_the_colours_are_taken(
    widget: NeuralStyleWidget, engine: PretendedEngine, paint: Any
) -> None:
    widget.more_styles.open()
    widget.more_styles.inside.add_button.click()
    widget.more_styles.inside.rows[0].weight.value = 0.25
    widget.form.controls["color"].value = "luminance"
    layer = paint()
    (region,) = engine.jobs[-1].style
    assert [style.weight for style in region.styles] == [1, 0.25]
    assert engine.jobs[-1].settings.color == "luminance"
    assert layer.name == "photo in the style of painting, sketch"
    assert _tabs(widget)["Styles ✓"].endswith(" 1 more")


def test_what_i_see_is_painted_without_the_style(
    widget: NeuralStyleWidget, engine: PretendedEngine, paint: Any, photo: np.ndarray
) -> None:
    widget.viewer.layers["sketch"].visible = False
    widget.content_combo.native.setCurrentText("What I see (all visible layers)")
    widget.style_combo.native.setCurrentText("painting")
    paint()
    np.testing.assert_allclose(255 * engine.jobs[-1].content, photo, atol=1)


def test_a_region_is_painted_alone(widget: NeuralStyleWidget, paint: Any) -> None:
    corners = np.array([[2, 4], [2, 9], [8, 9], [8, 4]]) - 0.5
    shapes = widget.viewer.add_shapes(corners, shape_type="polygon")
    _open(widget).region.value = shapes
    assert paint().data.shape == (6, 5, 3)


def test_a_stack_is_painted_slice_by_slice_and_taken_up_again(
    qtbot, widget: NeuralStyleWidget, engine: PretendedEngine, stop: list[int]
) -> None:
    stack = widget.viewer.add_image(np.zeros((4, 12, 16), np.uint8), contrast_limits=(0, 255))
    slices = widget.slices
    assert not slices.isVisibleTo(widget)
    widget.content_combo.value = stack
    assert slices.isVisibleTo(widget)
    assert not slices.consistency.native.isVisibleTo(widget)
    slices.which.setCurrentText("all")
    assert slices.consistency.native.isVisibleTo(widget)
    widget.viewer.dims.set_current_step(0, 1)
    stop.append(2)
    run = widget.run()
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    assert run.state == "cancelled"
    assert "2 missing" in slices.missing_button.text()
    stop.clear()
    slices.missing_button.click()
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    assert run.state == "finished"
    assert (run.layer.data[..., 3] == 255).all()
    assert slices.missing_button.isHidden()
    widget.content_combo.native.setCurrentText("photo")
    assert not slices.isVisibleTo(widget)
    assert slices.asked() == {}


def test_layers_come_and_go_under_all_sections_at_once(
    qtbot, widget: NeuralStyleWidget, photo: np.ndarray
) -> None:
    where = _open(widget)
    widget.more_styles.open()
    widget.more_styles.inside.add()
    where.new_button.click()
    where.content_mask.value.data = np.ones((20, 30), int)
    where.table.update_rows()
    where.table.combos[1].native.setCurrentText("sketch")
    for layer in list(widget.viewer.layers):
        layer.name = "the same"
    for layer in list(widget.viewer.layers):
        widget.viewer.layers.remove(layer)
    assert where.content_mask.value is None
    where.new_button.click()
    assert "Open an image first" in widget.panel.notice.text()
    assert not widget.panel.run_button.isEnabled()
    widget.viewer.add_image(photo, rgb=True)
    qtbot.wait(300)


def test_a_dock_that_is_closed_leaves_nothing_behind_that_trips(
    qtbot, widget: NeuralStyleWidget
) -> None:
    where = _open(widget)
    where.new_button.click()
    mask = where.content_mask.value
    viewer = widget.viewer
    widget.setParent(None)
    widget.deleteLater()
    qtbot.wait(50)
    mask.data = np.ones((20, 30), int)
    viewer.layers["photo"].name = "another"
    viewer.layers.remove("sketch")
    qtbot.wait(300)
