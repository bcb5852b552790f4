"""The image that a run starts from."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_neural_style.errors import SettingsError
from napari_neural_style.job import Job
from napari_neural_style.pictures.colour import match_colors
from napari_neural_style.pictures.images import FloatImage, resize

__all__ = ["initial_image"]

#: Contrast of the noise: that of a natural photograph.
_NOISE_DEVIATION = 0.2


def initial_image(job: Job, shape: tuple[int, int]) -> FloatImage:
    """Return the image to start from, RGB in [0, 1], of the height and width in `shape`.

    Of a run that has begun already, it is the picture where that stood.

    Raises
    ------
    SettingsError
        If the settings say ``init="image"`` and the job brings none.
    """
    if job.begun:
        return resize(job.begun.image, shape)
    start = job.settings.init
    if start == "noise":
        rng = np.random.default_rng(job.settings.seed)
        styles = [style for region in job.regions for style in region.styles]
        colour = np.mean([s.pixels.reshape(-1, 3).mean(axis=0) for s in styles], axis=0)
        noise = rng.normal(colour, _NOISE_DEVIATION, (*shape, 3))
        return np.clip(noise, 0, 1).astype(np.float32)
    if start == "image":
        if job.init is None:
            raise SettingsError("init is 'image', but no image to start from was given.")
        return resize(job.init, shape)
    content = resize(job.content, shape)
    return _recoloured(job, content) if start == "style" else content


def _recoloured(job: Job, content: FloatImage) -> FloatImage:
    """Return the content in the colours of its styles, each in its region."""
    result = content.astype(np.float64)
    for region in job.regions:
        guide: Any = 1.0
        if region.guide is not None:
            guide = resize(region.guide[..., np.newaxis], content.shape[:2])
        total = sum(style.weight for style in region.styles)
        for style in region.styles:
            change = match_colors(content, style.pixels) - content
            result += style.weight / total * guide * change
    return np.clip(result, 0, 1).astype(np.float32)
