"""Patches of an image along directions, at full size or shrunken, and the way back from them."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["PATCH", "along", "least_side", "middles", "spread_back"]

#: Side of a patch, in pixels.
PATCH = 7
#: How many neighbouring pixels are computed as channels of one; 5 is fastest, measured.
_AT_ONCE = 5


def least_side(shrink: int) -> int:
    """Return the side of the smallest image that has a patch from every corner, when shrunken."""
    return (PATCH + 1) * shrink - 1


def along(image: tf.Tensor, directions: tf.Tensor, shrink: int, stride: int = 1) -> tf.Tensor:
    """Return each patch of the shrunken image along the directions.

    It is shrunken from every pixel on, not only from every second or fourth: those would show.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
    directions : tensor of float32, shape (side, side, 3, n)
    shrink : int
        The image is looked at in that fraction of its size.
    stride : int
        Only every so many patches.

    Returns
    -------
    tensor of float32, shape (shrink ** 2, h, w, n)
    """
    return tf.nn.conv2d(_shrunken(image, shrink), directions, stride, "VALID")


def spread_back(
    values: tf.Tensor, directions: tf.Tensor, shrink: int, shape: tuple[int, int] | tf.Tensor
) -> tf.Tensor:
    """Return the transpose of `along`: values of patches as what they are of an image.

    It is the gradient with respect to the image, where `values` is the one with respect to them.

    Parameters
    ----------
    values : tensor of float32, shape (shrink ** 2, h, w, n)
    directions, shrink
        As for `along`.
    shape : (int, int)
        Height and width of the image.
    """
    # Convolutions with but three channels of result are slow: neighbours are made channels.
    side, channels, reach = PATCH + _AT_ONCE - 1, directions.shape[3], PATCH - 1
    turned = tf.transpose(directions[::-1, ::-1], [0, 1, 3, 2])
    shifted = [
        tf.pad(turned, [[0, 0], [shift, side - PATCH - shift], [0, 0], [0, 0]])
        for shift in range(_AT_ONCE)
    ]
    kernel = tf.reshape(tf.stack(shifted, 3), [PATCH, side, channels, _AT_ONCE * 3])
    width = tf.shape(values)[2] + reach
    around = tf.pad(values, [[0, 0], [reach, reach], [reach, reach + -width % _AT_ONCE], [0, 0]])
    found = tf.nn.conv2d(around, kernel, [1, _AT_ONCE], "VALID")
    number, height = tf.unstack(tf.shape(found)[:2])
    return _enlarged(tf.reshape(found, [number, height, -1, 3])[:, :, :width], shrink, shape)


def middles(guide: tf.Tensor, shrink: int, stride: int = 1) -> tf.Tensor:
    """Return a guide, of shape (1, H, W, 1), in the middle of each patch, as `along` has them."""
    middle = PATCH // 2
    return _shrunken(guide, shrink)[:, middle:-middle:stride, middle:-middle:stride]


def _shrunken(image: tf.Tensor, shrink: int) -> tf.Tensor:
    """Return the image at a fraction of its size, from every corner, of shape (n, h, w, C)."""
    if shrink == 1:
        return image
    image = tf.nn.avg_pool2d(image, shrink, 1, "VALID")
    height, width = tf.unstack(shrink * (tf.shape(image)[1:3] // shrink))
    return tf.space_to_batch(image[:, :height, :width], [shrink, shrink], [[0, 0], [0, 0]])


def _enlarged(images: tf.Tensor, shrink: int, shape: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Return the transpose of `_shrunken`: each pixel gets its share of those it is the mean of."""
    if shrink == 1:
        return images
    image = tf.batch_to_space(images, [shrink, shrink], [[0, 0], [0, 0]])
    first = shrink - 1
    last = tf.convert_to_tensor(shape) - tf.shape(image)[1:3]
    image = tf.pad(image, [[0, 0], [first, last[0]], [first, last[1]], [0, 0]])
    return tf.nn.avg_pool2d(image, shrink, 1, "VALID")
