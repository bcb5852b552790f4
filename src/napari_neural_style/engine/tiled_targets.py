"""How a picture is cut into tiles, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import tensorflow as tf

from napari_neural_style.engine.neighbors import Places
from napari_neural_style.engine.targets import Anchor
from napari_neural_style.engine.tiles import Tile

__all__ = ["Cut", "TilePart", "TiledTargets", "Tiling", "joined"]

_Tensors = dict[str, tf.Tensor]


class Tiling(NamedTuple):
    """How a picture is painted tile by tile.

    Parameters
    ----------
    side : int
        Of a tile, in pixels, without its margins.
    between : callable
        Called before each tile: here a run can pause or be cancelled.
    """

    side: int
    between: Callable[[], object] = lambda: None


class TiledTargets(NamedTuple):
    """What the picture is compared with at one scale, and the tiles that it is cut into.

    Parameters
    ----------
    style, free, anchors
        As in `Targets`.
    shares : dict of str to tuple of tensor of float32, shape ()
        What each region counts at each style layer; nothing where there is but one.
    energies : dict of str to tensor of float32, shape ()
        What content losses are relative to; 1 where they are absolute.
    tiles : tuple of Tile
    parts : tuple of TilePart
        What each tile is compared with.
    rest : tuple of TilePart
        What the whole picture is compared with behind the joint; none without a joint.
    """

    style: dict[str, tuple[Any, ...]]
    free: tuple[tf.Tensor, ...]
    shares: dict[str, tuple[tf.Tensor, ...]]
    energies: _Tensors
    tiles: tuple[Tile, ...]
    parts: tuple[TilePart, ...]
    rest: tuple[TilePart, ...] = ()

    def matched(self, places: Sequence[tuple[int, Places]]) -> TiledTargets:
        """Return these targets with what each place of the picture is drawn towards.

        Parameters
        ----------
        places : sequence of (int, Places)
            The side of a cell, in pixels, and the places of the whole picture; one, or none.
        """
        parts = [part._replace(places=()) for part in self.parts]
        bottom, right = (
            max(span.last for span in spans) for spans in zip(*self.tiles, strict=True)
        )
        for side, whole in places:
            shape = (1, bottom // side, right // side)
            index, weight = (tf.reshape(value, shape) for value in whole[:2])
            for number, tile in enumerate(self.tiles):
                there = whole._replace(
                    index=tf.reshape(tile.inner(index, side), [-1]),
                    weight=tf.reshape(tile.inner(weight, side), [-1]),
                )
                parts[number] = parts[number]._replace(places=(there,))
        return self._replace(parts=tuple(parts))


class Cut(NamedTuple):
    """How a picture is cut.

    Parameters
    ----------
    tiles : tuple of Tile
    rest : tuple of Tile
        The whole picture, where there is a joint; otherwise none.
    parts : list of TilePart
        Of the tiles and of the rest, without what is compared.
    shares
        As in `TiledTargets`.
    """

    tiles: tuple[Tile, ...]
    rest: tuple[Tile, ...]
    parts: list[TilePart]
    shares: dict[str, tuple[tf.Tensor, ...]]

    @property
    def areas(self) -> tuple[Tile, ...]:
        """What each part is of."""
        return self.tiles + self.rest


def joined(tiles: Sequence[Tile], pieces: Sequence[tuple[tf.Tensor, ...]]) -> tuple[tf.Tensor, ...]:
    """Return the maps of a picture whose tiles, row by row, have those pieces of them."""
    rows = [
        [list(maps) for maps in zip(*(piece for _, piece in row), strict=True)]
        for _, row in groupby(zip(tiles, pieces, strict=True), lambda pair: pair[0].rows)
    ]
    return tuple(
        tf.concat([tf.concat(row, 2) for row in maps], 1) for maps in zip(*rows, strict=True)
    )


class TilePart(NamedTuple):
    """What a tile is compared with, and what it counts in the whole picture.

    Parameters
    ----------
    within : tensor of int32, shape (4,)
        Top, bottom, left and right of the tile without its margins, from its corner on.
    content : dict of str to tensor, shape (1, h, w, C)
        Feature maps of the content, without margins, in the type that the network computes in.
    positions : dict of str to tuple of tensor of float32, shape (h * w,)
        By style layer, the weights of its positions in each region, of 1 in all the picture.
    shares : dict of str to tensor of float32, shape ()
        By feature layer, its share of all positions.
    share : tensor of float32, shape ()
        Its share of the pixels.
    anchors : tuple of Anchor
        Without margins.
    firm : dict of str to tensor of float32, shape (1, h, w, 1)
        As in `Targets`, without margins.
    places : tuple of Places
        One where the style statistic has neighbours beside it: of the cells without margins.
    """

    within: tf.Tensor
    content: _Tensors
    positions: dict[str, tuple[tf.Tensor, ...]]
    shares: _Tensors
    share: tf.Tensor
    anchors: tuple[Anchor, ...]
    firm: _Tensors
    places: tuple[Places, ...] = ()
