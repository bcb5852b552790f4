"""Crops of contents and of how they were painted, changed a little so that a look stays calm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.engine.look_layers import grain
from napari_neural_style.learn_job import Pair
from napari_neural_style.look_network import CELL

__all__ = ["Crops", "Drawn"]

#: The most grain that is put over a content, and how far its light is changed, in [0, 1].
_NOISE, _LIGHT, _CONTRAST = 0.04, 0.04, 0.1
#: In how many rows and columns of the grain a crop may begin.
_PLACES = 256
#: The most of a side that a crop takes, so that there are some places for it: what is learnt must
#: not hang on how the network's cells lie over the picture.
_MOST = 7 / 8
#: The share of the crops that are changed at all.
_CHANGED = 0.5


class Drawn(NamedTuple):
    """Some crops.

    Parameters
    ----------
    contents : ndarray of float32, shape (count, height + 2 margin, width + 2 margin, 3)
    results : ndarray of float32, shape (count, height, width, 3)
    grains : ndarray of float32, shape (count, cells, cells, GRAIN_CHANNELS)
        Those of the contents.
    places : tuple of (int, int, int)
        Of each the pair, and the first row and column.
    """

    contents: NDArray[np.float32]
    results: NDArray[np.float32]
    grains: NDArray[np.float32]
    places: tuple[tuple[int, int, int], ...]


class Crops:
    """Draws crops at random.

    Parameters
    ----------
    pairs : sequence of Pair
    margin : int
        How much more of the content than of the result is needed, on each side.
    size : int
        The longest side of a crop of a result in pixels; less where a picture is smaller.
    seed : int
    places : int, optional
        At how many places of each pair crops are; by default anywhere.
    """

    def __init__(
        self, pairs: Sequence[Pair], margin: int, size: int, seed: int, places: int | None = None
    ) -> None:
        self._margin = margin
        self._sides = [
            max(min(size, int(_MOST * min(sides))) // CELL * CELL, CELL)
            for sides in zip(*(pair.content.shape[:2] for pair in pairs), strict=True)
        ]
        height, width = self._sides
        edge = (margin, margin + height), (margin, margin + width), (0, 0)
        self._contents = [np.pad(pair.content, edge, "edge") for pair in pairs]
        self._results = [pair.result for pair in pairs]
        self._shares = np.array([r.shape[0] * r.shape[1] for r in self._results], float)
        self._shares /= self._shares.sum()
        self._rng = np.random.default_rng(seed)
        self._places = places and [
            [self._anywhere(pair) for _ in range(places)] for pair in range(len(pairs))
        ]

    def draw(self, count: int) -> Drawn:
        """Return crops."""
        pairs = self._rng.choice(len(self._shares), count, p=self._shares)
        places = tuple(self._place(int(pair)) for pair in pairs)
        found = [self._crop(*place) for place in places]
        contents, results, grains = (np.stack(parts) for parts in zip(*found, strict=True))
        return Drawn(contents, results, grains, places)

    def _place(self, pair: int) -> tuple[int, int, int]:
        if self._places:
            return self._places[pair][self._rng.integers(len(self._places[pair]))]
        return self._anywhere(pair)

    def _anywhere(self, pair: int) -> tuple[int, int, int]:
        shape = self._results[pair].shape
        row, column = (
            int(self._rng.integers(whole - side + 1))
            for whole, side in zip(shape, self._sides, strict=False)
        )
        return pair, row, column

    def _crop(
        self, pair: int, row: int, column: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        height, width = self._sides
        more = 2 * self._margin
        content = self._contents[pair][row : row + height + more, column : column + width + more]
        # The grain's own place is another each time: what is learnt must not hang on it.
        at_row, at_column = (int(n) for n in self._rng.integers(_PLACES, size=2))
        texture = grain(at_row, at_column, content.shape[0] // CELL, content.shape[1] // CELL)
        result = self._results[pair][row : row + height, column : column + width]
        return self._changed(content), result, texture

    def _changed(self, content: NDArray[np.float32]) -> NDArray[np.float32]:
        rng = self._rng
        if rng.random() > _CHANGED:
            return content
        noise = rng.standard_normal(content.shape, np.float32) * np.float32(rng.uniform(0, _NOISE))
        contrast = 1 + rng.uniform(-_CONTRAST, _CONTRAST)
        changed = (content - 0.5) * contrast + 0.5 + rng.uniform(-_LIGHT, _LIGHT) + noise
        return np.asarray(np.clip(changed, 0, 1), np.float32)
