"""Margins around the picture, so that no frame forms where it ends.

Convolutions see less near a border, and the optimiser makes use of it: a frame of odd pixels. With
the picture continued by mirroring for a little way, the frame falls outside of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.pictures.images import FloatImage, fit, margin_width

__all__ = ["Margins", "as_tensor"]

#: VGG19 halves the image four times: no side may be shorter than this.
_SMALLEST_SIDE = 16


@dataclass(frozen=True)
class Margins:
    """The margins around the picture at one scale.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the picture within them.
    widths : (int, int)
        Width of the margin above and below, and to the left and right.
    """

    shape: tuple[int, int]
    widths: tuple[int, int]

    @classmethod
    def of(cls, content: FloatImage, size: int, *, wanted: bool) -> Margins:
        """Return the margins for a content whose longest side shall be `size`.

        If they are not `wanted`, there are some only where the picture is too small for the
        network.
        """
        shape = fit(content.shape, size)
        width = margin_width(size) if wanted else 0
        above, beside = (max(width, -((side - _SMALLEST_SIDE) // 2)) for side in shape)
        return cls(shape, (above, beside))

    @property
    def padded_shape(self) -> tuple[int, int]:
        """Height and width of the picture with its margins."""
        return self.shape[0] + 2 * self.widths[0], self.shape[1] + 2 * self.widths[1]

    def pad(self, image: FloatImage) -> tf.Tensor:
        """Return an image of the picture's shape, continued over the margins by mirroring."""
        return tf.constant(self.padded(image), tf.float32)

    def padded(self, image: FloatImage) -> NDArray[np.float32]:
        """Return the same as an array: TensorFlow keeps what large tensors have taken once."""
        (above, beside) = self.widths
        return np.pad(image, [(above, above), (beside, beside), (0, 0)], "symmetric")[np.newaxis]

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture with its margins that are the picture."""
        (above, beside), (height, width) = self.widths, self.shape
        return slice(above, above + height), slice(beside, beside + width)

    def before(self, finer: Margins) -> tuple[slice, slice]:
        """Return the rows and columns that become the picture with its margins at a finer scale.

        Not all of them, where margins are narrower there, in proportion: those of a large picture
        have a fixed width, and those of a tiny one as much as the network needs.
        """

        def along(axis: int) -> slice:
            width, side = self.widths[axis], self.shape[axis]
            kept = min(width, round(finer.widths[axis] * side / finer.shape[axis]))
            return slice(width - kept, width + side + kept)

        return along(0), along(1)


def as_tensor(image: FloatImage) -> tf.Tensor:
    """Return a batch of one; an image too small for the network is continued by mirroring."""
    missing = [max(0, _SMALLEST_SIDE - side) for side in image.shape[:2]]
    if any(missing):
        image = np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)], "symmetric")
    return tf.constant(image[np.newaxis], tf.float32)
