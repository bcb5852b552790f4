"""How rough an image is: the total variation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from napari_neural_style.engine.edge_padding import PixelIndices, edge_padded

__all__ = ["total_variation"]

#: Twelve times a pixel, less its eight neighbours by their weights: whole numbers, of which no
#: arithmetic of a GPU loses a digit, so that nothing remains of a flat image.
_STENCIL = np.array([[-1, -4, -1], [-4, 20, -4], [-1, -4, -1]])


def total_variation(image: tf.Tensor, within: tf.Tensor | None = None) -> tf.Tensor:
    """Return the squared total variation over nine points, nearly the same in all directions.

    The squared differences of every pixel to its eight neighbours, straight ones weighted with 1/3
    and diagonal ones with 1/12 (after K. Crowson's style-transfer-pytorch), as a mean over pixels
    and channels, so the figure does not depend on the size. Beyond the border lies a mirror image.

    A mirrored image and a symmetric stencil make this the quadratic form ``2 x·Lx``, where L is the
    stencil, and its gradient ``4 Lx``: both from one convolution.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        In [0, 1].
    within : tensor of int32, shape (4,), optional
        Top, bottom, left and right of the part to which value and gradient are restricted: the
        means over parts that make up an image, each by its share, add up to that of the image,
        and so do the gradients.
    """
    if within is None:
        return tf.custom_gradient(_total_variation)(image)

    def of_part(image: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        top, bottom, left, right = tf.unstack(within)
        rough = _roughness(image)[:, top:bottom, left:right]
        count = tf.cast(tf.size(rough), tf.float32)
        height, width = tf.unstack(tf.shape(image)[1:3])
        around = [[0, 0], [top, height - bottom], [left, width - right], [0, 0]]

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return tf.pad((4.0 * upstream / count) * rough, around)

        value = 2.0 * tf.reduce_sum(image[:, top:bottom, left:right] * rough) / count
        return value, gradient

    return tf.custom_gradient(of_part)(image)


def _total_variation(
    image: tf.Tensor,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    rough = _roughness(image)
    count = tf.cast(tf.size(image), tf.float32)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return (4.0 * upstream / count) * rough

    return 2.0 * tf.reduce_sum(image * rough) / count, gradient


def _roughness(image: tf.Tensor) -> tf.Tensor:
    """Return what the stencil makes of an image, in its shape."""
    around = edge_padded(image, PixelIndices(image))
    stencil = np.tile(_STENCIL[:, :, np.newaxis, np.newaxis], (1, 1, image.shape[3], 1))
    return tf.nn.depthwise_conv2d(around, tf.constant(stencil, tf.float32), [1] * 4, "VALID") / 12
