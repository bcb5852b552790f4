"""Results at the size of a print: the last, finest scales painted from what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.api import stylize
from napari_neural_style.errors import SettingsError
from napari_neural_style.job import Engine
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.images import fit, from_rgb, resize, to_rgb
from napari_neural_style.pictures.levels import white_of
from napari_neural_style.presets.catalogue import settings as named_settings
from napari_neural_style.progress import Update
from napari_neural_style.settings import Settings

__all__ = ["STEPS", "enlarge", "enlarged", "finer_scales", "print_size", "print_settings"]

#: How many steps the scales of a print have together: what is coarse is painted already.
STEPS = 32
#: How many bring its patches to those of the style: so few steps leave the finest strokes faint.
_FINISH_STEPS = 30
_CENTIMETRES = 2.54
#: The first scale is this much larger than the result that it starts from.
_FINER = 1.5


def enlarge(
    content: ArrayLike,
    style: Any,
    result: ArrayLike,
    *,
    size: int | None = None,
    centimetres: float | None = None,
    dpi: float = 300.0,
    steps: int = STEPS,
    preset: str = "balanced",
    callback: Callable[[Update], object] | None = None,
    engine: Engine | None = None,
    **settings: Any,
) -> NDArray[Any]:
    """Return a result at a larger size, with strokes painted as finely as the size allows.

    The result is what the first of the finer scales starts from. All that is coarse stays as it
    is; a few steps at each scale, in tiles where the picture is large, add what is finer. In the
    end its patches are brought to those of the style, whose finest strokes they then have.

    Parameters
    ----------
    content, style
        As for `stylize`: what the result was painted from.
    result : array_like, shape (h, w), (h, w, 3) or (h, w, 4)
        The result, in the proportions of the content, at the size that it was painted at
        (``result_size="painted"``): what is finer than its pixels is what is painted.
    size : int, optional
        Longest side wanted, in pixels; by default that of the content.
    centimetres : float, optional
        Longest side wanted in print, instead of `size`.
    dpi : float
        Pixels per inch in print.
    steps : int
        Over all scales.
    preset, callback, engine
        As for `stylize`; the preset best that of the result.
    **settings
        As for `stylize`: best those that the result was painted with, but for its steps and scales.
        Without `finish_steps` there are 30 of those, or as many as the preset has.

    Returns
    -------
    ndarray
        RGB of the content's dtype, with its alpha channel if it has one, of that size.

    Raises
    ------
    ImageError, SettingsError
        If that cannot be, as for `stylize`.

    Examples
    --------
    >>> small = stylize(photo, painting, features="builtin", size=64, steps=4)
    >>> large = enlarge(photo, painting, small, size=200, steps=2, features="builtin")
    >>> large.shape
    (133, 200, 3)
    """
    content, result = as_array(content, "content"), as_array(result, "result")
    if size is not None and centimetres is not None:
        raise SettingsError("Give size or centimetres, not both.")
    if centimetres is not None:
        size = print_size(centimetres, dpi)
    if "init" in settings:
        raise SettingsError("A print begins with the result: leave init out.")
    size = max(content.shape[:2]) if size is None else size
    finish = named_settings(preset).finish_steps
    options = {**print_settings(max(result.shape[:2]), size, steps, finish), **settings}
    return stylize(
        enlarged(content, size),
        style,
        init=result,
        size=size,
        preset=preset,
        callback=callback,
        engine=engine,
        **options,
    )


def print_size(centimetres: float, dpi: float) -> int:
    """Return the pixels along so many centimetres.

    Raises
    ------
    SettingsError
        If that is nothing, or more than `Settings.size` allows.

    Examples
    --------
    >>> print_size(60, 100)
    2362
    """
    if not (0 < dpi < np.inf and 0 < centimetres < np.inf):
        raise SettingsError(f"{centimetres:g} cm at {dpi:g} dpi: both must be above 0.")
    size = round(centimetres / _CENTIMETRES * dpi)
    field = Settings.__dataclass_fields__["size"].metadata
    if not field["minimum"] <= size <= field["maximum"]:
        raise SettingsError(
            f"{centimetres:g} cm at {dpi:g} dpi are {size} pixels: between {field['minimum']} and "
            f"{field['maximum']} can be painted; choose other dpi."
        )
    return size


def print_settings(painted: int, size: int, steps: int = STEPS, finish: int = 0) -> dict[str, int]:
    """Return the settings that tell the steps of a print, at which scales, and how it is finished.

    Parameters
    ----------
    painted, size : int
        Longest side of the result and of the print, in pixels.
    steps : int
        Over all scales.
    finish : int
        The finishing steps that the result had: a print has at least its own.

    Examples
    --------
    >>> print_settings(512, 4096)
    {'steps': 32, 'smallest_scale': 768, 'finish_steps': 30}
    """
    return {
        "steps": steps,
        "smallest_scale": finer_scales(painted, size),
        "finish_steps": max(finish, _FINISH_STEPS),
    }


def finer_scales(painted: int, size: int) -> int:
    """Return where the scales of a print begin: `Settings.smallest_scale`; 0 for a single one."""
    first = round(_FINER * painted)
    return first if first < size else 0


def enlarged(content: NDArray[Any], size: int) -> NDArray[Any]:
    """Return a content with that longest side: bicubic where it grows, with its dtype and alpha.

    One that has that size is returned as it is.
    """
    if max(content.shape[:2]) == size:
        return content
    shape, white = fit(content.shape, size), white_of(content, "content")
    rgb, alpha = to_rgb(content, "content", white)
    if alpha is not None:
        unit = resize(to_rgb(alpha, "content", white)[0], shape)
        alpha = from_rgb(unit, content.dtype, white=white)[..., 0]
    return from_rgb(resize(rgb, shape), content.dtype, alpha, white)
