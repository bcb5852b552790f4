"""A request's layers read once more, long after; they are remembered by identity, and not held."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari_neural_style.errors import ImageError
from napari_neural_style.job import Job
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import bare
from napari_neural_style.viewing.placement import Placement

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["reading_again"]


def reading_again(
    viewer: ViewerModel, request: Request, tasks: LayerTasks
) -> Callable[[], tuple[Job, Placement]]:
    """Return what reads the same layers once more, with what they show by then; it holds none.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    request : Request
        What was asked.
    tasks : LayerTasks
        The same, read for the first time.

    Returns
    -------
    callable
        Returns the job and where its result belongs, or raises `ImageError` if a layer is gone.
    """
    viewer, sliders = bare(viewer), tasks.sliders

    def weak(layer: Any) -> Any:
        named = isinstance(layer, str) and layer in viewer.layers
        found = viewer.layers[layer] if named else layer
        return found if isinstance(found, str) else weakref.ref(bare(found))

    def there(reference: Any) -> Any:
        layer = reference() if isinstance(reference, weakref.ref) else reference
        if layer is None or (not isinstance(layer, str) and layer not in viewer.layers):
            raise ImageError("A layer that it was painted from is gone.")
        return layer

    kept = request.with_layers(weak)
    if tasks.window is not None:
        kept = kept.replace(region=tasks.window)  # whatever is drawn there since

    def again() -> tuple[Job, Placement]:
        task, placement = LayerTasks.of(viewer, kept.with_layers(there), None, sliders).current()
        return task.job, placement

    return again
