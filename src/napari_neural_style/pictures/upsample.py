"""From the size that was painted to the content's own, with the content's edges.

Guided filtering (K. He, J. Sun and X. Tang, "Guided Image Filtering", TPAMI 2013; K. He and J. Sun,
"Fast Guided Filter", arXiv:1505.00996): around each pixel, the painting is explained as a linear
function of the content, at the small size. What that leaves unexplained, the strokes, is enlarged
as it is; to the part that is explained, the full-size content lends the detail it lacks.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from napari_neural_style.pictures.images import FloatImage, resize

__all__ = ["Upsampler"]

#: Side of the windows in which content and painting are compared, in pixels of the painting.
_WINDOW = 5
#: Variance that counts as noise; with less, the content's grain shows in the painting.
_NOISE = 5e-4
#: The largest contrast of the painting, in contrasts of the content, that is believed.
_MOST_GAIN = 2.0


class Upsampler:
    """Brings pictures to the size of a content.

    Parameters
    ----------
    content : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    """

    def __init__(self, content: FloatImage) -> None:
        self._content = content
        self._prepared: _Prepared | None = None

    def __call__(self, image: FloatImage) -> FloatImage:
        """Return an image at the size of the content.

        Parameters
        ----------
        image : ndarray of float32, shape (h, w, 3)
            RGB in [0, 1], made from the content at that size.

        Returns
        -------
        ndarray of float32, shape (H, W, 3)
            RGB in [0, 1].
        """
        shape = self._content.shape[:2]
        if image.shape[0] >= shape[0] or image.shape[1] >= shape[1]:
            return resize(image, shape)
        prepared = self._prepared  # Another thread may release it meanwhile.
        if prepared is None or prepared.small.shape != image.shape:
            prepared = self._prepared = _Prepared(self._content, image.shape[:2])
        enlarged = resize(image, shape) + prepared.detail_in(image)
        return np.asarray(np.clip(enlarged, 0, 1), np.float32)

    def release(self) -> None:
        """Free what is kept from picture to picture; the next one makes it again."""
        self._prepared = None


class _Prepared:
    """What is known of the content before a picture of a given size is there."""

    def __init__(self, content: FloatImage, shape: tuple[int, int]) -> None:
        self.small = resize(content, shape)
        self._detail = content - resize(self.small, content.shape[:2])
        self._mean = _mean(self.small)
        self._variance = _mean(self.small * self.small) - self._mean**2 + _NOISE

    def detail_in(self, image: FloatImage) -> FloatImage:
        """Return the content's detail with the contrast that it has in the image."""
        spread = 2 * _MOST_GAIN  # `resize` takes what lies in [0, 1].
        gain = resize(self._gain(image) / spread + 0.5, self._detail.shape[:2])
        return (gain - 0.5) * spread * self._detail

    def _gain(self, image: FloatImage) -> FloatImage:
        """Return how much of the content's contrast each pixel of the image has.

        That is the slope of the regression of the image on the content within a window, times the
        share of the image's variance that it explains: 1 where the two are alike, 0 where the
        strokes have nothing to do with what they cover.
        """
        mean = _mean(image)
        both = _mean(self.small * image) - self._mean * mean
        variance = _mean(image * image) - mean**2 + _NOISE
        slope = both / self._variance
        gain = slope * slope * both / variance
        return _mean(np.clip(gain, -_MOST_GAIN, _MOST_GAIN))


def _mean(values: FloatImage) -> FloatImage:
    """Return the mean over the window around each pixel."""
    return np.asarray(uniform_filter(values, (_WINDOW, _WINDOW, 0), mode="nearest"))
