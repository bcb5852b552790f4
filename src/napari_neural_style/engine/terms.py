"""What losses are made of: numbers that a picture gives, and so do its parts, added up."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from napari_neural_style.engine.losses import Moments

__all__ = ["Terms"]


class Terms(NamedTuple):
    """The terms of the losses.

    Parameters
    ----------
    content : dict of str to tensor of float32, shape ()
        The content loss of each layer.
    moments : dict of str to tuple of Moments
        By style layer, of each region.
    tv : tensor of float32, shape ()
    temporal : tuple of tensor of float32, shape ()
        One for each anchor.
    neighbors : tuple of tensor of float32, shape ()
        One if the style statistic has neighbours beside it.
    """

    content: dict[str, tf.Tensor]
    moments: dict[str, tuple[Moments, ...]]
    tv: tf.Tensor
    temporal: tuple[tf.Tensor, ...]
    neighbors: tuple[tf.Tensor, ...]
