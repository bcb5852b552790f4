"""The two calls of the console: arrays in and out, or layers in a viewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style import presets
from napari_neural_style.errors import SettingsError
from napari_neural_style.hooks.observing import observed
from napari_neural_style.images import FloatImage, from_rgb, resize, to_rgb
from napari_neural_style.job import Job, Notice, Progress
from napari_neural_style.layers import find_layer, find_region, read_layer, region_window
from napari_neural_style.pages import Pages
from napari_neural_style.planes import Sliders
from napari_neural_style.process import engine_process
from napari_neural_style.runs import StyleRun
from napari_neural_style.sources import Source
from napari_neural_style.stacks import StackRun
from napari_neural_style.views import View

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Shapes

__all__ = ["stylize", "stylize_layers"]


def stylize(
    content: ArrayLike,
    style: ArrayLike,
    *,
    preset: str = "balanced",
    callback: Callable[[Progress | Notice], object] | None = None,
    **settings: Any,
) -> NDArray[Any]:
    """Return the content painted in the style.

    Runs in the engine process and waits for it; interrupt (Ctrl+C) to stop.

    Parameters
    ----------
    content, style : array_like, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or RGBA. Integers span the range of their type, floats [0, 1]. Their sizes may
        differ.
    preset : str
        The recipe: "balanced", "preview", "fine", "paper"; see `napari_neural_style.PRESETS`.
    callback : callable, optional
        Called with each `Progress` and each `Notice`.
    **settings
        Fields of `Settings` that shall differ from the preset, such as ``steps=500`` or
        ``style_strength=0.8``. ``init`` may also be an image to start from.

    Returns
    -------
    ndarray
        RGB of the content's height, width and dtype, with its alpha channel if it has one.

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
    content = np.asarray(content)
    rgb, alpha = to_rgb(content, "content")
    job = _job(rgb, to_rgb(style, "style")[0], preset, settings)
    image = None
    with observed("stylize", job.settings, callback or (lambda _: None)) as observers:
        for update in engine_process().stylize_steps(job):
            if update is None:
                continue
            observers.tell(update)
            if callback:
                callback(update)
            if isinstance(update, Progress):
                image = update.image
    assert image is not None  # the engine ends with a Progress or raises
    return from_rgb(resize(image, rgb.shape[:2]), content.dtype, alpha)


def stylize_layers(
    viewer: ViewerModel,
    content: Image | str,
    style: Image | str,
    *,
    preset: str = "balanced",
    name: str | None = None,
    region: Shapes | str | None = None,
    slices: Literal["current", "all"] = "current",
    temporal_consistency: float = 0.0,
    **settings: Any,
) -> StyleRun | StackRun:
    """Paint one layer in the style of another, into a new layer that lies over it.

    Returns at once; the result appears with the first preview and changes as the run goes on.
    Layers are taken as they are displayed now: what the user does to them later changes nothing.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content, style : napari.layers.Image or str
        The layers, or their names. The content may also be ``"view"``: all visible images, blended
        as displayed, without the style and without earlier results.
    preset : str
        The recipe: "balanced", "preview", "fine", "paper"; see `napari_neural_style.PRESETS`.
    name : str, optional
        Name of the result layer; by default made from the names of the two.
    region : napari.layers.Shapes or str, optional
        The part of the content to paint: the smallest one that holds the shapes (the selected
        ones, if any is) of this layer.
    slices : {"current", "all"}
        Of a stack or a film, the slice that is shown; or every slice, into a stack that lies over
        the original and is transparent where nothing is painted yet.
    temporal_consistency : float
        For films, with ``slices="all"``: from 0, every frame on its own, to 1, each held as firmly
        as ``temporal_weight`` says to the frame before, moved along with the motion.
    **settings
        Fields of `Settings` that shall differ from the preset, such as ``steps=500`` or
        ``style_strength=0.8``. ``init`` may also be an image, or an image layer, to start from.

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
    >>> run = stylize_layers(viewer, "photo", "painting", steps=500)  # doctest: +SKIP
    >>> run.wait().layer  # doctest: +SKIP
    <Image layer 'photo in the style of painting' at 0x7f31a1b1c410>
    """
    from napari.layers import Image

    if slices not in ("current", "all"):
        raise SettingsError(f"slices is {slices!r}: it must be 'current' or 'all'.")
    if not 0 <= temporal_consistency <= 1:
        raise SettingsError(
            f"temporal_consistency is {temporal_consistency!r}: it must lie between 0 and 1."
        )
    style = find_layer(viewer, style, "style")
    source: Source | View
    if content == "view" and "view" not in viewer.layers:
        source, name = View.of(viewer, [style]), "view"
    else:
        content = find_layer(viewer, content, "content")
        source, name = Source.of(content, "content"), content.name
    name = f"{name} in the style of {style.name}"
    if isinstance(settings.get("init"), Image):
        inputs["init"] = settings["init"].name
        settings["init"] = read_layer(viewer, settings["init"], "init")[0]
    resolved = presets.settings(preset, **{**settings, "init": "content"})
    sliders = Sliders.of(viewer)
    window = None
    if region is not None:
        window = region_window(source.grid, sliders, find_region(viewer, region))
    painting = read_layer(viewer, style, "style", size=resolved.size)[0]

    def job_of(rgb: FloatImage) -> Job:
        return _job(rgb, painting, preset, settings)

    run: StyleRun | StackRun
    if slices == "all":
        pages = Pages(source, sliders, resolved.size, window)
        run = StackRun(viewer, pages, job_of, resolved, name, temporal_consistency)
    else:
        rgb, placement = source.read_at(sliders, resolved.size, window)
        run = StyleRun(viewer, job_of(rgb), placement, name)
    run.start()
    return run


def _job(content: FloatImage, style: FloatImage, preset: str, settings: dict[str, Any]) -> Job:
    init = settings.get("init")
    if init is None or isinstance(init, str):
        return Job(content, style, presets.settings(preset, **settings))
    image = to_rgb(init, "init")[0]
    return Job(content, style, presets.settings(preset, **{**settings, "init": "image"}), image)
