"""What is minimised: targets taken from content and style, and one compiled step towards them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.guides import SPREAD, Spread, spread, within
from napari_neural_style.engine.losses import Moments, moments, temporal_loss
from napari_neural_style.engine.optimizers import make_optimizer
from napari_neural_style.engine.resolve import find_content_loss, find_statistic
from napari_neural_style.engine.smoothness import total_variation
from napari_neural_style.engine.statistic import Aim
from napari_neural_style.engine.targets import Anchor, Dials, Source, Targets, refreshed
from napari_neural_style.settings import Settings

__all__ = ["Objective"]

_MASK = tf.TensorSpec([1, None, None, 1], tf.float32)


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
    """

    def __init__(
        self,
        network: FeatureNetwork,
        settings: Settings,
        *,
        xla: bool = False,
        anchored: bool = False,
        guides: int = 0,
    ) -> None:
        self._network = network
        self._anchored = anchored
        self._guides = guides
        self._content_layers = _in_use(settings.content_layers or network.content_layers)
        self._style_layers = _in_use(settings.style_layers or network.style_layers)
        named = settings.style_loss
        self.style_loss = network.style_loss if named == "auto" else named
        self._statistic = find_statistic(self.style_loss)
        self._content_loss = find_content_loss(settings.content_loss)
        self._relative = settings.loss_scale == "relative"
        self._gain = self._statistic.gain if self._relative else 1.0
        # Networks of extensions need not have any.
        gains: Mapping[str, float] = getattr(network, "content_gains", {})
        self._content_gain = gains.get(self.style_loss, 1.0) if self._relative else 1.0
        self.optimizer = make_optimizer(settings, ages=self._statistic.ages)
        # What is traced is plain TensorFlow: not having it rewritten halves the wait before a run.
        self.step = tf.function(
            self._trace_step,
            input_signature=self._signature(),
            autograph=False,
            jit_compile=xla or None,
        )

    @property
    def ages(self) -> bool:
        """Whether style targets hold for the present picture only and want refreshing."""
        return self._statistic.ages

    def no_losses(self) -> dict[str, tf.Tensor]:
        """Return the losses before the first step: not a number."""
        terms = [f"style/{name}" for name in self._style_layers]
        terms += ["temporal"] if self._anchored else []
        return dict.fromkeys(("content", "style", *terms, "tv", "total"), tf.constant(math.nan))

    def aims(self, regions: Iterable[Sequence[Source]]) -> dict[str, tuple[Aim, ...]]:
        """Return the functions from the picture's moments to its targets.

        Parameters
        ----------
        regions : iterable of sequence of Source
            For each region, the styles that are blended there.

        Returns
        -------
        dict of str to tuple of callable
            For each style layer, one for each region.
        """
        blends = [self._blend(sources) for sources in regions]
        return {
            name: tuple(self._statistic.aim(blend[name]) for blend in blends)
            for name in self._style_layers
        }

    def _blend(self, sources: Sequence[Source]) -> dict[str, Moments]:
        total = sum(source.weight for source in sources)
        shares = [source.weight / total for source in sources]
        found = [self._features(source.image, source.guides)[1] for source in sources]
        return {
            name: self._statistic.blend([moments[name][0] for moments in found], shares)
            if len(found) > 1
            else found[0][name][0]
            for name in self._style_layers
        }

    def targets(
        self,
        content: tf.Tensor,
        picture: tf.Tensor,
        aims: Mapping[str, tuple[Aim, ...]],
        *,
        guides: tuple[tf.Tensor, ...] = (),
        anchors: tuple[Anchor, ...] = (),
    ) -> Targets:
        """Return the targets at one scale.

        Parameters
        ----------
        content, picture : tensor of float32, shape (1, H, W, 3)
            RGB in [0, 1]. The picture is where the run stands.
        aims : dict of str to tuple of callable
            As `aims` returns them for the styles at this scale.
        guides : tuple of tensor of float32, shape (1, H, W, 1)
            As many as the objective has: how far each pixel belongs to each region, in [0, 1].
        anchors : tuple of Anchor
            One if the objective is `anchored`, or none.
        """
        content_features, now, spreads = self._features(content, guides)
        if self.ages:
            _, now, _ = self._features(picture, guides)
        return Targets(content_features, refreshed(aims, now), spreads, within(guides), anchors)

    def _features(
        self, image: tf.Tensor, guides: tuple[tf.Tensor, ...]
    ) -> tuple[dict[str, tf.Tensor], dict[str, tuple[Moments, ...]], dict[str, tuple[Spread, ...]]]:
        """Return what targets are made of; not traced, for a few calls a run are not worth it."""
        features = self._network(image, {**self._content_layers, **self._style_layers})
        spreads = {
            name: tuple(spread(guide, features[name]) for guide in guides)
            for name in self._style_layers
        }
        return *self._split(features, spreads), spreads

    def _split(
        self, features: dict[str, tf.Tensor], spreads: dict[str, tuple[Spread, ...]]
    ) -> tuple[dict[str, tf.Tensor], dict[str, tuple[Moments, ...]]]:
        """Return the feature maps that hold the content, and the moments of each region."""
        found = {
            name: tuple(moments(features[name], part.positions) for part in parts)
            or (moments(features[name]),)
            for name, parts in spreads.items()
        }
        return {name: features[name] for name in self._content_layers}, found

    def _trace_step(
        self, state: Any, targets: Targets, dials: Dials, last: dict[str, tf.Tensor]
    ) -> tuple[Any, dict[str, tf.Tensor], dict[str, tuple[Moments, ...]]]:
        """Take one step; return the new state, the losses and moments of the image before it.

        Where the optimiser finds that image worse and takes it back, the losses are the `last`.
        """
        with tf.GradientTape() as tape:
            tape.watch(state.image)
            features = self._network(state.image, {**self._content_layers, **self._style_layers})
            content_features, style_moments = self._split(features, targets.spreads)
            losses = self._losses(content_features, style_moments, targets)
            losses["content"] *= self._content_gain * dials.content_gain
            losses["tv"] = total_variation(state.image)
            losses["total"] = (
                dials.content * losses["content"]
                + dials.style * losses["style"]
                + dials.tv * losses["tv"]
            )
            for anchor in targets.anchors:
                losses["temporal"] = temporal_loss(state.image, *anchor)
                losses["total"] += dials.temporal * losses["temporal"]
            objective = losses["total"]
            if self._relative:
                # Per value of the image, a dimensionless loss has a gradient that shrinks as the
                # image grows; this keeps it, and so the meaning of epsilon, the same at any size.
                objective *= tf.cast(tf.size(state.image), tf.float32)
        gradient = tape.gradient(objective, state.image)
        for free in targets.free:
            gradient *= free
        state = self.optimizer.step(state, objective, gradient, dials.learning_rate)
        taken = self.optimizer.taken(state, objective)
        losses = {name: tf.where(taken, loss, last[name]) for name, loss in losses.items()}
        return state, losses, style_moments

    def _losses(
        self,
        content_features: dict[str, tf.Tensor],
        style_moments: dict[str, tuple[Moments, ...]],
        targets: Targets,
    ) -> dict[str, tf.Tensor]:
        losses: dict[str, tf.Tensor] = {"content": tf.constant(0.0), "style": tf.constant(0.0)}
        for name, weight in self._content_layers.items():
            losses["content"] += weight * self._content_loss(
                content_features[name], targets.content[name], relative=self._relative
            )
        for name, weight in self._style_layers.items():
            parts = [
                self._statistic.loss(found, wanted, relative=self._relative)
                for found, wanted in zip(style_moments[name], targets.style[name], strict=True)
            ]
            shares = [part.share for part in targets.spreads[name]] or [1.0]
            loss = tf.add_n([share * part for share, part in zip(shares, parts, strict=True)])
            losses[f"style/{name}"] = loss
            losses["style"] += self._gain * weight * loss
        return losses

    def _signature(self) -> list[object]:
        """Return the types of the step's arguments, with heights and widths left open."""
        image = tf.TensorSpec([1, None, None, 3], tf.float32)
        scalar = tf.TensorSpec([], tf.float32)
        return [
            self.optimizer.spec,
            Targets(
                {n: tf.TensorSpec([1, None, None, None], tf.float32) for n in self._content_layers},
                dict.fromkeys(self._style_layers, (self._statistic.spec,) * max(1, self._guides)),
                dict.fromkeys(self._style_layers, (SPREAD,) * self._guides),
                (_MASK,) * (self._guides > 0),
                (Anchor(image, _MASK),) * self._anchored,
            ),
            Dials(*(scalar for _ in Dials._fields)),
            dict.fromkeys(self.no_losses(), scalar),
        ]


def _in_use(layers: Mapping[str, float]) -> dict[str, float]:
    return {name: weight for name, weight in layers.items() if weight > 0}
