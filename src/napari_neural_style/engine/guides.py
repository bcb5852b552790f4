"""Guides: where on a feature map a region lies.

L. Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer" (arXiv:1611.07865),
weight feature maps with such guides, so that each region has statistics of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

__all__ = ["DILATION", "FEATURE_GUIDE", "FeatureGuide", "feature_guide"]
__all__ += ["firmness", "free_mask", "held"]

#: How many pixels around the regions the picture may change.
DILATION = 4
#: A region of fewer positions than this on a feature map counts there in proportion: the moments
#: of a handful of positions say little about a style.
_ENOUGH = 16.0
_TINY = 1e-12
#: How many times heavier a content loss counts where hardly any style is wanted than where all is:
#: as much as `Settings.style_strength` brought from 0.5 to 0.
_FIRMEST = 100.0


class FeatureGuide(NamedTuple):
    """A guide brought to one feature map.

    Parameters
    ----------
    positions : tensor of float32, shape (h * w,)
        The weight of each position, 1 in all.
    share : tensor of float32, shape ()
        What the region counts in the style loss of this feature layer: its share of the area, and
        less where it is too small for the layer.
    """

    positions: tf.Tensor
    share: tf.Tensor


FEATURE_GUIDE = FeatureGuide(tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.float32))


def feature_guide(guide: tf.Tensor, shape: Sequence[int] | tf.Tensor) -> FeatureGuide:
    """Return a guide at the size of a feature map.

    Parameters
    ----------
    guide : tensor of float32, shape (1, H, W, 1)
        How far each pixel belongs to the region, in [0, 1].
    shape : (int, int)
        Height and width of the feature map.
    """
    shrunk = tf.image.resize(guide, shape, "area")
    flat = tf.reshape(shrunk, [-1])
    # A region that has vanished altogether is spread over everything, with a share of 0.
    lifted = flat + _TINY
    share = tf.reduce_mean(flat) * tf.minimum(1.0, tf.reduce_sum(flat) / _ENOUGH)
    return FeatureGuide(lifted / tf.reduce_sum(lifted), share)


def firmness(guides: Sequence[tf.Tensor], shape: Sequence[int] | tf.Tensor) -> tf.Tensor:
    """Return how firmly each position of a feature map holds the content, of shape (1, h, w, 1).

    It is 1 where the guides are 1, and grows as they say less. Beyond them nothing changes anyhow.

    Parameters
    ----------
    guides : sequence of tensor of float32, shape (1, H, W, 1)
        How strongly each pixel is painted, region by region, in [0, 1].
    shape : (int, int)
        Height and width of the feature map.
    """
    strength = tf.minimum(tf.add_n(list(guides)), 1.0)
    strength = tf.where(strength > 0.0, strength, 1.0)
    # What is multiplied with it is squared.
    return tf.sqrt(_FIRMEST) ** (1.0 - tf.image.resize(strength, shape, "area"))


def held(features: tf.Tensor, target: tf.Tensor, firm: tf.Tensor | None) -> tf.Tensor:
    """Return a feature map whose differences from the content's count as much as they are held."""
    return features if firm is None else target + firm * (features - target)


def free_mask(guides: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
    """Return a mask of what may change: 1 in and around the regions; none without guides.

    At the border between what may change and what may not, pixels are driven to extremes to make up
    for their neighbours. That border lies some pixels outside of the regions, to be cut off.

    Parameters
    ----------
    guides : tuple of tensor of float32, shape (1, H, W, 1)
    """
    if not guides:
        return ()
    inside = tf.cast(tf.add_n(guides) > 0.0, tf.float32)
    return (tf.nn.max_pool2d(inside, 2 * DILATION + 1, 1, "SAME"),)
