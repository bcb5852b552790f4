"""The two calls of the console: arrays in and out, or layers in a viewer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.images import from_rgb, resize, to_rgb
from napari_neural_style.job import Notice, Progress
from napari_neural_style.jobs import Styles, make_task
from napari_neural_style.layers import find_layer, read_layer
from napari_neural_style.process import engine_process
from napari_neural_style.runs import StyleRun

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["stylize", "stylize_layers"]


def stylize(
    content: ArrayLike,
    style: Styles | None = None,
    *,
    styles: Styles | None = None,
    content_mask: ArrayLike | None = None,
    style_mask: ArrayLike | None = None,
    preset: str = "balanced",
    callback: Callable[[Progress | Notice], object] | None = None,
    **settings: Any,
) -> NDArray[Any]:
    """Return the content painted in the style.

    Runs in the engine process and waits for it; interrupt (Ctrl+C) to stop.

    Parameters
    ----------
    content : array_like, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or RGBA. Integers span the range of their type, floats [0, 1].
    style, styles : array_like, list or dict
        Either of the two. An image of any size; a list of images, or of pairs of an image and its
        weight, which are blended; or a dict from labels of `content_mask` to any of these.
    content_mask : array_like, shape (H, W), optional
        Where to paint: booleans, floats in [0, 1], or integer labels. Beyond it the content stays
        exactly as it is; ``mask_softness`` is the width of its soft edge in pixels. With a dict
        of styles each label takes its own, and labels that are not in it stay as they are.
    style_mask : array_like, shape (h, w), optional
        Labels over a single style: each part of the content takes the part of the style with the
        same label. Without labels on the content, what is not 0 is the style.
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
    if style is not None and styles is not None:
        raise ImageError("Both style and styles are given: give one of them.")
    content = np.asarray(content)
    rgb, alpha = to_rgb(content, "content")
    task = make_task(
        rgb,
        style if styles is None else styles,
        content_mask=content_mask,
        style_mask=style_mask,
        preset=preset,
        **settings,
    )
    image = None
    for update in engine_process().stylize_steps(task.job):
        if update is not None and callback:
            callback(update)
        if isinstance(update, Progress):
            image = update.image
    assert image is not None  # the engine ends with a Progress or raises
    picture = task.finish(image)
    if alpha is not None and alpha.shape != picture.shape[:2]:
        unit = resize(to_rgb(alpha)[0], picture.shape[:2])
        alpha = from_rgb(unit, alpha.dtype)[..., 0]
    return from_rgb(picture, content.dtype, alpha)


def stylize_layers(
    viewer: ViewerModel,
    content: Image | str,
    style: Image | str,
    *,
    preset: str = "balanced",
    **settings: Any,
) -> StyleRun:
    """Paint one layer in the style of another, into a new layer that lies over it.

    Returns at once; the result appears with the first preview and changes as the run goes on.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content, style : napari.layers.Image or str
        The layers, or their names.
    preset : str
        The recipe: "balanced", "preview", "fine", "paper"; see `napari_neural_style.PRESETS`.
    **settings
        Fields of `Settings` that shall differ from the preset, such as ``steps=500`` or
        ``style_strength=0.8``. ``init`` may also be an image, or an image layer, to start from.

    Returns
    -------
    StyleRun
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

    content = find_layer(viewer, content, "content")
    style = find_layer(viewer, style, "style")
    if isinstance(settings.get("init"), Image):
        settings["init"] = read_layer(viewer, settings["init"], "init")[0]
    rgb, placement = read_layer(viewer, content, "content")
    task = make_task(rgb, read_layer(viewer, style, "style")[0], preset=preset, **settings)
    placement = dataclasses.replace(placement, finish=task.finish)
    run = StyleRun(viewer, task.job, placement, f"{content.name} in the style of {style.name}")
    run.start()
    return run
