"""What the menu beside the presets does with the selected layer: its settings, and it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style._qt.looks import looks_widget
from napari_neural_style._qt.preset_menu import PresetMenu
from napari_neural_style._qt.printing_dock import print_widget
from napari_neural_style.errors import ImageError
from napari_neural_style.histories.history import history
from napari_neural_style.job import Engine
from napari_neural_style.records.records import record_of, recorded_settings, weights_left_out
from napari_neural_style.reproduction import continue_result, reproduce
from napari_neural_style.running.style_run import StyleRun

if TYPE_CHECKING:
    import napari

__all__ = ["add_layer_actions"]


def add_layer_actions(
    menu: PresetMenu, viewer: napari.viewer.Viewer, form: SettingsForm, engine: Engine
) -> None:
    """Add them to the menu; runs that they start are shown by whoever follows the queue.

    Parameters
    ----------
    menu : PresetMenu
    viewer : napari.viewer.Viewer
        Whose selected layer is meant.
    form : SettingsForm
        Takes the settings of a layer, and says for how many steps to continue.
    engine : Engine
        What does the work.
    """

    def take(layer: Any) -> None:
        record = record_of(layer) or {}
        form.settings = recorded_settings(record)
        if left_out := weights_left_out(record):
            form.problem.emit(left_out)

    def again(layer: Any) -> None:
        reproduce(viewer, layer, engine=engine)

    def continue_(layer: Any) -> None:
        entry = history(viewer).entry_of(layer)
        steps = form.settings.steps
        if entry and isinstance(entry.run, StyleRun):
            entry.run.continue_for(steps)
        else:
            continue_result(viewer, layer, steps, engine=engine)

    def learn_look(layer: Any) -> None:
        looks_widget(viewer, engine).learn(layer)

    def enlarge(layer: Any) -> None:
        print_widget(viewer, engine).offer(layer)

    def add(text: str, tooltip: str, act: Callable[[Any], None]) -> None:
        menu.add(text, tooltip, lambda: act(_selected(viewer)))

    menu.actions_menu.addSeparator()
    add(
        "Take the selected layer's settings",
        "Bring the controls to what the result was painted with.",
        take,
    )
    add(
        "Paint the selected layer again",
        "The same layers with the same settings, into a new layer.",
        again,
    )
    add(
        "Continue the selected layer",
        "Continue a result, one from a file for instance, for as many steps as set above.",
        continue_,
    )
    add(
        "Learn this look",
        "Learn to paint as the selected result was painted: then films and live layers, at once.",
        learn_look,
    )
    add(
        "Enlarge / print ...",
        "Paint the selected result on, at its content's full resolution or at a size in print.",
        enlarge,
    )


def _selected(viewer: napari.viewer.Viewer) -> Any:
    layer = viewer.layers.selection.active
    if layer is None or record_of(layer) is None:
        raise ImageError(
            "Select a result in the layer list first: one that was painted here, or a PNG or TIFF "
            "file of one, opened again."
        )
    return layer
