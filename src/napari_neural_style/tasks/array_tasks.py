"""From a request of arrays to a `Job` for the engine and the `Finish` of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.job import Job, Region, Style
from napari_neural_style.looks.look import Look, is_look, opened
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.colour import Palette, grey, match_grey, recoloured, to_oklab
from napari_neural_style.pictures.finish import Finish
from napari_neural_style.pictures.images import FloatImage, to_rgb
from napari_neural_style.pictures.levels import white_of
from napari_neural_style.pictures.masks import (
    guide_of,
    label_guide,
    labels_in,
    read_mask,
    shown_of,
    softened,
    strengths_of,
)
from napari_neural_style.pictures.sharing import shared
from napari_neural_style.pictures.transparency import check_visible, without_hidden
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.request import Request

__all__ = ["Styles", "Task", "make_task", "read_styles"]

#: One style, several with or without weights, or one or several for each label.
Styles = ArrayLike | Sequence[Any] | Mapping[int, Any]


@dataclass(frozen=True)
class Task:
    """A job for the engine, and what makes its pictures those that are wanted.

    Parameters
    ----------
    job : Job
    finish : Finish
        From each picture of the engine's to the one to show.
    """

    job: Job
    finish: Finish


def make_task(request: Request, visible: NDArray[np.bool_] | None = None) -> Task:
    """Return the task that a request of arrays describes.

    Parameters
    ----------
    request : Request
        Its content RGB in [0, 1], float32, of the shape (H, W, 3). Of its styles: one image;
        several images, or pairs of an image and a weight, to be blended; or for each label of the
        content's mask any of these, and then labels without a style stay as they are. A content
        mask of the shape (H, W), booleans or labels, says where to paint, and how strongly if it
        is of floats in [0, 1], or its labels are levels; labels that share a style are one region.
        A style mask of the shape (h, w) goes over a single style: the part of it with a label is
        the style of the content's part with the same label; without labels on the content, all that
        is not 0 is the style. Where a style is transparent, it counts less, and what is hidden not
        at all.
    visible : ndarray of bool, shape (H, W), optional
        Which pixels of the content can be seen; by default all. The others have no part in its
        palette.

    Raises
    ------
    ImageError, SettingsError
        If something does not fit, in a sentence that says what.
    """
    content, settings = request.content, request.settings
    start = None if request.init is None else _start(request.init)
    mask = None
    if request.content_mask is not None:
        mask = read_mask(request.content_mask, content.shape[:2], "content mask", "content")
        if settings.mask_levels and isinstance(request.styles, Mapping):
            raise SettingsError(
                "There is a style for each label, and mask_levels makes strengths of the labels: "
                "give one style, or mask_levels=0."
            )
        mask = strengths_of(mask, settings.mask_levels)
    if isinstance(request.styles, Look):
        return _look_task(request, request.styles, mask, visible)
    regions = _regions(request.styles, mask, request.style_mask)
    if visible is not None and (visible.all() or not visible.any()):
        visible = None
    regions = tuple(_in_colours(content, region, settings, visible) for region in regions)
    if settings.color == "luminance":
        start = None if start is None else _greyed(start, settings)
    graded = mask is not None and mask.dtype.kind == "f" and not _is_whole(guide_of(mask))
    job = Job(
        _greyed(content, settings) if settings.color == "luminance" else content,
        _simplest(regions),
        settings,
        init=start,
        graded=graded,
    )
    shown = _shown(regions, settings.mask_softness, graded=graded)
    finish = Finish(content, settings, shown, visible)
    return Task(job, finish)


def _look_task(
    request: Request,
    look: Look,
    mask: NDArray[Any] | None,
    visible: NDArray[np.bool_] | None,
) -> Task:
    """Return the task of painting with a look, which takes one step."""
    content = request.content
    if request.style_mask is not None:
        raise ImageError("A style mask goes with a style image: a look has no parts to choose.")
    if request.init is not None:
        raise ImageError("A look paints at once, from the content: give no image to start from.")
    settings = request.settings.replace(steps=1)
    greyed = _greyed(content, settings) if settings.color == "luminance" else content
    shown = None if mask is None else softened(guide_of(mask), settings.mask_softness)
    job = Job(greyed, (), settings, look=look.network)
    return Task(job, Finish(content, settings, shown, visible))


def _start(init: Any) -> FloatImage:
    rgb, alpha = to_rgb(init, "init")
    return without_hidden(rgb, alpha)


def _regions(
    styles: Styles | None, mask: NDArray[Any] | None, style_mask: ArrayLike | None
) -> tuple[Region, ...]:
    if isinstance(styles, Mapping):
        if style_mask is not None:
            raise ImageError("A style mask goes with one style: give no styles by label.")
        return _by_label(styles, mask)
    several = _several(styles)
    if style_mask is None:
        return (Region(several, None if mask is None else guide_of(mask)),)
    if len(several) > 1:
        raise ImageError("A style mask goes with one style: give one image.")
    style = several[0]
    parts = read_mask(style_mask, style.image.shape[:2], "style mask", "style")
    if mask is None:
        return (Region((_part(style, guide_of(parts)),)),)
    if "f" in (parts.dtype.kind, mask.dtype.kind):
        return (Region((_part(style, guide_of(parts)),), guide_of(mask)),)
    there = labels_in(mask, "content mask")
    shared = [label for label in labels_in(parts, "style mask") if label and label in there]
    if not shared:
        raise ImageError(
            f"The masks have no label in common: the content's are {_listed(there)}, the style's "
            f"{_listed(labels_in(parts, 'style mask'))}."
        )
    return tuple(
        Region((_part(style, label_guide(parts, label)),), label_guide(mask, label))
        for label in shared
    )


def _part(style: Style, guide: FloatImage) -> Style:
    """Return the part of a style that a guide leaves, as far as it can be seen."""
    if style.guide is not None:
        guide = guide * style.guide
        if not guide.any():
            raise ImageError("The style is transparent wherever its mask says: paint it elsewhere.")
    return Style(style.image, guide=guide)


def _by_label(styles: Mapping[int, Any], mask: NDArray[Any] | None) -> tuple[Region, ...]:
    if mask is None:
        raise ImageError("Styles by label need a content mask with those labels.")
    if not styles:
        raise ImageError("There is no style: give at least one.")
    there = labels_in(mask, "content mask")
    for label in styles:
        if label not in there:
            raise ImageError(
                f"There is a style for the label {label!r}, which the content mask does not have: "
                f"its labels are {_listed(there)}."
            )
    # Labels of the same style are one region: less to compute, and no seam between them.
    together: dict[Any, list[int]] = {}
    for label, several in styles.items():
        together.setdefault(_identity(several), []).append(label)
    return tuple(
        Region(_several(styles[labels[0]]), guide_of(np.isin(mask, labels)))
        for labels in together.values()
    )


def _identity(styles: Any) -> Any:
    """Return what is the same for the same images with the same weights, and hashable."""
    if _is_sequence(styles):
        return tuple(_identity(item) for item in styles)
    return styles if np.isscalar(styles) else id(styles)


def _several(styles: Any) -> tuple[Style, ...]:
    """Return one or several styles, as users give them."""
    if is_look(styles) or (_is_sequence(styles) and any(map(_has_look, styles))):
        raise ImageError("A look stands alone: give it as the style, not in a list or by label.")
    if styles is None or (_is_sequence(styles) and len(styles) == 0):
        raise ImageError("There is no style: give at least one.")
    if not (_is_sequence(styles) and all(map(_is_style, styles))):
        return (_style(styles),)
    found = []
    for item in styles:
        image, weight = item if _is_pair(item) else (item, 1.0)
        if not (np.isfinite(weight) and weight >= 0):
            raise ImageError(f"The weight of a style is {weight}: it must be 0 or more.")
        if weight:
            found.append(_style(image, float(weight)))
    if not found:
        raise ImageError("All styles have the weight 0: give at least one a weight above 0.")
    return tuple(found)


def read_styles(styles: Any) -> Any:
    """Return one or several styles with files and lazy arrays read, for whoever needs them often.

    Raises
    ------
    ImageError
        If there is none, or one cannot be.
    """
    styles = opened(styles)
    if isinstance(styles, Look):
        return styles
    if _is_sequence(styles) and styles and all(map(_is_style, styles)):
        pairs = [item if _is_pair(item) else (item, 1.0) for item in styles]
        found: Any = [(as_array(image, "style"), weight) for image, weight in pairs]
    else:
        found = as_array(styles, "style")
    _several(found)  # says what is wrong with them
    return found


def _style(image: Any, weight: float = 1.0) -> Style:
    """Return a style as it is seen: it counts less where it is transparent."""
    array = as_array(image, "style")
    rgb, alpha = to_rgb(array, "style")
    if alpha is None:
        return Style(shared(rgb), weight)
    check_visible(alpha, "style")
    share = to_rgb(alpha, "style", white_of(array))[0][..., 0]
    return Style(without_hidden(rgb, alpha), weight, None if (share >= 1).all() else share)


def _has_look(item: Any) -> bool:
    return is_look(item) or (_is_sequence(item) and any(map(is_look, item)))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_style(item: Any) -> bool:
    """Return whether it is an image, or one with its weight, rather than a row of pixels."""
    if isinstance(item, str | PathLike) or hasattr(item, "getexif"):  # a file; an image of Pillow's
        return True
    return _is_pair(item) or (hasattr(item, "ndim") and item.ndim >= 2)


def _is_pair(item: Any) -> bool:
    if not (_is_sequence(item) and len(item) == 2):
        return False
    is_weight = np.ndim(item[1]) == 0 and not isinstance(item[1], str | PathLike)
    return is_weight and (isinstance(item[0], str) or not np.isscalar(item[0]))


def _listed(labels: Sequence[int]) -> str:
    return ", ".join(map(str, labels[:20])) + (" ..." if len(labels) > 20 else "")


def _simplest(regions: tuple[Region, ...]) -> FloatImage | tuple[Region, ...]:
    """Return the regions, or the style itself where there is one for everything."""
    if len(regions) == 1 and len(regions[0].styles) == 1 and _is_whole(regions[0].guide):
        style = regions[0].styles[0]
        if _is_whole(style.guide):
            return style.image
    return regions


def _is_whole(guide: FloatImage | None) -> bool:
    return guide is None or bool((guide == 1).all())


def _shown(regions: tuple[Region, ...], softness: float, *, graded: bool) -> FloatImage | None:
    """Return how much of the painting to show; None for all of it."""
    guides = [region.guide for region in regions if region.guide is not None]
    if len(guides) < len(regions):
        return None
    shown = np.minimum(np.sum(guides, axis=0, dtype=np.float32), 1)
    if (shown == 1).all():
        return None
    return softened(shown_of(shown) if graded else shown, softness)


def _in_colours(
    content: FloatImage, region: Region, settings: Settings, visible: NDArray[np.bool_] | None
) -> Region:
    """Return a region with its styles recoloured as the settings want, for its part of content."""
    if settings.color == "style" or not settings.color_strength:
        return region
    there = visible
    if region.guide is not None:
        inside = region.guide > 0
        # Of a part that cannot be seen at all, what lies around it stands for it.
        there = both if visible is not None and (both := inside & visible).any() else inside
    pixels = content if there is None else content[there]
    return Region(
        tuple(
            Style(_in_colours_of(style, pixels, settings), style.weight, style.guide)
            for style in region.styles
        ),
        region.guide,
    )


def _in_colours_of(style: Style, content: FloatImage, settings: Settings) -> FloatImage:
    if settings.color == "content":
        matched = recoloured(style.image, Palette.of(to_oklab(content)), style.pixels)
    else:
        matched = match_grey(style.image, content)
    return style.image + np.float32(settings.color_strength) * (matched - style.image)


def _greyed(image: FloatImage, settings: Settings) -> FloatImage:
    return image + np.float32(settings.color_strength) * (grey(image) - image)
