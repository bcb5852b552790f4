"""Cutting a picture into tiles, each with what the feature maps see around it.

A tile's part of a feature map is exact if the network sees all of the receptive fields: a margin
around the tile, which begins and ends where cells of the coarsest feature map do, so that nothing
shifts when the network shrinks its maps. At the picture's own border there is no margin, and the
network pads there as it does in the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.costs.model import tiles_along
from napari_neural_style.engine.receptive_field import ReceptiveField

__all__ = ["Span", "Tile", "cut", "margin", "spans"]


class Span(NamedTuple):
    """A tile along one axis, in pixels.

    Parameters
    ----------
    start, stop : int
        With the margins.
    first, last : int
        Without them: from ``first`` to before ``last``. These parts of all tiles together are the
        whole picture, once.
    """

    start: int
    stop: int
    first: int
    last: int

    @property
    def within(self) -> tuple[int, int]:
        """Where the part without margins lies, from the tile's own start on."""
        return self.first - self.start, self.last - self.start

    @property
    def whole(self) -> slice:
        """Where the tile with its margins lies in the picture."""
        return slice(self.start, self.stop)

    def positions(self, stride: int) -> slice:
        """Return where the part without margins lies on a feature map."""
        return slice(self.first // stride, self.last // stride)


class Tile(NamedTuple):
    """A tile of a picture.

    Parameters
    ----------
    rows, columns : Span
    """

    rows: Span
    columns: Span

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> Tile:
        """Return all of a picture of that height and width as one tile."""
        return cls(*(Span(0, side, 0, side) for side in shape))

    @property
    def within(self) -> tf.Tensor:
        """Top, bottom, left and right of the part without margins, from the tile's own corner."""
        return tf.constant([*self.rows.within, *self.columns.within], tf.int32)

    def of(self, image: tf.Tensor | NDArray[np.float32]) -> tf.Tensor | NDArray[np.float32]:
        """Return the tile of a picture of shape (1, H, W, C), with its margins."""
        return image[:, self.rows.whole, self.columns.whole]

    def inner(self, features: tf.Tensor, stride: int = 1) -> tf.Tensor:
        """Return the tile of a whole feature map of shape (1, h, w, C), without margins."""
        return features[:, self.rows.positions(stride), self.columns.positions(stride)]

    def share(self, shape: tuple[int, int], stride: int = 1) -> float:
        """Return its share of the positions of a feature map of a picture of that shape."""
        there, all_there = 1, 1
        for span, side in zip(self, shape, strict=True):
            positions = span.positions(stride)
            there *= positions.stop - positions.start
            all_there *= side // stride
        return there / all_there


def margin(fields: Iterable[ReceptiveField]) -> tuple[int, int, int]:
    """Return the margins before and after a tile, and the stride at which tiles are cut."""
    fields = list(fields)
    stride = math.lcm(*(field.stride for field in fields))
    before = max(field.before for field in fields)
    after = max(field.after - field.stride + 1 for field in fields)
    # One cell at least: the total variation looks one pixel further.
    return max(1, -(-before // stride)) * stride, max(1, -(-after // stride)) * stride, stride


def spans(length: int, side: int, margins: tuple[int, int, int]) -> list[Span]:
    """Cut a length into parts of about the same size, as `tiles_along` counts them.

    Parameters
    ----------
    length, side : int
        In pixels.
    margins : (int, int, int)
        As `margin` returns them.
    """
    before, after, stride = margins
    count = max(1, min(tiles_along(length, side), length // stride))
    cuts = [stride * round(k * length / count / stride) for k in range(count)] + [length]
    return [
        Span(max(0, first - before), min(length, last + after), first, last)
        for first, last in pairwise(cuts)
    ]


def cut(shape: tuple[int, int], side: int, margins: tuple[int, int, int]) -> list[Tile]:
    """Return the tiles of a picture of that height and width, row by row."""
    rows, columns = (spans(length, side, margins) for length in shape)
    return [Tile(row, column) for row in rows for column in columns]
