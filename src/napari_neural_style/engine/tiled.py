"""The loss of a large picture and the step that lowers it, tile by tile: exact, in little memory.

All that the losses need of a picture are sums over its places: moments, and errors of pixels and of
features. A first pass over the tiles adds them up. From the sums come the losses, and by how much
each sum moves them; a second pass carries that back through the network to the pixels of each tile.
The gradients of neighbouring tiles overlap at their margins, and are added there, so that margins
as wide as one receptive field are enough.

The two passes are those of B. Galerne et al., "Scaling Painting Style Transfer" (arXiv:2212.13459),
who cut gradients off at the tile and need margins twice as wide.

The first layers of a network have the largest maps and see the least around a tile. Where there is
memory for it, only those up to a joint are computed in tiles, and what comes after it of the whole
picture at once: margins are a few pixels, and the larger part of the work is done a single time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.adam_in_place import AdamInPlace
from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.guides import feature_guide, free_mask
from napari_neural_style.engine.losses import Moments
from napari_neural_style.engine.neighbors import FeaturePart
from napari_neural_style.engine.statistic import TargetFunction
from napari_neural_style.engine.targets import Anchor, Hyperparameters, refreshed
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.tile_terms import (
    added,
    energies,
)
from napari_neural_style.engine.tiled_targets import (
    Cut,
    TiledTargets,
    TilePart,
    Tiling,
    joined,
)
from napari_neural_style.engine.tiles import Tile, cut
from napari_neural_style.engine.traced_tiles import TracedTiles
from napari_neural_style.settings import Settings

__all__ = ["TiledObjective"]

_Tensors = dict[str, tf.Tensor]
_RegionMoments = dict[str, tuple[Moments, ...]]
_Image: TypeAlias = tf.Tensor | NDArray[np.float32]


class TiledObjective(TracedTiles):
    """The same objective as that of the whole picture, with tiles of it in memory at a time.

    Takes the parameters of `TracedTiles`.

    Parameters
    ----------
    network : FeatureNetwork
    settings : Settings
    in_place : bool
        Whether the optimiser is `AdamInPlace`, whatever the settings say.
    """

    #: Set before anything is computed.
    tiling: Tiling

    def __init__(
        self, network: FeatureNetwork, settings: Settings, *, in_place: bool = False, **options: Any
    ) -> None:
        super().__init__(network, settings, **options)
        #: The optimiser of pictures too large for copies of them.
        self.in_place = AdamInPlace(settings) if in_place else None
        self.step = self._step_in_tiles

    def targets(  # type: ignore[override] # what `step` takes is its own affair
        self,
        content: _Image,
        picture: _Image,
        target_functions: Mapping[str, tuple[TargetFunction, ...]],
        *,
        guides: tuple[tf.Tensor, ...] = (),
        anchors: tuple[Anchor, ...] = (),
    ) -> TiledTargets:
        """Return the targets at one scale, as `Objective.targets` does."""
        shape = tuple(content.shape[1:3])
        found = self._cut(shape, guides)
        features, now = self._measured(content, found, len(guides))
        if self.targets_age:
            _, now = self._measured(picture, found, len(guides))
        firm = self._firm(
            guides, {n: [s // self._strides[n] for s in shape] for n in self._content_layers}
        )
        parts = [
            part._replace(
                content=own,
                firm={n: tile.inner(firm[n], self._strides[n]) for n in own if firm},
            )
            for tile, part, own in zip(found.areas, found.parts, features, strict=True)
        ]
        count = len(found.tiles)
        return TiledTargets(
            refreshed(target_functions, now),
            free_mask(guides),
            found.shares,
            energies(parts, self._content_loss),
            found.tiles,
            tuple(
                part._replace(anchors=tuple(Anchor(*map(tile.inner, one)) for one in anchors))
                for tile, part in zip(found.tiles, parts, strict=False)
            ),
            tuple(parts[count:]),
        )

    def _parts(self, image: _Image) -> Iterable[FeaturePart]:
        for tile in cut(tuple(image.shape[1:3]), self.tiling.side, self._margins):
            self.tiling.between()
            rows, columns = (slice(span.first, span.last) for span in tile)
            yield FeaturePart(rows, columns, self._features_within(tile.of(image), tile.within))

    def _moments(self, image: _Image, guides: tuple[tf.Tensor, ...]) -> _RegionMoments:
        found = self._cut(tuple(image.shape[1:3]), guides)
        return self._measured(image, found, len(guides))[1]

    def _cut(self, shape: tuple[int, int], guides: tuple[tf.Tensor, ...]) -> Cut:
        """Return how a picture is cut; its parts are without what is compared."""
        maps, shares = {}, {}
        for name in self._style_layers:
            small = [side // self._strides[name] for side in shape]
            found = [feature_guide(guide, small) for guide in guides]
            maps[name] = [tf.reshape(part.positions, [1, *small]) for part in found]
            shares[name] = tuple(part.share for part in found)

        def part(tile: Tile, layers: Sequence[str]) -> TilePart:
            positions = {
                name: tuple(tf.reshape(tile.inner(m, self._strides[name]), [-1]) for m in found)
                for name, found in maps.items()
                if name in layers
            }
            counts = {n: tf.constant(tile.share(shape, self._strides[n])) for n in layers}
            return TilePart(
                tile.within, {}, positions, counts, tf.constant(tile.share(shape)), (), {}
            )

        tiles = tuple(cut(shape, self.tiling.side, self._margins))
        rest = (Tile.whole(shape),) * bool(self._joint)
        parts = [part(tile, self._near) for tile in tiles] + [part(t, self._far) for t in rest]
        return Cut(tiles, rest, parts, shares)

    def _measured(
        self, image: _Image, found: Cut, regions: int
    ) -> tuple[list[_Tensors], _RegionMoments]:
        """Return the content's feature maps, part by part, and the moments of the whole image."""
        features: list[_Tensors] = []
        moments: _RegionMoments | None = None
        pieces = []
        for tile, part in zip(found.tiles, found.parts, strict=False):
            self.tiling.between()
            own, share, entering = self._measures[regions](tile.of(image), part)
            features.append(own)
            pieces.append(entering)
            moments = added(moments, share)
        assert moments is not None
        for entering in joined(found.tiles, pieces):
            self.tiling.between()
            own, others = self._measures_rest[regions](entering, found.parts[-1])
            features.append(own)
            moments = {**moments, **others}
        return features, moments

    def _step_in_tiles(
        self, state: Any, targets: TiledTargets, hyperparameters: Hyperparameters, last: _Tensors
    ) -> tuple[Any, _Tensors, _RegionMoments]:
        """Take one step; return the new state, the losses and moments of the image before it."""
        losses, objective, moments, moved = self._weighed(state.image, targets, hyperparameters)
        bands = self._bands(state.image, targets, *moved)
        rate = hyperparameters.learning_rate
        if self.in_place:
            for rows, gradient in bands:
                for mask in targets.free:
                    gradient *= mask[:, rows].numpy()
                self.in_place.change(state, rows, gradient, rate)
            return self.in_place.stepped(state), losses, moments
        gradient = tf.concat([part for _, part in bands], 1)
        state, losses = self._advance(state, objective, gradient, targets.free, rate, losses, last)
        return state, losses, moments

    def _weighed(
        self, image: _Image, targets: TiledTargets, hyperparameters: Hyperparameters
    ) -> tuple[_Tensors, tf.Tensor, _RegionMoments, tuple[Terms, tuple[tf.Tensor, ...]]]:
        """Return the first pass: the losses, what is minimised, moments, and what moves them."""
        terms: Terms | None = None
        pieces = []
        for tile, part in zip(targets.tiles, targets.parts, strict=True):
            self.tiling.between()
            found, entering = self._terms(tile.of(image), part)
            terms = added(terms, found)
            pieces.append(entering)
        assert terms is not None
        self.tiling.between()
        losses, objective, moments, *moved = self._weigh(
            terms,
            joined(targets.tiles, pieces),
            targets.rest,
            targets.style,
            targets.shares,
            targets.energies,
            hyperparameters,
            tf.constant(math.prod(image.shape)),
        )
        return losses, objective, moments, tuple(moved)

    def _bands(
        self,
        image: _Image,
        targets: TiledTargets,
        upstream: Terms,
        pulls: tuple[tf.Tensor, ...],
    ) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield the second pass, the gradient, from top to bottom.

        Each time, the rows that no later tile sees: they can be changed before the next ones come.
        """
        width, top = image.shape[2], 0
        gradient = np.zeros([1, 0, width, 3], np.float32)
        rows = list(dict.fromkeys(tile.rows for tile in targets.tiles))
        places = iter(zip(targets.tiles, targets.parts, strict=True))
        for span, following in zip(rows, [*rows[1:], None], strict=True):
            more = span.stop - top - gradient.shape[1]
            gradient = np.pad(gradient, [(0, 0), (0, more), (0, 0), (0, 0)])
            for tile, part in itertools.islice(places, len(targets.tiles) // len(rows)):
                self.tiling.between()
                own = tuple(tile.inner(pull, self._strides[self._joint]) for pull in pulls)
                found = self._pull(tile.of(image), part, upstream, own)
                gradient[:, span.start - top :, tile.columns.whole] += found
            done = slice(top, following.start if following else span.stop)
            yield done, gradient[:, : done.stop - top]
            gradient, top = gradient[:, done.stop - top :], done.stop
