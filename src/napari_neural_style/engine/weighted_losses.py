"""The losses of a picture from their terms, each with its weight, and their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from napari_neural_style.engine.statistic import Statistic
from napari_neural_style.engine.targets import Hyperparameters
from napari_neural_style.engine.terms import Terms

__all__ = ["WeightedLosses"]


@dataclass(frozen=True)
class WeightedLosses:
    """What is minimised, given the terms that a picture, or all its tiles together, gave.

    Parameters
    ----------
    content_layers, style_layers : dict of str to float
        The weights of those in use.
    statistic : Statistic
        Whose loss the style's is.
    content_gain : float
        By which the network's content loss is made as large as its style loss.
    relative : bool
        Whether losses are relative to those of zeros; else as in the paper.
    """

    content_layers: Mapping[str, float]
    style_layers: Mapping[str, float]
    statistic: Statistic
    content_gain: float
    relative: bool

    def __call__(
        self,
        terms: Terms,
        style_targets: Mapping[str, tuple[Any, ...]],
        shares: Mapping[str, tuple[tf.Tensor, ...]],
        hyperparameters: Hyperparameters,
        values: tf.Tensor,
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Return all losses, and what is minimised.

        Parameters
        ----------
        terms : Terms
        style_targets, shares : dict of str to tuple
            By style layer: the target of each region, and how much each counts.
        hyperparameters : Hyperparameters
        values : tensor of int32, shape ()
            How many values the image has.
        """
        gain = self.statistic.gain if self.relative else 1.0
        losses: dict[str, tf.Tensor] = {"content": tf.constant(0.0), "style": tf.constant(0.0)}
        for name, weight in self.content_layers.items():
            losses["content"] += weight * terms.content[name]
        for name, weight in self.style_layers.items():
            parts = [
                self.statistic.loss(found, wanted, relative=self.relative)
                for found, wanted in zip(terms.moments[name], style_targets[name], strict=True)
            ]
            counts = shares[name] or (1.0,)
            loss = tf.add_n([share * part for share, part in zip(counts, parts, strict=True)])
            losses[f"style/{name}"] = loss
            losses["style"] += gain * weight * loss
        losses["content"] *= self.content_gain * hyperparameters.content_gain
        losses["tv"] = terms.tv
        losses["total"] = (
            hyperparameters.content * losses["content"]
            + hyperparameters.style * losses["style"]
            + hyperparameters.tv * losses["tv"]
        )
        for temporal in terms.temporal:
            losses["temporal"] = temporal
            losses["total"] += hyperparameters.temporal * temporal
        for neighbors in terms.neighbors:
            losses["neighbors"] = neighbors
            losses["total"] += hyperparameters.neighbors * neighbors
        objective = losses["total"]
        if self.relative:
            # Per value of the image, a dimensionless loss has a gradient that shrinks as the
            # image grows; this keeps it, and so the meaning of epsilon, the same at any size.
            objective *= tf.cast(values, tf.float32)
        return losses, objective
