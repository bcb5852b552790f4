"""What is minimised: the loss against targets of content and style, and one compiled step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.cells import CellGrid
from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.guides import (
    FEATURE_GUIDE,
    FeatureGuide,
    feature_guide,
    firmness,
    free_mask,
    held,
)
from napari_neural_style.engine.loading import load_content_loss, load_statistic
from napari_neural_style.engine.losses import Moments, moments, temporal_loss
from napari_neural_style.engine.neighbors import (
    FeaturePart,
    NeighborTargets,
    Places,
    neighbor_loss,
    places_spec,
)
from napari_neural_style.engine.optimizers import make_optimizer
from napari_neural_style.engine.statistic import TargetFunction
from napari_neural_style.engine.targets import (
    Anchor,
    Hyperparameters,
    StyleInput,
    Targets,
    refreshed,
)
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.total_variation import total_variation
from napari_neural_style.engine.weighted_losses import WeightedLosses
from napari_neural_style.settings import Settings

__all__ = ["Objective"]

_MASK = tf.TensorSpec([1, None, None, 1], tf.float32)

_Tensors = dict[str, tf.Tensor]
# By feature layer, each with one for each region.
_RegionMoments = dict[str, tuple[Moments, ...]]
_RegionGuides = dict[str, tuple[FeatureGuide, ...]]
_TargetFunctions = dict[str, tuple[TargetFunction, ...]]


class Objective:
    """The loss of a picture and the step that lowers it, compiled once for every size.

    Parameters
    ----------
    network : FeatureNetwork
    settings : Settings
        The layers, the losses and the optimiser's constants.
    xla : bool
        Whether to compile the step with XLA, once for each size: worth it on a GPU; on a CPU it
        is slower than TensorFlow's own kernels.
    anchored : bool
        Whether there is an anchor to stay close to.
    guides : int
        Number of regions with styles of their own; 0 for a single one that is everything.
    graded : bool
        Whether the guides are strengths: the content is held more firmly where they are less.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        settings: Settings,
        *,
        xla: bool = False,
        anchored: bool = False,
        guides: int = 0,
        graded: bool = False,
    ) -> None:
        self._network = network
        self._anchored = anchored
        self._guides = guides
        self._graded = graded and guides > 0
        self._content_layers = _in_use(settings.content_layers or network.content_layers)
        self._style_layers = _in_use(settings.style_layers or network.style_layers)
        named = settings.style_loss
        self.style_loss = network.style_loss if named == "auto" else named
        self._statistic = load_statistic(self.style_loss)
        self._content_loss = load_content_loss(settings.content_loss)
        #: How much nearest neighbours count beside the style statistic; None if they don't.
        self.neighbors = self._statistic.neighbors
        self._grids = (CellGrid(network, self._style_layers),) if self.neighbors else ()
        self._relative = settings.loss_scale == "relative"
        gains = network.content_gains if self._relative else {}
        self._losses = WeightedLosses(
            self._content_layers,
            self._style_layers,
            self._statistic,
            gains.get(self.style_loss, 1.0),
            relative=self._relative,
        )
        #: Whether style targets hold for the present picture only and want refreshing.
        self.targets_age = self._statistic.targets_age
        self.optimizer = make_optimizer(settings, targets_age=self.targets_age)
        # What is traced is plain TensorFlow: not having it rewritten halves the wait before a run.
        self.step = tf.function(
            self._trace_step,
            input_signature=self._signature(),
            autograph=False,
            jit_compile=xla or None,
        )

    def no_losses(self) -> _Tensors:
        """Return the losses before the first step: not a number."""
        terms = [f"style/{name}" for name in self._style_layers]
        terms += ["temporal"] if self._anchored else []
        terms += ["neighbors"] if self._grids else []
        return dict.fromkeys(("content", "style", *terms, "tv", "total"), tf.constant(math.nan))

    def target_functions(self, regions: Iterable[Sequence[StyleInput]]) -> _TargetFunctions:
        """Return, by style layer and region, the functions from the picture's moments to targets.

        Parameters
        ----------
        regions : iterable of sequence of StyleInput
            For each region, the styles that are blended there.
        """
        blends = [self._blend(styles) for styles in regions]
        return {
            name: tuple(self._statistic.target_function(blend[name]) for blend in blends)
            for name in self._style_layers
        }

    def neighbor_targets(
        self, regions: Sequence[Sequence[StyleInput]], turns: int
    ) -> tuple[NeighborTargets, ...]:
        """Return the cells of the styles, if the style statistic has neighbours beside it.

        Parameters
        ----------
        regions : sequence of sequence of StyleInput
            For each region, the styles that are blended there.
        turns : int
            `Settings.style_turns`.
        """
        return tuple(
            NeighborTargets(grid, self._parts, regions, turns=turns, relative=self._relative)
            for grid in self._grids
        )

    def _parts(self, image: tf.Tensor) -> Iterable[FeaturePart]:
        """Return the feature maps that neighbours are compared by; here, in one part."""
        rows, columns = (slice(0, side) for side in image.shape[1:3])
        yield FeaturePart(rows, columns, self._network(image, self._style_layers))

    def _neighbor_losses(
        self, features: Mapping[str, tf.Tensor], places: tuple[Places, ...]
    ) -> tuple[tf.Tensor, ...]:
        return tuple(
            neighbor_loss(grid.values(features), found)
            for grid, found in zip(self._grids, places, strict=True)
        )

    def _blend(self, styles: Sequence[StyleInput]) -> dict[str, Moments]:
        total = sum(style.weight for style in styles)
        shares = [style.weight / total for style in styles]
        found = [self._moments(style.image, style.guides) for style in styles]
        return {
            name: self._statistic.blend([moments[name][0] for moments in found], shares)
            if len(found) > 1
            else found[0][name][0]
            for name in self._style_layers
        }

    def targets(
        self,
        content: tf.Tensor | NDArray[np.float32],
        picture: tf.Tensor | NDArray[np.float32],
        target_functions: _TargetFunctions,
        *,
        guides: tuple[tf.Tensor, ...] = (),
        anchors: tuple[Anchor, ...] = (),
    ) -> Targets:
        """Return the targets at one scale.

        Parameters
        ----------
        content, picture : tensor or ndarray of float32, shape (1, H, W, 3)
            RGB in [0, 1]. The picture is where the run stands.
        target_functions : dict of str to tuple of callable
            As `target_functions` returns them for the styles at this scale.
        guides : tuple of tensor of float32, shape (1, H, W, 1)
            As many as the objective has: how far each pixel belongs to each region, in [0, 1].
        anchors : tuple of Anchor
            One if the objective is `anchored`, or none.
        """
        features, now, feature_guides = self._features(tf.convert_to_tensor(content), guides)
        if self.targets_age:
            _, now, _ = self._features(picture, guides)
        style = refreshed(target_functions, now)
        firm = self._firm(guides, {n: tf.shape(found)[1:3] for n, found in features.items()})
        return Targets(features, style, feature_guides, free_mask(guides), anchors, firm)

    def _firm(self, guides: tuple[tf.Tensor, ...], shapes: Mapping[str, Any]) -> _Tensors:
        """Return how firmly each content layer is held; nothing where that is all the same."""
        if not self._graded:
            return {}
        return {name: firmness(guides, shape) for name, shape in shapes.items()}

    def _moments(self, image: tf.Tensor, guides: tuple[tf.Tensor, ...]) -> _RegionMoments:
        return self._features(image, guides)[1]

    def _features(
        self, image: tf.Tensor, guides: tuple[tf.Tensor, ...]
    ) -> tuple[_Tensors, _RegionMoments, _RegionGuides]:
        """Return what targets are made of; not traced, since a few calls a run are not worth it."""
        features = self._network(image, {**self._content_layers, **self._style_layers})
        feature_guides = {
            name: tuple(feature_guide(guide, tf.shape(features[name])[1:3]) for guide in guides)
            for name in self._style_layers
        }
        return *self._split(features, feature_guides), feature_guides

    def _split(
        self, features: _Tensors, feature_guides: _RegionGuides
    ) -> tuple[_Tensors, _RegionMoments]:
        """Return the feature maps that hold the content, and the moments of each region."""
        found = {
            name: tuple(moments(features[name], part.positions) for part in parts)
            or (moments(features[name]),)
            for name, parts in feature_guides.items()
        }
        return {name: features[name] for name in self._content_layers}, found

    def _trace_step(
        self, state: Any, targets: Targets, hyperparameters: Hyperparameters, last: _Tensors
    ) -> tuple[Any, _Tensors, _RegionMoments]:
        """Take one step; return the new state, the losses and moments of the image before it.

        Where the optimiser finds that image worse and takes it back, the losses are the `last`.
        """
        with tf.GradientTape() as tape:
            tape.watch(state.image)
            features = self._network(state.image, {**self._content_layers, **self._style_layers})
            content_features, style_moments = self._split(features, targets.feature_guides)
            terms = Terms(
                {
                    name: self._content_loss(
                        held(found, targets.content[name], targets.firm.get(name)),
                        targets.content[name],
                        relative=self._relative,
                    )
                    for name, found in content_features.items()
                },
                style_moments,
                total_variation(state.image),
                tuple(temporal_loss(state.image, *anchor) for anchor in targets.anchors),
                self._neighbor_losses(features, targets.places),
            )
            losses, objective = self._losses(
                terms, targets.style, targets.shares, hyperparameters, tf.size(state.image)
            )
        gradient = tape.gradient(objective, state.image)
        for free in targets.free:
            gradient *= free
        state = self.optimizer.step(state, objective, gradient, hyperparameters.learning_rate)
        accepted = self.optimizer.accepted(state, objective)
        losses = {name: tf.where(accepted, loss, last[name]) for name, loss in losses.items()}
        return state, losses, style_moments

    def _signature(self) -> list[object]:
        """Return the types of the step's arguments, with heights and widths left open."""
        image = tf.TensorSpec([1, None, None, 3], tf.float32)
        scalar = tf.TensorSpec([], tf.float32)
        return [
            self.optimizer.spec,
            Targets(
                {n: tf.TensorSpec([1, None, None, None], tf.float32) for n in self._content_layers},
                dict.fromkeys(self._style_layers, (self._statistic.spec,) * max(1, self._guides)),
                dict.fromkeys(self._style_layers, (FEATURE_GUIDE,) * self._guides),
                (_MASK,) * (self._guides > 0),
                (Anchor(image, _MASK),) * self._anchored,
                dict.fromkeys(self._content_layers, _MASK) if self._graded else {},
                tuple(places_spec(grid.compared) for grid in self._grids),
            ),
            Hyperparameters(*(scalar for _ in Hyperparameters._fields)),
            dict.fromkeys(self.no_losses(), scalar),
        ]


def _in_use(layers: Mapping[str, float]) -> dict[str, float]:
    return {name: weight for name, weight in layers.items() if weight > 0}
