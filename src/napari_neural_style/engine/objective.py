"""What is minimised: targets taken from content and style, and one compiled step towards them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.losses import (
    Moments,
    moments,
    temporal_loss,
    total_variation,
)
from napari_neural_style.engine.optimizers import make_optimizer
from napari_neural_style.engine.resolve import find_content_loss, find_statistic
from napari_neural_style.engine.statistic import Aim
from napari_neural_style.settings import Settings

__all__ = ["Anchor", "Dials", "Objective", "Targets", "refreshed"]


class Anchor(NamedTuple):
    """A picture to stay close to, and how far each pixel of it can be relied upon.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
    weight : tensor of float32, shape (1, H, W, 1)
        In [0, 1].
    """

    image: tf.Tensor
    weight: tf.Tensor


class Targets(NamedTuple):
    """What the picture is compared with at one scale.

    Parameters
    ----------
    content : dict of str to tensor of float32, shape (1, h, w, C)
        Feature maps of the content.
    style : dict of str to Moments or StyleTarget
        What the style statistic compares with.
    anchors : tuple of Anchor
        One, or none.
    """

    content: dict[str, tf.Tensor]
    style: dict[str, Any]
    anchors: tuple[Anchor, ...] = ()


class Dials(NamedTuple):
    """What may change between steps at no cost: the terms' weights and the learning rate."""

    content: tf.Tensor
    style: tf.Tensor
    tv: tf.Tensor
    temporal: tf.Tensor
    learning_rate: tf.Tensor

    @classmethod
    def of(cls, settings: Settings) -> Dials:
        """Return what `settings` ask for, with the style strength applied.

        Half strength leaves alpha as it is; each tenth towards 0 or 1 makes the content about 2.5
        times heavier or lighter.
        """
        factor = 100.0 ** (1.0 - 2.0 * settings.style_strength)
        return cls(
            tf.constant(settings.content_weight * factor, tf.float32),
            tf.constant(settings.style_weight, tf.float32),
            tf.constant(settings.tv_weight, tf.float32),
            tf.constant(settings.temporal_weight, tf.float32),
            tf.constant(settings.learning_rate, tf.float32),
        )


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
    """

    def __init__(
        self,
        network: FeatureNetwork,
        settings: Settings,
        *,
        xla: bool = False,
        anchored: bool = False,
    ) -> None:
        self._network = network
        self._anchored = anchored
        self._content_layers = _in_use(settings.content_layers or network.content_layers)
        self._style_layers = _in_use(settings.style_layers or network.style_layers)
        named = settings.style_loss
        self.style_loss = network.style_loss if named == "auto" else named
        self._statistic = find_statistic(self.style_loss)
        self._content_loss = find_content_loss(settings.content_loss)
        self._relative = settings.loss_scale == "relative"
        self._gain = self._statistic.gain if self._relative else 1.0
        self.optimizer = make_optimizer(settings, ages=self._statistic.ages)
        image = tf.TensorSpec([1, None, None, 3], tf.float32)
        self._features = tf.function(self._trace_features, input_signature=[image])
        self.step = tf.function(
            self._trace_step, input_signature=self._signature(image), jit_compile=xla or None
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

    def aims(self, style: tf.Tensor) -> dict[str, Aim]:
        """Return, for each style layer, the function from the picture's moments to its target."""
        _, style_moments = self._features(style)
        return {name: self._statistic.aim(value) for name, value in style_moments.items()}

    def targets(
        self,
        content: tf.Tensor,
        picture: tf.Tensor,
        aims: Mapping[str, Aim],
        anchors: tuple[Anchor, ...] = (),
    ) -> Targets:
        """Return the targets at one scale.

        Parameters
        ----------
        content, picture : tensor of float32, shape (1, H, W, 3)
            RGB in [0, 1]. The picture is where the run stands.
        aims : dict of str to callable
            As `aims` returns them for the style at this scale.
        anchors : tuple of Anchor
            One if the objective is `anchored`, or none.
        """
        content_features, now = self._features(content)
        if self.ages:
            _, now = self._features(picture)
        return Targets(content_features, refreshed(aims, now), anchors)

    def _trace_features(self, image: tf.Tensor) -> tuple[dict[str, tf.Tensor], dict[str, Moments]]:
        features = self._network(image, {**self._content_layers, **self._style_layers})
        return (
            {name: features[name] for name in self._content_layers},
            {name: moments(features[name]) for name in self._style_layers},
        )

    def _trace_step(
        self, state: Any, targets: Targets, dials: Dials, last: dict[str, tf.Tensor]
    ) -> tuple[Any, dict[str, tf.Tensor], dict[str, Moments]]:
        """Take one step; return the new state, the losses and moments of the image before it.

        Where the optimiser finds that image worse and takes it back, the losses are the `last`.
        """
        with tf.GradientTape() as tape:
            tape.watch(state.image)
            content_features, style_moments = self._trace_features(state.image)
            losses = self._losses(content_features, style_moments, targets)
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
        state = self.optimizer.step(state, objective, gradient, dials.learning_rate)
        taken = self.optimizer.taken(state, objective)
        losses = {name: tf.where(taken, loss, last[name]) for name, loss in losses.items()}
        return state, losses, style_moments

    def _losses(
        self,
        content_features: dict[str, tf.Tensor],
        style_moments: dict[str, Moments],
        targets: Targets,
    ) -> dict[str, tf.Tensor]:
        losses: dict[str, tf.Tensor] = {"content": tf.constant(0.0), "style": tf.constant(0.0)}
        for name, weight in self._content_layers.items():
            losses["content"] += weight * self._content_loss(
                content_features[name], targets.content[name], relative=self._relative
            )
        for name, weight in self._style_layers.items():
            loss = self._statistic.loss(
                style_moments[name], targets.style[name], relative=self._relative
            )
            losses[f"style/{name}"] = loss
            losses["style"] += self._gain * weight * loss
        return losses

    def _signature(self, image: tf.TensorSpec) -> list[object]:
        """Return the types of the step's arguments, with heights and widths left open."""
        scalar = tf.TensorSpec([], tf.float32)
        return [
            self.optimizer.spec,
            Targets(
                {n: tf.TensorSpec([1, None, None, None], tf.float32) for n in self._content_layers},
                dict.fromkeys(self._style_layers, self._statistic.spec),
                (Anchor(image, tf.TensorSpec([1, None, None, 1], tf.float32)),) * self._anchored,
            ),
            Dials(*(scalar for _ in Dials._fields)),
            dict.fromkeys(self.no_losses(), scalar),
        ]


def refreshed(aims: Mapping[str, Aim], now: Mapping[str, Moments]) -> dict[str, Any]:
    """Return the style targets for a picture whose moments are `now`."""
    return {name: aim(now[name]) for name, aim in aims.items()}


def _in_use(layers: Mapping[str, float]) -> dict[str, float]:
    return {name: weight for name, weight in layers.items() if weight > 0}
