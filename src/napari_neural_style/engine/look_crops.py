"""Crops of contents and of how they were painted, changed a little so that a look stays calm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.engine.look_layers import grain
from napari_neural_style.learn_job import Pair
from napari_neural_style.look_network import CELL

__all__ = ["Crops"]

#: The most grain that is put over a content, and how far its light is changed, in [0, 1].
_NOISE, _LIGHT, _CONTRAST = 0.04, 0.04, 0.1
#: In how many rows and columns of the grain a crop may begin.
_PLACES = 256
#: The share of the crops that are changed at all.
_CHANGED = 0.5


class Crops:
    """Draws crops at random.

    Parameters
    ----------
    pairs : sequence of Pair
    margin : int
        How much more of the content than of the result is needed, on each side.
    size : int
        Side of a crop of a result in pixels; less where a picture is smaller.
    seed : int
    """

    def __init__(self, pairs: Sequence[Pair], margin: int, size: int, seed: int) -> None:
        self._margin = margin
        smallest = min(min(pair.content.shape[:2]) for pair in pairs)
        self.size = max(size if smallest >= size else smallest // CELL * CELL, CELL)
        edge = (margin, margin + self.size), (margin, margin + self.size), (0, 0)
        self._contents = [np.pad(pair.content, edge, "edge") for pair in pairs]
        self._results = [pair.result for pair in pairs]
        self._shares = np.array([r.shape[0] * r.shape[1] for r in self._results], float)
        self._shares /= self._shares.sum()
        self._rng = np.random.default_rng(seed)

    def draw(
        self, count: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return crops.

        Returns
        -------
        contents : ndarray of float32, shape (count, size + 2 margin, size + 2 margin, 3)
        results : ndarray of float32, shape (count, size, size, 3)
        grains : ndarray of float32, shape (count, cells, cells, GRAIN_CHANNELS)
            Those of the contents.
        """
        found = [
            self._crop(self._rng.choice(len(self._shares), p=self._shares)) for _ in range(count)
        ]
        contents, results, grains = (np.stack(parts) for parts in zip(*found, strict=True))
        return contents, results, grains

    def _crop(
        self, pair: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        result, rng = self._results[pair], self._rng
        row, column = (int(rng.integers(side - self.size + 1)) for side in result.shape[:2])
        whole = self.size + 2 * self._margin
        content = self._contents[pair][row : row + whole, column : column + whole]
        cells = whole // CELL
        # The grain's own place is another each time: what is learnt must not hang on it.
        at_row, at_column = (int(n) for n in rng.integers(_PLACES, size=2))
        texture = grain(at_row, at_column, cells, cells)
        return (
            self._changed(content),
            result[row : row + self.size, column : column + self.size],
            texture,
        )

    def _changed(self, content: NDArray[np.float32]) -> NDArray[np.float32]:
        rng = self._rng
        if rng.random() > _CHANGED:
            return content
        noise = rng.normal(0, rng.uniform(0, _NOISE), content.shape)
        contrast = 1 + rng.uniform(-_CONTRAST, _CONTRAST)
        changed = (content - 0.5) * contrast + 0.5 + rng.uniform(-_LIGHT, _LIGHT) + noise
        return np.asarray(np.clip(changed, 0, 1), np.float32)
