"""What goes into the loss: styles, regions, targets, and their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from napari_neural_style.engine.guides import FeatureGuide
from napari_neural_style.engine.losses import Moments
from napari_neural_style.engine.statistic import Neighbors, TargetFunction
from napari_neural_style.settings import Settings

__all__ = ["Anchor", "Hyperparameters", "StyleInput", "Targets", "refreshed"]

#: Longest side at which relative losses are just that: the default of `Settings.size`.
_USUAL_SIZE = 512
#: By which power of the size the content loss grows, and between which sizes that was measured.
_GROWTH = 0.5
_MEASURED = (256, 1024)


class StyleInput(NamedTuple):
    """A style image, or a part of one, and what it counts among the others of its region.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        RGB in [0, 1].
    weight : float
        Above 0; what counts is the ratio to the others'.
    guides : tuple of tensor of float32, shape (1, H, W, 1)
        One if the objective has guides: how far each pixel counts, in [0, 1]. Otherwise none.
    """

    image: tf.Tensor
    weight: float = 1.0
    guides: tuple[tf.Tensor, ...] = ()


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
    style : dict of str to tuple of Moments or StyleTarget
        What the style statistic compares with at each style layer, region by region.
    feature_guides : dict of str to tuple of FeatureGuide
        Where the regions lie on the feature map of each style layer; none where there is but one
        region, of everything.
    free : tuple of tensor of float32, shape (1, H, W, 1)
        What may change: 1 in and around the regions, 0 beyond. None where everything may.
    anchors : tuple of Anchor
        One, or none.
    firm : dict of str to tensor of float32, shape (1, h, w, 1)
        How firmly each place of the content's feature maps is held, if guides are strengths.
    places : tuple of napari_neural_style.engine.neighbors.Places
        One where the style statistic has neighbours beside it, or none.
    """

    content: dict[str, tf.Tensor]
    style: dict[str, tuple[Any, ...]]
    feature_guides: dict[str, tuple[FeatureGuide, ...]]
    free: tuple[tf.Tensor, ...]
    anchors: tuple[Anchor, ...]
    firm: dict[str, tf.Tensor]
    places: tuple[Any, ...] = ()

    def matched(self, places: Sequence[tuple[int, Any]]) -> Targets:
        """Return these targets with what each place of the picture is drawn towards.

        Parameters
        ----------
        places : sequence of (int, napari_neural_style.engine.neighbors.Places)
            With the side of a cell, in pixels; one, or none.
        """
        return self._replace(places=tuple(found for _, found in places))

    @property
    def shares(self) -> dict[str, tuple[tf.Tensor, ...]]:
        """What each region counts at each style layer; nothing where there is but one."""
        return {
            name: tuple(part.share for part in parts) for name, parts in self.feature_guides.items()
        }


class Hyperparameters(NamedTuple):
    """What may change between steps without compiling anew: the terms' weights, the learning rate.

    ``content_gain`` is what makes a content loss mean the same at every size.
    """

    content: tf.Tensor
    content_gain: tf.Tensor
    style: tf.Tensor
    tv: tf.Tensor
    temporal: tf.Tensor
    neighbors: tf.Tensor
    learning_rate: tf.Tensor

    @classmethod
    def of(
        cls,
        settings: Settings,
        size: int = _USUAL_SIZE,
        *,
        at: int | None = None,
        neighbors: Neighbors | None = None,
    ) -> Hyperparameters:
        """Return what `settings` ask for, with the style strength applied.

        Half strength leaves alpha as it is; each tenth towards 0 or 1 makes the content about 2.5
        times heavier or lighter.

        Parameters
        ----------
        settings : Settings
        size : int
            Longest side, in pixels, at which the picture is painted in the end. Features see a
            smaller part of a larger picture, so that the same error there is less of a loss of
            content: relative losses make up for that (measured: ``benchmarks/consistency.py``).
        at : int, optional
            Longest side of the present scale, if that is not the finest one.
        neighbors : Neighbors, optional
            As the style statistic has it.
        """
        rest, near = neighbors.at((at or size) / size) if neighbors else (1.0, 0.0)
        factor = 100.0 ** (1.0 - 2.0 * settings.style_strength)
        relative = settings.loss_scale == "relative"
        measured = min(max(size, _MEASURED[0]), _MEASURED[1])
        gain = (measured / _USUAL_SIZE) ** _GROWTH if relative else 1.0
        return cls(
            tf.constant(settings.content_weight * factor, tf.float32),
            tf.constant(gain, tf.float32),
            tf.constant(settings.style_weight * rest, tf.float32),
            tf.constant(settings.tv_weight, tf.float32),
            tf.constant(settings.temporal_weight, tf.float32),
            tf.constant(settings.style_weight * near, tf.float32),
            tf.constant(settings.learning_rate, tf.float32),
        )


def refreshed(
    target_functions: Mapping[str, tuple[TargetFunction, ...]],
    now: Mapping[str, tuple[Moments, ...]],
) -> dict[str, tuple[Any, ...]]:
    """Return the style targets for a picture whose moments are `now`."""
    return {
        name: tuple(target(part) for target, part in zip(functions, now[name], strict=True))
        for name, functions in target_functions.items()
    }
