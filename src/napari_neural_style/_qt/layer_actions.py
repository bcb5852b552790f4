"""What the menu beside the presets does with the selected layer: its settings, and it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_neural_style._qt.preset_menu import add_action
from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.histories.history import history
from napari_neural_style.records.records import record_of, recorded_settings, weights_left_out
from napari_neural_style.reproduction import continue_result, reproduce
from napari_neural_style.running.style_run import StyleRun

if TYPE_CHECKING:
    from napari_neural_style._qt.widget import NeuralStyleWidget

__all__ = ["add_layer_actions"]


def add_layer_actions(widget: NeuralStyleWidget) -> None:
    """Add them to the menu of a widget's form."""
    menu = widget.form.menu.actions_menu
    menu.addSeparator()
    add_action(
        menu,
        "Take the selected layer's settings",
        "Bring the controls to what the result was painted with.",
        lambda: _take(widget),
    )
    add_action(
        menu,
        "Paint the selected layer again",
        "The same layers with the same settings, into a new layer.",
        lambda: _again(widget),
    )
    add_action(
        menu,
        "Continue the selected layer",
        "Paint on at a result, one from a file for instance, for as many steps as set above.",
        lambda: _on(widget),
    )


def _selected(widget: NeuralStyleWidget) -> Any:
    layer = widget.viewer_model.layers.selection.active
    if layer is None or record_of(layer) is None:
        raise ImageError(
            "Select a result in the layer list first: one that was painted here, or a PNG or TIFF "
            "file of one, opened again."
        )
    return layer


def _take(widget: NeuralStyleWidget) -> None:
    try:
        record = record_of(_selected(widget)) or {}
        widget.form.settings = recorded_settings(record)
        if left_out := weights_left_out(record):
            widget.panel.show_warning(left_out)
    except NeuralStyleError as error:
        widget.panel.show_error(str(error))


def _again(widget: NeuralStyleWidget) -> None:
    try:
        reproduce(widget.viewer_model, _selected(widget))  # The widget follows the queue.
    except NeuralStyleError as error:
        widget.panel.show_error(str(error))


def _on(widget: NeuralStyleWidget) -> None:
    try:
        layer = _selected(widget)
        entry = history(widget.viewer_model).entry_of(layer)
        steps = widget.form.settings.steps
        if entry and isinstance(entry.run, StyleRun):
            entry.run.continue_for(steps)
        else:
            continue_result(widget.viewer_model, layer, steps)
    except NeuralStyleError as error:
        widget.panel.show_error(str(error))
