"""Films: each frame starts from the previous painting, warped along the motion, and stays close."""

from __future__ import annotations

import dataclasses

import numpy as np

from napari_neural_style.films.flow import motion_between, warped
from napari_neural_style.films.steadying import steadied
from napari_neural_style.job import Job
from napari_neural_style.pictures.images import FloatImage, fit, resize
from napari_neural_style.viewing.stack_slices import StackSlices

__all__ = ["Film"]


class Film:
    """The paintings that later frames start from.

    After M. Ruder, A. Dosovitskiy and T. Brox, "Artistic style transfer for videos"
    (arXiv:1604.08610).

    Parameters
    ----------
    slices : StackSlices
        The frames.
    consistency : float
        In (0, 1]: a factor on the settings' ``temporal_weight``, and how firmly what a look paints
        is held.
    """

    def __init__(self, slices: StackSlices, consistency: float) -> None:
        self._slices = slices
        self._consistency = consistency
        self._paintings: dict[int, FloatImage] = {}
        self._painted: set[int] = set()
        self._latest: tuple[int, FloatImage] | None = None

    def continued(self, number: int, content: FloatImage, job: Job) -> Job:
        """Return the job of a frame, starting from a painted neighbour if there is one."""
        near = self._near(number)
        if near is None:
            return job
        shape = fit(content.shape, min(job.settings.size, max(content.shape[:2])))
        motion = motion_between(resize(content, shape), resize(self._content(near), shape))
        moved = warped(self._paintings[near], motion)
        weight = self.weight(job.settings.temporal_weight)
        settings = job.settings.replace(init="image", temporal_weight=weight)
        valid = motion.valid.astype(np.float32)
        return dataclasses.replace(
            job, settings=settings, init=moved, anchor=moved, anchor_weight=valid
        )

    def steadied(self, number: int, content: FloatImage, image: FloatImage) -> FloatImage:
        """Return a frame as a look has painted it, held to a painted neighbour if there is one."""
        near = self._near(number)
        if near is None:
            return image
        before = self._content(near), self._paintings[near]
        return steadied((content, image), before, self._consistency)

    def weight(self, temporal_weight: float) -> float:
        """Return the temporal weight to use for that of the settings."""
        return self._consistency * temporal_weight

    def painted(self, number: int, content: FloatImage, image: FloatImage) -> None:
        """Keep a finished frame, and drop those that no later frame starts from."""
        self._latest = number, content
        self._paintings[number] = image
        self._painted.add(number)
        for known in list(self._paintings):
            if all(near in self._painted for near in self._slices.neighbours(known)):
                del self._paintings[known]

    def _near(self, number: int) -> int | None:
        return next((n for n in self._slices.neighbours(number) if n in self._paintings), None)

    def _content(self, number: int) -> FloatImage:
        if self._latest and self._latest[0] == number:
            return self._latest[1]
        return self._slices.read(number)[0]
