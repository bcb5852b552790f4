"""Painting as commands of napari: a typed function for graphs and agents, and one for the palette.

`stylize_image` takes and returns plain values, so that whatever reads type hints can drive it:
npe2, app-model, magicgui, workflow graphs, agents. `stylize_selected` works on what is selected.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from napari.layers import Image
from napari.types import ImageData, LabelsData, LayerDataTuple
from napari.viewer import Viewer

from napari_neural_style.api import stylize_layers
from napari_neural_style.errors import ImageError

__all__ = ["stylize_image", "stylize_selected"]


def stylize_image(
    content: ImageData,
    style: ImageData,
    content_mask: LabelsData | None = None,
    style_mask: LabelsData | None = None,
    preset: str = "balanced",
    style_strength: float | None = None,
    size: int | None = None,
    steps: int | None = None,
    color: Literal["style", "content", "luminance"] | None = None,
    features: str | None = None,
    seed: int | None = None,
) -> LayerDataTuple:
    """Return the content painted in the style, as a layer for napari.

    It waits for the result, so it does not belong into the main thread of a napari with a window:
    there, `napari_neural_style.stylize_layers` returns at once. The command
    ``napari-neural-style.stylize_image`` of napari and npe2.

    Parameters
    ----------
    content : ndarray, shape (H, W), (H, W, 3), (H, W, 4), or a stack of these
        A last axis of 3 or 4 is colours; grey is shown from its least to its greatest value, as
        napari does it. Of a stack every picture is painted.
    style : ndarray, shape (H, W), (H, W, 3) or (H, W, 4)
    content_mask, style_mask : ndarray of int, optional
        Labels, as for `napari_neural_style.stylize`.
    preset : str
        A name in `napari_neural_style.PRESETS`.
    style_strength, size, steps, color, features, seed : optional
        The fields of `napari_neural_style.Settings` of these names; None leaves what the preset
        says. Whatever else a setting can be goes into a preset of your own.

    Returns
    -------
    (ndarray of uint8, dict, str)
        The picture, shape (..., H, W, 3 or 4); its name, and the record of how it was painted in
        its metadata; ``"image"``.

    Raises
    ------
    ImageError, SettingsError, WeightsError
        If the job cannot be done as it is.
    EngineDied, EngineFailed
        If something went wrong on the way.

    Examples
    --------
    >>> import skimage.data
    >>> from napari_neural_style.commands import stylize_image
    >>> photo, painting = skimage.data.chelsea(), skimage.data.coffee()
    >>> data, about, kind = stylize_image(photo, painting, steps=5, size=64)
    >>> data.shape, about["name"], kind
    ((300, 451, 3), 'content in the style of style', 'image')
    """
    from napari.components import ViewerModel

    viewer = ViewerModel()
    layers = [
        viewer.add_layer(_layer(image, name))
        for image, name in ((content, "content"), (style, "style"))
    ]
    chosen: dict[str, Any] = {
        "style_strength": style_strength,
        "size": size,
        "steps": steps,
        "color": color,
        "features": features,
        "seed": seed,
    }
    run = stylize_layers(
        viewer,
        layers[0],
        layers[1],
        content_mask=content_mask,
        style_mask=style_mask,
        preset=preset,
        slices="all" if layers[0].ndim > 2 else "current",
        **{name: value for name, value in chosen.items() if value is not None},
    )
    result = run.wait().layer
    assert result is not None  # a run that failed has raised
    about = {"name": result.name, "rgb": True, "metadata": dict(result.metadata)}
    return LayerDataTuple((np.asarray(result.data), about, "image"))


def _layer(image: Any, name: str) -> Image:
    shape: tuple[int, ...] = getattr(image, "shape", ())
    if len(shape) < 2:
        raise ImageError(f"The {name} is no picture: give an array of at least two axes.")
    return Image(image, name=name, rgb=len(shape) > 2 and shape[-1] in (3, 4))


def stylize_selected(viewer: Viewer) -> None:
    """Paint the lower of two selected image layers in the style of the upper one.

    With the preset `balanced`; returns at once, as `napari_neural_style.stylize_layers` does. The
    command ``napari-neural-style.stylize_selected`` of napari, for its palette and for agents.

    Parameters
    ----------
    viewer : napari.Viewer
        Lower and upper are meant as in its list of layers: a pair of samples is in this order.

    Raises
    ------
    ImageError
        If there are not two image layers selected.

    Examples
    --------
    >>> import skimage.data
    >>> from napari.components import ViewerModel
    >>> from napari_neural_style.commands import stylize_selected
    >>> viewer = ViewerModel()
    >>> viewer.layers.selection = [
    ...     viewer.add_image(skimage.data.chelsea(), name="photo"),
    ...     viewer.add_image(skimage.data.coffee(), name="painting"),
    ... ]
    >>> stylize_selected(viewer)
    """
    selected = [layer for layer in viewer.layers if layer in viewer.layers.selection]
    if len(selected) != 2 or not all(isinstance(layer, Image) for layer in selected):
        raise ImageError(
            "Select two image layers: of the two, the lower one in the list is painted in the "
            "style of the upper one."
        )
    stylize_layers(viewer, *selected)
