"""Whether a job can be done, before anything is computed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.job import Job

__all__ = ["check_job"]


def check_job(job: Job) -> None:
    """Raise an error if the job cannot be done as it is.

    Raises
    ------
    ImageError
        If an image or a guide has another shape, or other values, than it should.
    SettingsError
        If the settings name a network, a loss or a feature layer that is not there.
    """
    check_registered(job.settings)
    _check_image(job.content, "content")
    if not job.regions or not all(region.styles for region in job.regions):
        raise ImageError("There is no style: give at least one.")
    for region in job.regions:
        _check_guide(region.guide, job.content, "mask of the content")
        for style in region.styles:
            _check_image(style.image, "style")
            _check_guide(style.guide, style.image, "mask of the style")
            if not (math.isfinite(style.weight) and style.weight > 0):
                raise ImageError(f"The weight of a style is {style.weight}: it must be above 0.")
    if job.init is not None:
        _check_image(job.init, "image to start from")
    if job.anchor is not None:
        _check_image(job.anchor, "anchor")
        weight = job.anchor_weight
        if weight is not None and (weight.ndim != 2 or 0 in weight.shape or not _is_unit(weight)):
            raise ImageError(
                f"The anchor's weight has the shape {weight.shape}: (height, width) is needed, "
                f"with values between 0 and 1."
            )


def _check_image(image: NDArray[np.float32], what: str) -> None:
    if image.ndim != 3 or image.shape[-1] != 3 or 0 in image.shape:
        raise ImageError(f"The {what} has the shape {image.shape}: (height, width, 3) is needed.")
    if not np.isfinite(image).all():
        raise ImageError(f"The {what} has NaN or infinite values: replace them first.")


def _check_guide(guide: NDArray[np.float32] | None, image: NDArray[np.float32], what: str) -> None:
    if guide is None:
        return
    if guide.shape != image.shape[:2]:
        raise ImageError(
            f"The {what} has the shape {guide.shape}: it must be that of the image, "
            f"{image.shape[:2]}."
        )
    if not _is_unit(guide) or not guide.any():
        raise ImageError(f"The {what} must have values from 0 to 1, and not be 0 everywhere.")


def _is_unit(values: NDArray[np.float32]) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
