"""The image that a run starts from."""

from __future__ import annotations

import numpy as np

from napari_neural_style.errors import SettingsError
from napari_neural_style.images import FloatImage, match_colors, resize
from napari_neural_style.job import Job

__all__ = ["initial_image"]

#: Contrast of the noise: that of a natural photograph.
_NOISE_DEVIATION = 0.2


def initial_image(job: Job, shape: tuple[int, int]) -> FloatImage:
    """Return the image to start from, at the size of the first scale.

    Parameters
    ----------
    job : Job
    shape : (int, int)
        Height and width.

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
        In [0, 1].

    Raises
    ------
    SettingsError
        If the settings say ``init="image"`` and the job brings none.
    """
    start = job.settings.init
    if start == "noise":
        rng = np.random.default_rng(job.settings.seed)
        noise = rng.normal(job.style.mean(axis=(0, 1)), _NOISE_DEVIATION, (*shape, 3))
        return np.clip(noise, 0, 1).astype(np.float32)
    if start == "image":
        if job.init is None:
            raise SettingsError("init is 'image', but no image to start from was given.")
        return resize(job.init, shape)
    content = resize(job.content, shape)
    return match_colors(content, job.style) if start == "style" else content
