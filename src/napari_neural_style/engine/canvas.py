"""The canvas: the image with a margin around it, so that no frame forms where the picture ends.

Convolutions see less of the world near a border, and the optimiser makes use of it: a frame of odd
pixels. On a canvas that goes on, mirrored, for a little way, the frame falls outside the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from napari_neural_style.pictures.images import FloatImage, fit

__all__ = ["Canvas", "as_tensor"]

#: Width of the margin on each side, in longest sides of the picture.
_MARGIN = 1 / 32
#: VGG19 halves the image four times: no side may be shorter than this.
_SMALLEST_SIDE = 16


@dataclass(frozen=True)
class Canvas:
    """A canvas for a picture at one scale.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the picture on it.
    margins : (int, int)
        Width of the margin above and below, and to the left and right.
    """

    shape: tuple[int, int]
    margins: tuple[int, int]

    @classmethod
    def of(cls, content: FloatImage, size: int, *, margin: bool) -> Canvas:
        """Return the canvas for a content whose longest side shall be `size`.

        Without `margin`, there is one only where the picture is too small for the network.
        """
        shape = fit(content.shape, size)
        wanted = round(size * _MARGIN) if margin else 0
        above, beside = (max(wanted, -((side - _SMALLEST_SIDE) // 2)) for side in shape)
        return cls(shape, (above, beside))

    @property
    def full_shape(self) -> tuple[int, int]:
        """Height and width of the whole canvas."""
        return self.shape[0] + 2 * self.margins[0], self.shape[1] + 2 * self.margins[1]

    def stretched(self, image: FloatImage) -> tf.Tensor:
        """Return an image of the picture's shape, continued over the margin by mirroring."""
        (above, beside) = self.margins
        return as_tensor(np.pad(image, [(above, above), (beside, beside), (0, 0)], "symmetric"))

    def picture(self, image: tf.Tensor) -> FloatImage:
        """Return what lies within the margins of an image of the whole canvas."""
        (above, beside), (height, width) = self.margins, self.shape
        return np.asarray(image.numpy()[0, above : above + height, beside : beside + width])


def as_tensor(image: FloatImage) -> tf.Tensor:
    """Return a batch of one; an image too small for the network goes on, mirrored."""
    missing = [max(0, _SMALLEST_SIDE - side) for side in image.shape[:2]]
    if any(missing):
        image = np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)], "symmetric")
    return tf.constant(image[np.newaxis], tf.float32)
