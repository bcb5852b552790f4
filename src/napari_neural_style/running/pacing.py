"""How often a preview is worth bringing to its full size, and how far a stack has come. Qt-free."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.pictures.images import FloatImage
from napari_neural_style.progress import Progress

__all__ = ["PreviewPace", "ShownPicture", "StackClock"]

_Pixels = TypeVar("_Pixels")
#: The data of a result layer: pixels, or those of several levels, from the finest.
ShownPicture = NDArray[np.uint8] | list[NDArray[np.uint8]]

#: A picture that takes less is always worth it.
_CHEAP_SECONDS = 0.1


class PreviewPace:
    """Spends no more time on previews than passes between them, however large the content is."""

    def __init__(self) -> None:
        self._took = 0.0
        self._ended = float("-inf")

    def picture(self, update: Progress, finish: Callable[[FloatImage], _Pixels]) -> _Pixels | None:
        """Return the pixels to show; None if the last picture took longer than it is past.

        Parameters
        ----------
        update : Progress
            The last one of a job is always shown.
        finish : callable
            From the engine's picture to the pixels, or to those of several levels.
        """
        start = time.perf_counter()
        dear = self._took > _CHEAP_SECONDS and start - self._ended < self._took
        if dear and not update.finished:
            return None
        pixels = finish(update.image)
        self._ended = time.perf_counter()
        self._took = self._ended - start
        return pixels


class StackClock:
    """Progress of one slice, or of one picture of a sweep, told as progress of them all.

    Parameters
    ----------
    steps : sequence of int
        How many steps each takes.
    """

    def __init__(self, steps: Sequence[int]) -> None:
        self._steps = steps
        self._before = 0
        self._seconds = 0.0
        self._latest = 0.0

    def prepared(self, seconds: float) -> None:
        """Count time spent before the first step of one."""
        self._seconds += seconds

    def over_all(self, progress: Progress) -> Progress:
        """Return the progress of the present one as that of them all."""
        self._latest = progress.seconds
        seconds = self._seconds + progress.seconds
        done = self._before + progress.fraction
        remaining = None
        if progress.remaining is not None:
            left = len(self._steps) - self._before - 1
            whole_slice = progress.seconds + progress.remaining
            if self._before:
                whole_slice = seconds / done
            remaining = progress.remaining + left * whole_slice
        return dataclasses.replace(
            progress,
            step=sum(self._steps[: self._before]) + progress.step,
            total=sum(self._steps),
            seconds=seconds,
            remaining=remaining,
            fraction=done / len(self._steps),
        )

    def next_slice(self) -> None:
        """Count the present one as done, painted or left out."""
        self._seconds += self._latest
        self._latest = 0.0
        self._before += 1
