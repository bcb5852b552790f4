"""Drawing every place of the picture towards one real place of the style.

N. Kolkin et al., "Neural Neighbor Style Transfer" (arXiv:2203.13215): the picture's features are
compared not with statistics of the style but each with the nearest of the style's own, so that what
appears is real brushwork. Here a place is a cell of some pixels, and what it is drawn towards is
all that the shallow feature maps have in a cell of the style, in its arrangement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.cells import CellGrid
from napari_neural_style.engine.losses import relative_to
from napari_neural_style.engine.matching import Candidates, nearest
from napari_neural_style.engine.targets import StyleInput

__all__ = ["FeaturePart", "NeighborTargets", "Places", "neighbor_loss", "places_spec"]

#: Of more cells than this in all styles, as many are taken, evenly.
_MOST_CANDIDATES = 16384
#: A cell belongs to a part of a style where the guide of that part is above this.
_WITHIN = 0.5

_Tensors = dict[str, tf.Tensor]


class Places(NamedTuple):
    """What each place of the picture, or of a tile of it, is drawn towards.

    Parameters
    ----------
    index : tensor of int32, shape (n,)
        The cell of the styles, by cell of the picture, row by row.
    weight : tensor of float32, shape (n,)
        What each counts: over the whole picture, its share that is painted.
    cells : dict of str to tensor of float32, shape (m, k)
        By feature layer, all values in each cell of the styles.
    energies : dict of str to tensor of float32, shape ()
        By feature layer, what errors are relative to.
    """

    index: tf.Tensor
    weight: tf.Tensor
    cells: _Tensors
    energies: _Tensors


class FeaturePart(NamedTuple):
    """The feature maps of a part of an image.

    Parameters
    ----------
    rows, columns : slice
        Where it lies in the image, in pixels.
    features : dict of str to tensor of float32, shape (1, h, w, C)
    """

    rows: slice
    columns: slice
    features: Mapping[str, tf.Tensor]


#: From an image to the feature maps of its parts, which are all of it together.
FeatureParts = Callable[[tf.Tensor], Iterable[FeaturePart]]


def places_spec(layers: Iterable[str]) -> Places:
    """Return the type of `Places` that compare these feature layers."""
    layers = tuple(layers)
    return Places(
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([None], tf.float32),
        dict.fromkeys(layers, tf.TensorSpec([None, None], tf.float32)),
        dict.fromkeys(layers, tf.TensorSpec([], tf.float32)),
    )


def neighbor_loss(values: Mapping[str, tf.Tensor], places: Places) -> tf.Tensor:
    """Return how far the places of a picture are from what they are drawn towards.

    The mean over layers and places of squared differences, relative to the styles' mean squares.

    Parameters
    ----------
    values : dict of str to tensor of float32, shape (n, k)
        As `CellGrid.values` returns them.
    places : Places
    """
    losses = []
    for layer, cells in places.cells.items():
        wanted = tf.gather(cells, places.index)
        errors = tf.reduce_mean(tf.math.squared_difference(values[layer], wanted), 1)
        losses.append(relative_to(tf.reduce_sum(places.weight * errors), places.energies[layer]))
    return tf.add_n(losses) / len(losses)


class NeighborTargets:
    """The cells of the styles at one scale, region by region.

    Parameters
    ----------
    grid : CellGrid
    parts_of : callable
        From an image to the feature maps of its parts.
    regions : sequence of sequence of StyleInput
        For each region, the styles that are blended there.
    turns : int
        In how many directions, a quarter turn apart, each style is looked at.
    """

    def __init__(
        self,
        grid: CellGrid,
        parts_of: FeatureParts,
        regions: Sequence[Sequence[StyleInput]],
        *,
        turns: int = 1,
        relative: bool = True,
    ) -> None:
        self._grid, self._parts_of = grid, parts_of
        #: Side of a cell, in pixels.
        self.side = grid.side
        self._candidates: list[Candidates] = []
        self._starts: list[int] = []
        values: dict[str, list[tf.Tensor]] = {name: [] for name in grid.compared}
        count = 0
        for styles in regions:
            descriptors: list[tf.Tensor] = []
            owners: list[NDArray[np.int32]] = []
            share = _MOST_CANDIDATES // (turns * len(styles) * len(regions))
            for owner, style in enumerate(styles):
                for turn in range(turns):
                    found, described = self._cells_of(_turned(style, turn), share)
                    descriptors.append(described)
                    owners.append(np.full(len(described), owner, np.int32))
                    for name, value in found.items():
                        values[name].append(value)
            total = sum(style.weight for style in styles)
            self._starts.append(count)
            self._candidates.append(
                Candidates(
                    tf.concat(descriptors, 0),
                    grid.widths,
                    np.concatenate(owners),
                    [style.weight / total for style in styles],
                )
            )
            count += sum(map(len, owners))
        self._values = {name: tf.concat(found, 0) for name, found in values.items()}
        self._energies = {
            name: tf.reduce_mean(tf.square(value)) if relative else tf.constant(1.0)
            for name, value in self._values.items()
        }

    def places(self, picture: tf.Tensor, guides: Sequence[tf.Tensor]) -> Places:
        """Return what each place of a picture is drawn towards.

        Parameters
        ----------
        picture : tensor of float32, shape (1, H, W, 3)
        guides : sequence of tensor of float32, shape (1, H, W, 1)
            Of the regions; none where there is but one, of everything.
        """
        height, width = self._shape(picture)
        maps = [
            np.zeros((height, width, candidates.kept), np.float32)
            for candidates in self._candidates
        ]
        for part in self._parts_of(picture):
            described = self._grid.descriptors(part.features)
            rows, columns = self._in_cells(part.rows), self._in_cells(part.columns)
            for found, candidates in zip(maps, self._candidates, strict=True):
                there = found[rows, columns]
                there[...] = candidates.projected(described).numpy().reshape(there.shape)
        index = np.zeros(height * width, np.int32)
        weight, region = self._weights(guides, (height, width))
        for number, (found, candidates) in enumerate(zip(maps, self._candidates, strict=True)):
            members = np.flatnonzero(region == number)
            if len(members):
                own = found.reshape(-1, candidates.kept)[members]
                index[members] = self._starts[number] + nearest(own, candidates)
        return Places(
            tf.constant(index), tf.constant(weight / len(weight)), self._values, self._energies
        )

    def _cells_of(self, style: StyleInput, most: int) -> tuple[_Tensors, tf.Tensor]:
        """Return values and descriptors of the cells of a style, of `most` at the most."""
        height, width = self._shape(style.image)
        kept = np.arange(height * width)
        if style.guides:
            within = np.flatnonzero(_pooled(style.guides[0], (height, width)) > _WITHIN)
            kept = within if len(within) else kept
        if len(kept) > most:
            kept = kept[np.linspace(0, len(kept) - 1, most).round().astype(int)]
        wanted = np.zeros((height, width), bool)
        wanted.ravel()[kept] = True
        values: dict[str, list[tf.Tensor]] = {name: [] for name in self._grid.compared}
        descriptors = []
        for part in self._parts_of(style.image):
            here = np.flatnonzero(wanted[self._in_cells(part.rows), self._in_cells(part.columns)])
            for name, value in self._grid.values(part.features).items():
                values[name].append(tf.gather(value, here))
            descriptors.append(tf.gather(self._grid.descriptors(part.features), here))
        return {n: tf.concat(v, 0) for n, v in values.items()}, tf.concat(descriptors, 0)

    def _weights(
        self, guides: Sequence[tf.Tensor], shape: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return what each place counts, and the region that it belongs to."""
        if not guides:
            return np.ones(shape[0] * shape[1], np.float32), np.zeros(shape[0] * shape[1], int)
        found = np.stack([_pooled(guide, shape) for guide in guides])
        return found.sum(0), found.argmax(0)

    def _shape(self, image: tf.Tensor) -> tuple[int, int]:
        return image.shape[1] // self._grid.side, image.shape[2] // self._grid.side

    def _in_cells(self, pixels: slice) -> slice:
        return slice(pixels.start // self._grid.side, pixels.stop // self._grid.side)


def _pooled(guide: tf.Tensor, shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(tf.image.resize(guide, shape, "area").numpy().ravel())


def _turned(style: StyleInput, turns: int) -> StyleInput:
    return style._replace(
        image=tf.image.rot90(style.image, turns),
        guides=tuple(tf.image.rot90(guide, turns) for guide in style.guides),
    )
