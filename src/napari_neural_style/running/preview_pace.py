"""How often a preview is worth bringing to its full size. Qt-free."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.job import Progress
from napari_neural_style.pictures.images import FloatImage

__all__ = ["PreviewPace"]

#: A picture that takes less is always worth it.
_CHEAP_SECONDS = 0.1


class PreviewPace:
    """Spends no more time on previews than passes between them, however large the content is."""

    def __init__(self) -> None:
        self._took = 0.0
        self._ended = float("-inf")

    def picture(
        self, update: Progress, finish: Callable[[FloatImage], NDArray[np.uint8]]
    ) -> NDArray[np.uint8] | None:
        """Return the pixels to show; None if the last picture took longer than it is past.

        Parameters
        ----------
        update : Progress
            The last one of a job is always shown.
        finish : callable
            From the engine's picture to the pixels.
        """
        start = time.perf_counter()
        dear = self._took > _CHEAP_SECONDS and start - self._ended < self._took
        if dear and not update.finished:
            return None
        pixels = finish(update.image)
        self._ended = time.perf_counter()
        self._took = self._ended - start
        return pixels
