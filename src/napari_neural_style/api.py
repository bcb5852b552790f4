"""The composition root: makes requests and runs, and attaches to a run whoever listens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.arithmetic_mode import usual_arithmetic
from napari_neural_style.histories.autosave import autosave
from napari_neural_style.histories.history import history
from napari_neural_style.hooks.observing import Observed, observed
from napari_neural_style.job import Engine
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.images import from_rgb, resize, to_rgb
from napari_neural_style.pictures.levels import white_of
from napari_neural_style.pictures.transparency import check_visible, without_hidden
from napari_neural_style.process import engine_process
from napari_neural_style.progress import Progress, Update
from napari_neural_style.running import plain_thread
from napari_neural_style.running.bare_run import Run
from napari_neural_style.running.queue import run_queue
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.stack_run import StackRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.array_tasks import make_task
from napari_neural_style.tasks.layer_tasks import LayerStyles, LayerTasks
from napari_neural_style.tasks.reading_again import reading_again
from napari_neural_style.tasks.request import Request
from napari_neural_style.tasks.style_regions import Styles
from napari_neural_style.viewing.sources import Window

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer, Shapes

__all__ = ["has_window", "in_turn", "layer_run", "paint", "stylize", "stylize_layers"]


def stylize(
    content: ArrayLike,
    style: Styles,
    *,
    content_mask: ArrayLike | None = None,
    style_mask: ArrayLike | None = None,
    preset: str = "balanced",
    callback: Callable[[Update], object] | None = None,
    engine: Engine | None = None,
    **settings: Any,
) -> NDArray[Any]:
    """Return the content painted in the style.

    Runs in the engine process and waits for it; interrupt (Ctrl+C) to stop.

    Parameters
    ----------
    content : array_like, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or RGBA. Integers span the range of their type, or as much of it as the pixels
        need: 0 to 255 in an int64; floats [0, 1]. A picture of Pillow's, a tensor, or the path of a
        file is taken as well.
    style : array_like, list or dict
        An image of any size; a list of images, or of pairs of an image and its
        weight, which are blended; or a dict from labels of `content_mask` to any of these.
    content_mask : array_like, shape (H, W), optional
        Where to paint: booleans, or integer labels. Beyond it the content stays exactly as it is;
        ``mask_softness`` is the width of its soft edge in pixels. Floats in [0, 1] say how
        strongly, place by place: more style here, the content held more firmly there; so do labels
        with ``mask_levels=10``, as tenths. With a dict of styles each label takes its own, and
        labels that are not in it stay as they are.
    style_mask : array_like, shape (h, w), optional
        Labels over a single style: each part of the content takes the part of the style with the
        same label. Without labels on the content, what is not 0 is the style.
    preset : str
        The recipe: "balanced", "preview", "fine", "bold", "masterpiece", "faithful",
        "paper", "classic", or one of your own;
        see `napari_neural_style.PRESETS`.
    callback : callable, optional
        Called with each `Progress` and each `Notice`.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    **settings
        Fields of `Settings` that shall differ from the preset, such as ``steps=500`` or
        ``style_strength=0.8``. ``init`` may also be an image to start from.

    Returns
    -------
    ndarray
        RGB of the content's height, width and dtype, with its alpha channel if it has one; of the
        size that was painted if ``result_size="painted"``.

    Raises
    ------
    ImageError, SettingsError, WeightsError
        If the job cannot be done as it is.
    EngineDied, EngineFailed
        If something went wrong on the way.

    Examples
    --------
    >>> import skimage.data
    >>> from napari_neural_style import stylize
    >>> painted = stylize(skimage.data.chelsea(), skimage.data.coffee(), preset="preview", steps=5)
    >>> painted.shape, painted.dtype
    ((300, 451, 3), dtype('uint8'))
    """
    request = Request.of_arrays(
        content, style, content_mask=content_mask, style_mask=style_mask, preset=preset, **settings
    )
    return paint(request, callback, engine)


@usual_arithmetic
def paint(
    request: Request,
    callback: Callable[[Update], object] | None = None,
    engine: Engine | None = None,
) -> NDArray[Any]:
    """Return what `stylize` returns, given the request, which is of arrays."""
    content = as_array(request.content, "content")
    rgb, alpha = to_rgb(content, "content")
    check_visible(alpha, "content")
    white = white_of(content, "content")
    visible = None if alpha is None else np.asarray(alpha > 0)
    task = make_task(request.replace(content=without_hidden(rgb, alpha)), visible)
    engine = engine_process() if engine is None else engine
    image = None
    with observed("stylize", task.job.settings, callback or (lambda _: None)) as observers:
        for update in engine.stylize_steps(task.job):
            if update is None:
                continue
            observers.tell(update)
            if callback:
                callback(update)
            if isinstance(update, Progress):
                image = update.image
    assert image is not None  # the engine ends with a Progress or raises
    picture = task.finish(image)
    if alpha is not None and alpha.shape != picture.shape[:2]:
        unit = resize(to_rgb(alpha, white=white)[0], picture.shape[:2])
        alpha = from_rgb(unit, alpha.dtype, white=white)[..., 0]
    return from_rgb(picture, content.dtype, alpha, white)


def stylize_layers(
    viewer: ViewerModel,
    content: Image | str,
    style: LayerStyles,
    *,
    content_mask: Layer | str | ArrayLike | None = None,
    style_mask: Layer | str | ArrayLike | None = None,
    preset: str = "balanced",
    name: str | None = None,
    region: Shapes | str | Window | None = None,
    slices: Literal["current", "all"] = "current",
    temporal_consistency: float = 0.0,
    engine: Engine | None = None,
    **settings: Any,
) -> StyleRun | StackRun:
    """Paint one layer in the style of another, into a new layer that lies over it.

    Returns at once; the result appears with the first preview and changes as the run goes on.
    Layers are taken as they are displayed now: what the user does to them later changes nothing.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content : napari.layers.Image or str
        The layer, or its name; or ``"view"``: all visible images, blended as displayed, without
        the style and without earlier results.
    style : napari.layers.Image, str, list or dict
        A layer or its name; a list of them, or of pairs with a weight, which
        are blended; or a dict from labels of `content_mask` to any of these.
    content_mask : layer of labels, shapes or an image, its name, or array_like, optional
        Where to paint: a layer over the content, painted or drawn in napari, or an array. Shapes
        count as labels 1, 2, 3 in their order. Beyond it the content stays exactly as it is;
        ``mask_softness`` is the width of its soft edge in pixels. An image layer of one channel
        says how strongly each place is painted, from 0 to 1, and so does a labels layer with
        ``mask_levels=10``, in tenths. With a dict of styles each label takes its own, and labels
        that are not in it stay as they are.
    style_mask : napari.layers.Labels, napari.layers.Shapes, str or array_like, optional
        Labels over a single style: each part of the content takes the part of the style with the
        same label. Without labels on the content, what is not 0 is the style.
    preset : str
        The recipe: "balanced", "preview", "fine", "bold", "masterpiece", "faithful",
        "paper", "classic", or one of your own;
        see `napari_neural_style.PRESETS`.
    name : str, optional
        Name of the result layer; by default made from the names of the layers.
    region : napari.layers.Shapes, str or ((int, int), (int, int)), optional
        The part of the content to paint: the smallest one that holds the shapes (the selected
        ones, if any is) of this layer; or, in pixels, its first and last row and column, the last
        ones not included.
    slices : {"current", "all"}
        Of a stack or a film, the slice that is shown; or every slice, into a stack that lies over
        the original and is transparent where nothing is painted yet.
    temporal_consistency : float
        For films, with ``slices="all"``: from 0, every frame on its own, to 1, each held as firmly
        as ``temporal_weight`` says to the frame before, moved along with the motion. With a look,
        what it paints is mixed with the frame before.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    **settings
        Fields of `Settings` that shall differ from the preset, such as ``steps=500`` or
        ``style_strength=0.8``. ``init`` may also be an image, or an image layer, to start from: the
        part of it that lies over the content, or all of it if it does not cover the content.

    Returns
    -------
    StyleRun or, of all slices, StackRun
        With `pause`, `resume`, `cancel`, `wait`, `layer`, `losses` and `settings`.

    Raises
    ------
    ImageError, SettingsError
        If the job cannot be done as it is.

    Examples
    --------
    >>> import skimage.data
    >>> from napari.components import ViewerModel
    >>> viewer = ViewerModel()
    >>> photo = viewer.add_image(skimage.data.chelsea(), name="photo")
    >>> painting = viewer.add_image(skimage.data.coffee(), name="painting")
    >>> run = stylize_layers(viewer, "photo", "painting", preset="preview", steps=5, size=64)
    >>> run.wait().layer.name
    'photo in the style of painting'
    """
    request = Request.of(
        content,
        style,
        content_mask=content_mask,
        style_mask=style_mask,
        preset=preset,
        name=name,
        region=region,
        slices=slices,
        temporal_consistency=temporal_consistency,
        **settings,
    )
    run = layer_run(viewer, request, engine)
    run.start()
    return run


@usual_arithmetic
def layer_run(
    viewer: ViewerModel,
    request: Request,
    engine: Engine | None = None,
    read: dict[Any, Any] | None = None,
) -> StyleRun | StackRun:
    """Return a run that does what was asked, before it is started, with everybody who listens.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    request : Request
        Of layers; they are read now.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    read : dict, optional
        Keeps what was read, for other runs that are made at once with the same layers.

    Raises
    ------
    ImageError, SettingsError
        If the job cannot be done as it is.
    NeuralStyleError
        If the viewer has a window, and this is not the main thread.
    """
    check_thread(viewer)
    engine = engine_process() if engine is None else engine
    tasks = LayerTasks.of(viewer, request, read)
    run: StyleRun | StackRun
    if request.slices == "all":
        run = StackRun(viewer, tasks, engine)
    else:
        run = StyleRun(viewer, tasks, engine, again=reading_again(viewer, request, tasks))
    _attach(run)
    return run


def _attach(run: BaseRun) -> None:
    """Let everybody who has to do with a run listen to it.

    Connected through functions: psygnal keeps only weak references to methods, and these listeners
    have no other owner.
    """
    observers = Observed(run.name, run.settings, run.tell)
    # Extensions hear states first: others may start the run again when they hear that it is over.
    run.arrived.connect(lambda progress: observers.tell(progress))
    run.state_changed.connect(lambda state: observers.tell(state))
    # Of notices last: one that cannot bear a notice brings about another.
    run.noticed.connect(lambda notice: observers.tell(notice), priority=-1)
    autosave(run)
    run.started.connect(lambda run: history(run.viewer).add(run))
    in_turn(run)


def in_turn(run: Run) -> None:
    """See to it that a run, once it is started, has its turn, and is driven then."""
    queue = run_queue(run.engine)
    run.started.connect(lambda run: queue.add(run))
    run.begun.connect(_drive)
    run.ended.connect(lambda run: queue.ended(run))


def has_window(viewer: ViewerModel | None) -> bool:
    """Return whether a viewer is shown in a window."""
    return hasattr(viewer, "window")


def check_thread(viewer: ViewerModel | None) -> None:
    """See to it that this is the main thread, if the viewer has a window.

    Raises
    ------
    NeuralStyleError
        If it is another one.
    """
    if has_window(viewer):
        from napari_neural_style.running import napari_worker  # loads Qt

        napari_worker.check_thread()


def _drive(run: Run) -> None:
    """Let a run work: in a window by napari's own means, else in a plain thread."""
    if has_window(run.viewer):
        from napari_neural_style.running import napari_worker  # loads Qt

        napari_worker.drive(run)
    else:
        plain_thread.drive(run)
