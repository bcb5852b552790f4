"""From a request of arrays to a `Job` for the engine and the `Finish` of its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.job import Job, Region, Style
from napari_neural_style.looks.look import Look
from napari_neural_style.pictures.colour import Palette, grey, match_grey, recoloured, to_oklab
from napari_neural_style.pictures.finish import Finish
from napari_neural_style.pictures.images import FloatImage, to_rgb
from napari_neural_style.pictures.masks import (
    guide_of,
    read_mask,
    shown_of,
    softened,
    strengths_of,
)
from napari_neural_style.pictures.transparency import without_hidden
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.request import Request
from napari_neural_style.tasks.style_regions import regions_of

__all__ = ["Task", "make_task", "with_mask"]


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
    regions = regions_of(request.styles, mask, request.style_mask)
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


def with_mask(task: Task, mask: NDArray[Any], groups: list[list[int]]) -> Task:
    """Return a task with another mask; its styles and their colours stay.

    Parameters
    ----------
    task : Task
        With a mask, as `make_task` has made it.
    mask : ndarray, shape (H, W)
        Labels or strengths, as the first one was.
    groups : list of list of int
        As `label_groups` returns them for its styles.
    """
    job, settings = task.job, task.job.settings
    mask = strengths_of(mask, settings.mask_levels)
    guides = [guide_of(np.isin(mask, labels)) for labels in groups] or [guide_of(mask)]
    regions = tuple(
        replace(region, guide=guide) for region, guide in zip(job.regions, guides, strict=True)
    )
    shown = _shown(regions, settings.mask_softness, graded=job.graded)
    return Task(replace(job, style=regions), task.finish.masked(shown))


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
