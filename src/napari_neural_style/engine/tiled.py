"""The loss of a large picture and the step that lowers it, tile by tile: exact, in little memory.

All that the losses need of a picture are sums over its places: moments, and errors of pixels and of
features. A first pass over the tiles adds them up. From the sums come the losses, and by how much
each sum moves them; a second pass carries that back through the network to the pixels of each tile.
The gradients of neighbouring tiles overlap at their margins, and are added there, so that margins
as wide as one receptive field are enough.

The two passes are those of B. Galerne et al., "Scaling Painting Style Transfer" (arXiv:2212.13459),
who cut gradients off at the tile and need margins twice as wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from napari_neural_style.engine.guides import feature_guide, free_mask, held
from napari_neural_style.engine.losses import Moments, moments, relative_to, temporal_loss
from napari_neural_style.engine.neighbors import FeaturePart, places_spec
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.statistic import TargetFunction
from napari_neural_style.engine.targets import Anchor, Hyperparameters, refreshed
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.tileable import receptive_field
from napari_neural_style.engine.tiled_targets import TiledTargets, TilePart, Tiling
from napari_neural_style.engine.tiles import Tile, cut, margin
from napari_neural_style.engine.total_variation import total_variation

__all__ = ["TiledObjective"]

_Tensors = dict[str, tf.Tensor]
_RegionMoments = dict[str, tuple[Moments, ...]]


_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)
_FEATURES = tf.TensorSpec([1, None, None, None], tf.float32)
_MASK = tf.TensorSpec([1, None, None, 1], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_MOMENTS = Moments(tf.TensorSpec([None], tf.float32), tf.TensorSpec([None, None], tf.float32))


class TiledObjective(Objective):
    """The same objective as that of the whole picture, with tiles of it in memory at a time.

    Takes the parameters of `Objective`; ``xla`` does not apply.
    """

    #: Set before anything is computed.
    tiling: Tiling

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._layers = {**self._content_layers, **self._style_layers}
        fields = {layer: receptive_field(self._network, layer) for layer in self._layers}
        self._strides = {layer: field.stride for layer, field in fields.items()}
        self._margins = margin(fields.values())
        part = TilePart(
            tf.TensorSpec([4], tf.int32),
            dict.fromkeys(self._content_layers, _FEATURES),
            {n: (tf.TensorSpec([None], tf.float32),) * self._guides for n in self._style_layers},
            dict.fromkeys(self._layers, _SCALAR),
            _SCALAR,
            (Anchor(_IMAGE, _MASK),) * self._anchored,
            dict.fromkeys(self._content_layers, _MASK) if self._graded else {},
            tuple(places_spec(grid.compared) for grid in self._grids),
        )
        options = {"autograph": False}
        # A style has one guide at most, the picture one for each region.
        self._measures = {
            count: tf.function(
                self._seen, input_signature=[_IMAGE, _with_guides(part, count)], **options
            )
            for count in {min(1, self._guides), self._guides}
        }
        self._terms = tf.function(self._trace_terms, input_signature=[_IMAGE, part], **options)
        upstream = Terms(
            dict.fromkeys(self._content_layers, _SCALAR),
            dict.fromkeys(self._style_layers, (_MOMENTS,) * max(1, self._guides)),
            _SCALAR,
            (_SCALAR,) * self._anchored,
            (_SCALAR,) * len(self._grids),
        )
        self._features_within = tf.function(
            self._trace_features_within,
            input_signature=[_IMAGE, tf.TensorSpec([4], tf.int32)],
            **options,
        )
        self._pull = tf.function(
            self._trace_pull, input_signature=[_IMAGE, part, upstream], **options
        )
        self._weigh = tf.function(self._trace_weigh, reduce_retracing=True, **options)
        self._advance = tf.function(self._trace_advance, reduce_retracing=True, **options)
        self.step = self._step_in_tiles

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
        tiles, parts, shares = self._cut(content, guides)
        found, now = self._measured(content, tiles, parts)
        if self.targets_age:
            _, now = self._measured(picture, tiles, parts)
        anchored = [tuple(Anchor(*map(tile.inner, anchor)) for anchor in anchors) for tile in tiles]
        shape = content.shape[1:3]
        firm = self._firm(
            guides, {n: [s // self._strides[n] for s in shape] for n in self._content_layers}
        )
        parts = [
            part._replace(
                content=features,
                anchors=anchor,
                firm={n: tile.inner(place, self._strides[n]) for n, place in firm.items()},
            )
            for tile, part, features, anchor in zip(tiles, parts, found, anchored, strict=True)
        ]
        return TiledTargets(
            refreshed(target_functions, now),
            free_mask(guides),
            shares,
            self._energies(parts),
            tuple(tiles),
            tuple(parts),
        )

    def _parts(self, image: tf.Tensor) -> Iterable[FeaturePart]:
        for tile in cut(tuple(image.shape[1:3]), self.tiling.side, self._margins):
            self.tiling.between()
            rows, columns = (slice(span.first, span.last) for span in tile)
            yield FeaturePart(rows, columns, self._features_within(tile.of(image), tile.within))

    def _moments(self, image: tf.Tensor, guides: tuple[tf.Tensor, ...]) -> _RegionMoments:
        tiles, parts, _ = self._cut(image, guides)
        return self._measured(image, tiles, parts)[1]

    def _cut(
        self, image: tf.Tensor, guides: tuple[tf.Tensor, ...]
    ) -> tuple[list[Tile], list[TilePart], dict[str, tuple[tf.Tensor, ...]]]:
        """Return tiles, their parts without what is compared, and what the regions count."""
        shape = tuple(image.shape[1:3])
        tiles = cut(shape, self.tiling.side, self._margins)
        maps, shares = {}, {}
        for name in self._style_layers:
            small = [side // self._strides[name] for side in shape]
            found = [feature_guide(guide, small) for guide in guides]
            maps[name] = [tf.reshape(part.positions, [1, *small]) for part in found]
            shares[name] = tuple(part.share for part in found)
        parts = [
            TilePart(
                tile.within,
                {},
                {
                    name: tuple(tf.reshape(tile.inner(m, self._strides[name]), [-1]) for m in found)
                    for name, found in maps.items()
                },
                {n: tf.constant(tile.share(shape, s)) for n, s in self._strides.items()},
                tf.constant(tile.share(shape)),
                (),
                {},
            )
            for tile in tiles
        ]
        return tiles, parts, shares

    def _measured(
        self, image: tf.Tensor, tiles: Sequence[Tile], parts: Sequence[TilePart]
    ) -> tuple[list[_Tensors], _RegionMoments]:
        """Return the content's feature maps, tile by tile, and the moments of the whole image."""
        measure = self._measures[len(parts[0].positions[next(iter(self._style_layers))])]
        features: list[_Tensors] = []
        moments: _RegionMoments | None = None
        for tile, part in zip(tiles, parts, strict=True):
            self.tiling.between()
            found, share = measure(tile.of(image), part)
            features.append(found)
            moments = _added(moments, share)
        assert moments is not None
        return features, moments

    def _energies(self, parts: Sequence[TilePart]) -> _Tensors:
        """Return what each content loss is relative to: the loss of a map without any features."""
        return {
            name: tf.add_n(
                [
                    part.shares[name]
                    * self._content_loss(
                        tf.zeros_like(part.content[name]), part.content[name], relative=False
                    )
                    for part in parts
                ]
            )
            for name in self._content_layers
        }

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
        places = list(zip(targets.tiles, targets.parts, strict=True))
        for tile, part in places:
            self.tiling.between()
            terms = _added(terms, self._terms(tile.of(image), part))
        assert terms is not None
        losses, objective, upstream = self._weigh(
            terms, targets.style, targets.shares, targets.energies, hyperparameters, tf.size(image)
        )
        gradient = np.zeros(image.shape, np.float32)
        for tile, part in places:
            self.tiling.between()
            tile.of(gradient)[...] += self._pull(tile.of(image), part, upstream).numpy()
        return losses, objective, tf.constant(gradient), terms.moments

    # What follows is traced.

    def _trace_features_within(self, pixels: tf.Tensor, within: tf.Tensor) -> _Tensors:
        """Return the feature maps of a tile without its margins."""
        inner = {}
        for name, found in self._network(pixels, self._layers).items():
            top, bottom, left, right = tf.unstack(within // self._strides[name])
            inner[name] = found[:, top:bottom, left:right]
        return inner

    def _seen(self, pixels: tf.Tensor, part: TilePart) -> tuple[_Tensors, _RegionMoments]:
        """Return the feature maps of the content, without margins, and what moments are made of."""
        inner = self._trace_features_within(pixels, part.within)
        return {name: inner[name] for name in self._content_layers}, self._summed(inner, part)

    def _summed(self, inner: _Tensors, part: TilePart) -> _RegionMoments:
        return {
            name: tuple(moments(inner[name], positions) for positions in part.positions[name])
            or (Moments(*(part.shares[name] * value for value in moments(inner[name]))),)
            for name in self._style_layers
        }

    def _trace_terms(self, pixels: tf.Tensor, part: TilePart) -> Terms:
        features = self._trace_features_within(pixels, part.within)
        content = {
            name: part.shares[name]
            * self._content_loss(
                held(features[name], wanted, part.firm.get(name)), wanted, relative=False
            )
            for name, wanted in part.content.items()
        }
        tv = part.share * total_variation(pixels, part.within)
        top, bottom, left, right = tf.unstack(part.within)
        inner = pixels[:, top:bottom, left:right]
        anchored = tuple(part.share * temporal_loss(inner, *anchor) for anchor in part.anchors)
        near = self._neighbor_losses(features, part.places)
        return Terms(content, self._summed(features, part), tv, anchored, near)

    def _trace_weigh(
        self,
        terms: Terms,
        style: dict[str, tuple[Any, ...]],
        shares: dict[str, tuple[tf.Tensor, ...]],
        energies: _Tensors,
        hyperparameters: Hyperparameters,
        values: tf.Tensor,
    ) -> tuple[_Tensors, tf.Tensor, Terms]:
        """Return the losses, what is minimised, and by how much each term moves that."""
        with tf.GradientTape() as tape:
            tape.watch(terms)
            content = terms.content
            if self._relative:
                content = {n: relative_to(loss, energies[n]) for n, loss in content.items()}
            losses, objective = self._losses(
                terms._replace(content=content), style, shares, hyperparameters, values
            )
        upstream = tape.gradient(
            objective, terms, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return losses, objective, upstream

    def _trace_pull(self, pixels: tf.Tensor, part: TilePart, upstream: Terms) -> tf.Tensor:
        """Return the gradient at a tile's pixels, given by how much each term counts.

        The forward pass is done again: to keep what it computed took four times the memory, and was
        no faster, for TensorFlow joins fewer operations whose results are kept.
        """
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            terms = self._trace_terms(pixels, part)
        return tape.gradient(
            tf.nest.flatten(terms), pixels, output_gradients=tf.nest.flatten(upstream)
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


def _added(total: Any, more: Any) -> Any:
    return more if total is None else tf.nest.map_structure(tf.add, total, more)
