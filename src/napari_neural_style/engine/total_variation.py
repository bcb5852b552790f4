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


def total_variation(image: tf.Tensor) -> tf.Tensor:
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
    """
    return tf.custom_gradient(_total_variation)(image)


def _total_variation(
    image: tf.Tensor,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    around = edge_padded(image, PixelIndices(image))
    stencil = np.tile(_STENCIL[:, :, np.newaxis, np.newaxis], (1, 1, image.shape[3], 1))
    rough = tf.nn.depthwise_conv2d(around, tf.constant(stencil, tf.float32), [1] * 4, "VALID") / 12
    count = tf.cast(tf.size(image), tf.float32)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return (4.0 * upstream / count) * rough

    return 2.0 * tf.reduce_sum(image * rough) / count, gradient
