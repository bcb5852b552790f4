"""What is traced of an objective in tiles: the terms of a tile, and the gradient at its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import tensorflow as tf

from napari_neural_style.engine.features import DividedNetwork, FeatureNetwork
from napari_neural_style.engine.losses import Moments, relative_to, temporal_loss
from napari_neural_style.engine.neighbors import places_spec
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.targets import Anchor, Hyperparameters
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.tile_terms import (
    FarTerms,
    content_terms,
    region_moments,
    with_rest,
)
from napari_neural_style.engine.tileable import receptive_field
from napari_neural_style.engine.tiled_targets import TilePart
from napari_neural_style.engine.tiles import margin
from napari_neural_style.engine.total_variation import total_variation
from napari_neural_style.settings import Settings

__all__ = ["TracedTiles"]

_Tensors = dict[str, tf.Tensor]
_RegionMoments = dict[str, tuple[Moments, ...]]
#: The map that goes into the joint; none without one.
_Maps = tuple[tf.Tensor, ...]

_IMAGE = tf.TensorSpec([1, None, None, 3], tf.float32)
_MASK = tf.TensorSpec([1, None, None, 1], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_MOMENTS = Moments(tf.TensorSpec([None], tf.float32), tf.TensorSpec([None, None], tf.float32))


class TracedTiles(Objective):
    """The functions that `napari_neural_style.engine.tiled.TiledObjective` calls for each tile.

    Takes the parameters of `Objective`, but ``xla`` does not apply.

    Parameters
    ----------
    network : FeatureNetwork
    settings : Settings
    joint : str
        The layer from which on the network sees the whole picture at once; none if empty.
    """

    def __init__(
        self, network: FeatureNetwork, settings: Settings, *, joint: str = "", **options: Any
    ) -> None:
        super().__init__(network, settings, **options)
        layers = list(dict.fromkeys([*self._content_layers, *self._style_layers]))
        order = list(network.layers)
        if self._grids:  # Neighbours are compared in maps of all layers at once.
            joint = ""
        self._far = [n for n in layers if joint and order.index(n) >= order.index(joint)]
        self._near = [n for n in layers if n not in self._far]
        self._joint = joint if self._far else ""
        fields = {n: receptive_field(network, n) for n in [*layers, *[joint] * bool(self._joint)]}
        self._strides = {name: field.stride for name, field in fields.items()}
        # What goes into a joint sees a little less than what comes out.
        self._margins = margin(fields[n] for n in fields if n not in self._far or n == self._joint)
        #: What a map of bfloat16 is kept in, for the same values take half the memory.
        self._kept = getattr(network, "dtype", tf.float32)
        #: For where there is a joint, which others do not have.
        self._divided = cast(DividedNetwork, network)
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

    def _part_spec(self, layers: Sequence[str]) -> TilePart:
        content = [name for name in self._content_layers if name in layers]
        style = [name for name in self._style_layers if name in layers]
        return TilePart(
            tf.TensorSpec([4], tf.int32),
            dict.fromkeys(content, tf.TensorSpec([1, None, None, None], self._kept)),
            {name: (tf.TensorSpec([None], tf.float32),) * self._guides for name in style},
            dict.fromkeys(layers, _SCALAR),
            _SCALAR,
            (Anchor(_IMAGE, _MASK),) * self._anchored,
            dict.fromkeys(content, _MASK) if self._graded else {},
            tuple(places_spec(grid.compared) for grid in self._grids),
        )

    def _map_spec(self) -> tf.TensorSpec:
        side = 2 * self._strides[self._joint]
        found = self._divided.stem(tf.zeros([1, side, side, 3]), [], self._joint)[1]
        return tf.TensorSpec([1, None, None, found.shape[3]], found.dtype)

    def _within(self, pixels: tf.Tensor, within: tf.Tensor) -> tuple[_Tensors, _Maps]:
        """Return the first feature maps of a tile, and what goes into the joint; no margins."""
        if self._joint:
            found, entering = self._divided.stem(pixels, self._near, self._joint)
            found = {**found, self._joint: entering}
        else:
            found = self._network(pixels, self._near)
        for name, features in found.items():
            found[name] = _inner(features, within // self._strides[name])
        maps = (found.pop(self._joint),) if self._joint else ()
        return found, maps

    def _seen(self, pixels: tf.Tensor, part: TilePart) -> tuple[_Tensors, _RegionMoments, _Maps]:
        """Return the feature maps of the content, without margins, and what moments are made of."""
        features, maps = self._within(pixels, part.within)
        return self._content(features), region_moments(features, part), maps

    def _rest_seen(self, entering: tf.Tensor, part: TilePart) -> tuple[_Tensors, _RegionMoments]:
        features = self._divided.rest(entering, self._far, self._joint)
        return self._content(features), region_moments(features, part)

    def _content(self, features: _Tensors) -> _Tensors:
        there = [name for name in self._content_layers if name in features]
        return {name: tf.cast(features[name], self._kept) for name in there}

    def _trace_terms(self, pixels: tf.Tensor, part: TilePart) -> tuple[Terms, _Maps]:
        features, maps = self._within(pixels, part.within)
        inner = _inner(pixels, part.within)
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
        features = self._divided.rest(entering, self._far, self._joint)
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


def _inner(features: tf.Tensor, within: tf.Tensor) -> tf.Tensor:
    """Return a map without margins."""
    top, bottom, left, right = tf.unstack(within)
    channels = features.shape[3]
    # The gradient of a slice like `x[:, top:bottom]` takes several times as long.
    inner = tf.slice(features, [0, top, left, 0], [1, bottom - top, right - left, channels])
    return tf.ensure_shape(inner, [1, None, None, channels])


def _with_guides(part: TilePart, count: int) -> TilePart:
    """Return the type of a part without what is compared, for that many guides."""
    positions = dict.fromkeys(part.positions, (tf.TensorSpec([None], tf.float32),) * count)
    return part._replace(content={}, positions=positions, anchors=(), firm={}, places=())
