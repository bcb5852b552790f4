"""`follow`: a layer that stays the painting of another, live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_neural_style.api import check_thread, has_window
from napari_neural_style.errors import ImageError, LookError
from napari_neural_style.job import Engine, Job
from napari_neural_style.looks.look import Look, opened
from napari_neural_style.process import engine_process
from napari_neural_style.running.live_look import LiveLook
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import bare, find_layer
from napari_neural_style.viewing.placement import Placement

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["follow"]


def follow(
    viewer: ViewerModel,
    content: Image | str,
    look: Any,
    *,
    size: int = 512,
    name: str | None = None,
    engine: Engine | None = None,
    **settings: Any,
) -> LiveLook:
    """Paint a layer with a look, again and again, whenever it shows something else.

    It follows the layer's data (a camera, a simulation, a layer that is painted in), its slider,
    its contrast limits and its colormap. One picture is painted at a time, and next is always the
    newest: there is never a backlog. It ends when either layer is removed, or the content changes
    its shape. A layer that is written into in place tells nobody; `layer.refresh()` does. While
    another run is being painted, it waits.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content : napari.layers.Image or str
        The layer, or its name.
    look : Look or path
        The look, its file, or what `learn` returned.
    size : int
        Longest side, in pixels, that is painted at most.
    name : str, optional
        Of the painted layer.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    **settings
        Fields of `Settings`, such as ``color="content"``.

    Returns
    -------
    LiveLook
        With `stop`, `layer`, `frames`; on a bare viewer model, `catch_up` paints.

    Raises
    ------
    ImageError, LookError, SettingsError
        If it cannot be painted like this.

    Examples
    --------
    >>> live = follow(viewer, "film", "night.look", size=64)
    >>> live.catch_up().frames
    1
    >>> viewer.dims.set_current_step(0, 1)
    >>> live.catch_up().frames
    2
    >>> live.stop()
    """
    look = opened(look)
    if not isinstance(look, Look):
        raise LookError("A layer is followed with a look: give one, or its file.")
    viewer = bare(viewer)
    layer = bare(find_layer(viewer, content, "content"))
    settings.setdefault("result_size", "painted")
    request = Request.of(layer, look, size=size, name=name, **settings)
    if request.slices == "all":
        raise ImageError("What is followed is the slice that is shown: leave slices out.")

    def read() -> tuple[Job, Placement]:
        task, placement = LayerTasks.of(viewer, request).current()
        return task.job, placement

    check_thread(viewer)
    called = name or f"{layer.name}, live in the style of {look.name}"
    live = LiveLook(viewer, layer, read, engine_process() if engine is None else engine, called)
    if has_window(viewer):
        from napari_neural_style.running import napari_worker  # loads Qt

        napari_worker.pump_often(live)
    return live
