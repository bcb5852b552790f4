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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.guides import feature_guide, free_mask
from napari_neural_style.engine.losses import Moments, relative_to, temporal_loss
from napari_neural_style.engine.neighbors import FeaturePart, places_spec
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.statistic import TargetFunction
from napari_neural_style.engine.targets import Anchor, Hyperparameters, refreshed
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.tile_terms import (
    FarTerms,
    added,
    content_terms,
    energies,
    region_moments,
    with_rest,
)
from napari_neural_style.engine.tileable import receptive_field
from napari_neural_style.engine.tiled_targets import (
    Cut,
    TiledTargets,
    TilePart,
    Tiling,
    joined,
)
from napari_neural_style.engine.tiles import Tile, cut, margin
from napari_neural_style.engine.total_variation import total_variation
from napari_neural_style.settings import Settings

__all__ = ["TiledObjective"]

_Tensors = dict[str, tf.Tensor]
_RegionMoments = dict[str, tuple[Moments, ...]]
#: The map of the whole picture that goes into the joint, and what belongs to it; none without one.
_Maps = tuple[tf.Tensor, ...]

_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)
_FEATURES = tf.TensorSpec([1, None, None, None], tf.float32)
_MASK = tf.TensorSpec([1, None, None, 1], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_MOMENTS = Moments(tf.TensorSpec([None], tf.float32), tf.TensorSpec([None, None], tf.float32))


class TiledObjective(Objective):
    """The same objective as that of the whole picture, with tiles of it in memory at a time.

    Takes the parameters of `Objective`, but ``xla`` does not apply.

    Parameters
    ----------
    network : FeatureNetwork
    settings : Settings
    joint : str
        The layer from which on the network sees the whole picture at once; none if empty.
    """

    #: Set before anything is computed.
    tiling: Tiling

    def __init__(
        self, network: FeatureNetwork, settings: Settings, *, joint: str = "", **options: Any
    ) -> None:
        super().__init__(network, settings, **options)
        layers = list(dict.fromkeys([*self._content_layers, *self._style_layers]))
        order = list(network.layers)
        self._far = [n for n in layers if joint and order.index(n) >= order.index(joint)]
        self._near = [n for n in layers if n not in self._far]
        self._joint = joint if self._far else ""
        fields = {n: receptive_field(network, n) for n in [*layers, *[joint] * bool(self._joint)]}
        self._strides = {name: field.stride for name, field in fields.items()}
        # What goes into a joint sees a little less than what comes out.
        self._margins = margin(fields[n] for n in fields if n not in self._far or n == self._joint)
        self._trace()

    def _trace(self) -> None:
        """Say what is traced, with which types: heights and widths are left open."""
        guides = max(1, self._guides)
        near, far = self._part_spec(self._near), self._part_spec(self._far)._replace(anchors=())
        maps = (self._map_spec(),) if self._joint else ()
        rest = (far,) * len(maps)
        upstream = Terms(
            dict.fromkeys(near.content, _SCALAR),
            dict.fromkeys(near.positions, (_MOMENTS,) * guides),
            _SCALAR,
            (_SCALAR,) * self._anchored,
            (_SCALAR,) * len(self._grids),
        )
        style = dict.fromkeys(self._style_layers, (self._statistic.spec,) * guides)
        shares = dict.fromkeys(self._style_layers, (_SCALAR,) * self._guides)
        scalars = Hyperparameters(*(_SCALAR for _ in Hyperparameters._fields))
        whole = dict.fromkeys(self._content_layers, _SCALAR)
        count = tf.TensorSpec([], tf.int32)

        def traced(function: Any, *types: Any) -> Any:
            return tf.function(function, input_signature=types, autograph=False)

        # A style has one guide at most, the picture one for each region.
        numbers = {min(1, self._guides), self._guides}
        self._measures = {n: traced(self._seen, _IMAGE, _with_guides(near, n)) for n in numbers}
        self._measures_rest = {
            n: traced(self._rest_seen, maps[0], _with_guides(far, n)) for n in numbers if maps
        }
        self._terms = traced(self._trace_terms, _IMAGE, near)
        self._features_within = traced(
            lambda pixels, within: self._within(pixels, within)[0],
            _IMAGE,
            tf.TensorSpec([4], tf.int32),
        )
        self._pull = traced(self._trace_pull, _IMAGE, near, upstream, maps)
        self._weigh = traced(
            self._trace_weigh, upstream, maps, rest, style, shares, whole, scalars, count
        )
        self._advance = tf.function(self._trace_advance, reduce_retracing=True, autograph=False)
        self.step = self._step_in_tiles

    def _part_spec(self, layers: Sequence[str]) -> TilePart:
        content = [name for name in self._content_layers if name in layers]
        style = [name for name in self._style_layers if name in layers]
        return TilePart(
            tf.TensorSpec([4], tf.int32),
            dict.fromkeys(content, _FEATURES),
            {name: (tf.TensorSpec([None], tf.float32),) * self._guides for name in style},
            dict.fromkeys(layers, _SCALAR),
            _SCALAR,
            (Anchor(_IMAGE, _MASK),) * self._anchored,
            dict.fromkeys(content, _MASK) if self._graded else {},
            tuple(places_spec(grid.compared) for grid in self._grids),
        )

    def _map_spec(self) -> tf.TensorSpec:
        side = 2 * self._strides[self._joint]
        found = self._network.stem(tf.zeros([1, side, side, 3]), [], self._joint)[1]
        return tf.TensorSpec([1, None, None, found.shape[3]], found.dtype)

    def targets(  # type: ignore[override] # what `step` takes is its own affair
        self,
        content: tf.Tensor,
        picture: tf.Tensor,
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

    def _parts(self, image: tf.Tensor) -> Iterable[FeaturePart]:
        for tile in cut(tuple(image.shape[1:3]), self.tiling.side, self._margins):
            self.tiling.between()
            rows, columns = (slice(span.first, span.last) for span in tile)
            yield FeaturePart(rows, columns, self._features_within(tile.of(image), tile.within))

    def _moments(self, image: tf.Tensor, guides: tuple[tf.Tensor, ...]) -> _RegionMoments:
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
        self, image: tf.Tensor, found: Cut, regions: int
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
        losses, objective, gradient, moments = self._gradient(state.image, targets, hyperparameters)
        state, losses = self._advance(
            state,
            objective,
            gradient,
            targets.free,
            hyperparameters.learning_rate,
            losses,
            last,
        )
        return state, losses, moments

    def _gradient(
        self, image: tf.Tensor, targets: TiledTargets, hyperparameters: Hyperparameters
    ) -> tuple[_Tensors, tf.Tensor, tf.Tensor, _RegionMoments]:
        """Return the losses, what is minimised, its gradient, and the moments: in two passes."""
        terms: Terms | None = None
        pieces = []
        for tile, part in zip(targets.tiles, targets.parts, strict=True):
            self.tiling.between()
            found, entering = self._terms(tile.of(image), part)
            terms = added(terms, found)
            pieces.append(entering)
        assert terms is not None
        self.tiling.between()
        losses, objective, moments, upstream, pulls = self._weigh(
            terms,
            joined(targets.tiles, pieces),
            targets.rest,
            targets.style,
            targets.shares,
            targets.energies,
            hyperparameters,
            tf.size(image),
        )
        gradient = np.zeros(image.shape, np.float32)
        for tile, part in zip(targets.tiles, targets.parts, strict=True):
            self.tiling.between()
            own = tuple(tile.inner(pull, self._strides[self._joint]) for pull in pulls)
            tile.of(gradient)[...] += self._pull(tile.of(image), part, upstream, own).numpy()
        return losses, objective, tf.constant(gradient), moments

    # What follows is traced.

    def _within(self, pixels: tf.Tensor, within: tf.Tensor) -> tuple[_Tensors, _Maps]:
        """Return the first feature maps of a tile, and what goes into the joint; no margins."""
        if self._joint:
            found, entering = self._network.stem(pixels, self._near, self._joint)
            found = {**found, self._joint: entering}
        else:
            found = self._network(pixels, self._near)
        for name, features in found.items():
            top, bottom, left, right = tf.unstack(within // self._strides[name])
            found[name] = features[:, top:bottom, left:right]
        maps = (found.pop(self._joint),) if self._joint else ()
        return found, maps

    def _seen(self, pixels: tf.Tensor, part: TilePart) -> tuple[_Tensors, _RegionMoments, _Maps]:
        """Return the feature maps of the content, without margins, and what moments are made of."""
        features, maps = self._within(pixels, part.within)
        content = {n: features[n] for n in self._content_layers if n in features}
        return content, region_moments(features, part), maps

    def _rest_seen(self, entering: tf.Tensor, part: TilePart) -> tuple[_Tensors, _RegionMoments]:
        features = self._network.rest(entering, self._far, self._joint)
        content = {n: features[n] for n in self._content_layers if n in features}
        return content, region_moments(features, part)

    def _trace_terms(self, pixels: tf.Tensor, part: TilePart) -> tuple[Terms, _Maps]:
        features, maps = self._within(pixels, part.within)
        top, bottom, left, right = tf.unstack(part.within)
        inner = pixels[:, top:bottom, left:right]
        terms = Terms(
            content_terms(features, part, self._content_loss),
            region_moments(features, part),
            part.share * total_variation(pixels, part.within),
            tuple(part.share * temporal_loss(inner, *anchor) for anchor in part.anchors),
            self._neighbor_losses(features, part.places),
        )
        return terms, maps

    def _trace_weigh(
        self,
        near: Terms,
        maps: _Maps,
        rest: tuple[TilePart, ...],
        style: dict[str, tuple[Any, ...]],
        shares: dict[str, tuple[tf.Tensor, ...]],
        energies: _Tensors,
        hyperparameters: Hyperparameters,
        values: tf.Tensor,
    ) -> tuple[_Tensors, tf.Tensor, _RegionMoments, Terms, _Maps]:
        """Return the losses, what is minimised, the moments, and by how much that is moved.

        By each of the terms of the tiles, and by each value of the map that goes into the joint.
        """
        with tf.GradientTape() as inner:
            inner.watch(maps)
            far = tuple(self._far_terms(*found) for found in zip(maps, rest, strict=True))
        with tf.GradientTape() as tape:
            tape.watch((near, far))
            terms = with_rest(near, far)
            content = terms.content
            if self._relative:
                content = {n: relative_to(loss, energies[n]) for n, loss in content.items()}
            losses, objective = self._losses(
                terms._replace(content=content), style, shares, hyperparameters, values
            )
        upstream, onward = tape.gradient(
            objective, (near, far), unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        pulls = inner.gradient(tf.nest.flatten(far), maps, output_gradients=tf.nest.flatten(onward))
        return losses, objective, terms.moments, upstream, pulls

    def _far_terms(self, entering: tf.Tensor, part: TilePart) -> FarTerms:
        features = self._network.rest(entering, self._far, self._joint)
        return FarTerms(
            content_terms(features, part, self._content_loss), region_moments(features, part)
        )

    def _trace_pull(
        self, pixels: tf.Tensor, part: TilePart, upstream: Terms, pulls: _Maps
    ) -> tf.Tensor:
        """Return the gradient at a tile's pixels, given by how much all it gives counts.

        The forward pass is done again: to keep what it computed took four times the memory, and was
        no faster, for TensorFlow joins fewer operations whose results are kept.
        """
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            given = self._trace_terms(pixels, part)
        return tape.gradient(
            tf.nest.flatten(given), pixels, output_gradients=tf.nest.flatten((upstream, pulls))
        )

    def _trace_advance(
        self,
        state: Any,
        objective: tf.Tensor,
        gradient: tf.Tensor,
        free: tuple[tf.Tensor, ...],
        rate: tf.Tensor,
        losses: _Tensors,
        last: _Tensors,
    ) -> tuple[Any, _Tensors]:
        for mask in free:
            gradient *= mask
        state = self.optimizer.step(state, objective, gradient, rate)
        accepted = self.optimizer.accepted(state, objective)
        return state, {name: tf.where(accepted, loss, last[name]) for name, loss in losses.items()}


def _with_guides(part: TilePart, count: int) -> TilePart:
    """Return the type of a part without what is compared, for that many guides."""
    positions = dict.fromkeys(part.positions, (tf.TensorSpec([None], tf.float32),) * count)
    return part._replace(content={}, positions=positions, anchors=(), firm={}, places=())
