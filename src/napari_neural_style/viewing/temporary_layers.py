"""`TemporaryLayers`: pictures shown for a while instead of a viewer's layers. Qt-free."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_neural_style.records.records import KEY
from napari_neural_style.viewing.layers import bare
from napari_neural_style.viewing.showing import set_visible

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

__all__ = ["TemporaryLayers", "ViewerState", "clear_temporary_layers", "is_temporary"]

#: Font size of captions, which napari shows as layer names; small enough for many cells.
FONT_POINTS = 8
_GRID = ("shape", "stride", "spacing", "enabled")
_CAMERA = ("center", "zoom", "angles", "perspective")


@dataclass(frozen=True)
class ViewerState:
    """A snapshot of a viewer: its layers, selection, grid and camera."""

    #: Each with its visibility, opacity and mode, in their order.
    layers: tuple[tuple[Layer, bool, float, Any], ...]
    selected: tuple[Layer, ...]
    grid: dict[str, Any]
    camera: dict[str, Any]

    @classmethod
    def of(cls, viewer: ViewerModel) -> ViewerState:
        """Return the current state of a viewer."""
        grid, camera = viewer.canvas.grid, viewer.scene.camera
        return cls(
            tuple(
                (layer, layer.visible, layer.opacity, getattr(layer, "mode", None))
                for layer in viewer.layers
            ),
            tuple(viewer.layers.selection),
            {name: getattr(grid, name) for name in _GRID},
            {name: getattr(camera, name) for name in _CAMERA},
        )

    def restore(self, viewer: ViewerModel) -> None:
        """Restore a viewer; layers removed or added since are left alone."""
        there = [saved for saved in self.layers if saved[0] in viewer.layers]
        for place, (layer, *_) in enumerate(there):
            if (now := viewer.layers.index(layer)) != place:
                viewer.layers.move(now, place)
        for layer, visible, opacity, mode in there:
            if layer.visible != visible:
                set_visible(layer, visible)
            layer.opacity = opacity
            if visible and mode is not None and layer.mode != mode:
                layer.mode = mode
        selection = viewer.layers.selection
        selection.clear()
        selection.update(layer for layer in self.selected if layer in viewer.layers)
        for name, value in self.grid.items():
            setattr(viewer.canvas.grid, name, value)
        # The camera last: the other changes may move it.
        for name, value in self.camera.items():
            setattr(viewer.scene.camera, name, value)


class TemporaryLayers:
    """Hides a viewer's layers and shows pictures instead, until `clear`.

    A viewer has one at a time: a second one clears the first. `owner` is kept alive until then, and
    `cleared` is emitted once the viewer is restored.
    """

    cleared = Signal()

    def __init__(self, viewer: ViewerModel, owner: object = None) -> None:
        viewer = bare(viewer)
        clear_temporary_layers(viewer)
        self._viewer = weakref.ref(viewer)
        self.owner = owner
        self._state = ViewerState.of(viewer)
        self._pictures: list[Image] = []
        for layer in viewer.layers:
            layer.visible = False
        _shown[viewer] = self

    @property
    def pictures(self) -> list[Image]:
        """The pictures that the user has not removed."""
        viewer = self._viewer()
        return [picture for picture in self._pictures if viewer and picture in viewer.layers]

    def put(self, picture: Image) -> None:
        """Show a picture above all others, with its name in its corner."""
        if viewer := self._viewer():
            # The key without a record marks a temporary layer that is not a result.
            picture.metadata[KEY] = None
            while picture.name in viewer.layers:
                picture.name += " "  # else napari appends a number
            picture.name_overlay.font_size = FONT_POINTS
            picture.name_overlay.visible = True
            # napari's status bar has a single line.
            picture.get_status = partial(_in_one_line, picture.get_status)
            self._pictures.append(picture)
            viewer.add_layer(picture)

    def clear(self) -> None:
        """Remove all pictures and restore the viewer."""
        viewer = self._viewer()
        if viewer is None or _shown.get(viewer) is not self:
            return
        del _shown[viewer]
        # The grid first: it would be laid out again for every layer removed.
        viewer.canvas.grid.enabled = False
        for picture in self.pictures:
            viewer.layers.remove(picture)
        self._pictures.clear()
        self._state.restore(viewer)
        self.cleared.emit()


def _in_one_line(get_status: Callable[..., dict[str, str]], *args: Any, **options: Any) -> Any:
    status = get_status(*args, **options)
    return {what: " ".join(str(text).split()) for what, text in status.items()}


_shown: weakref.WeakKeyDictionary[Any, TemporaryLayers] = weakref.WeakKeyDictionary()


def clear_temporary_layers(viewer: ViewerModel) -> None:
    """Clear the viewer's `TemporaryLayers`, if it has any."""
    if temporary := _shown.get(bare(viewer)):
        temporary.clear()


def is_temporary(layer: Layer) -> bool:
    """Return whether a layer is one of the pictures of `TemporaryLayers`."""
    return layer.metadata.get(KEY, ...) is None
