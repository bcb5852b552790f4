"""Several layers resampled onto the pixels of one, for comparison. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.pictures.images import resize, with_alpha
from napari_neural_style.viewing.layers import read_layer
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Sliders, through
from napari_neural_style.viewing.sources import Source
from napari_neural_style.viewing.views import brought_over

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["CommonPixels"]

#: Half the width of the line of `swiped`, as a share of the picture.
_LINE = 0.0025


@dataclass(frozen=True)
class CommonPixels:
    """The pixel grid of a base layer, as it is shown, on which other layers are compared.

    All pictures are RGBA, float32 in [0, 1], of shape (H, W, 4); `base` is that of the base layer.
    """

    base: NDArray[np.float32]
    placement: Placement

    @classmethod
    def of(cls, viewer: ViewerModel, layer: Image) -> CommonPixels:
        """Return the pixels of a layer; `ImageError` if it cannot be read."""
        rgb, placement = read_layer(viewer, layer)
        return cls(with_alpha(rgb, placement.alpha), replace(placement, alpha=None, finish=None))

    @property
    def corners(self) -> NDArray[np.float64]:
        """The outer corners of the grid on the canvas, as rows of (y, x)."""
        bottom, right = np.subtract(self.placement.shape, 0.5)
        points = np.array([(-0.5, -0.5), (-0.5, right), (bottom, -0.5), (bottom, right)])
        return through(self.placement.to_canvas, points)

    @property
    def extent(self) -> tuple[float, float]:
        """Height and width on the canvas, in world units."""
        height, width = np.ptp(self.corners, axis=0)
        return float(height), float(width)

    def over(self, viewer: ViewerModel, layer: Image) -> NDArray[np.float32]:
        """Return a layer on this grid, and the base where the layer has no pixels.

        Raises
        ------
        ImageError
            If the layer cannot be read.
        """
        source = Source.of(layer, "result")
        rgb, placement = source.look(source.plane(Sliders.of(viewer)))
        rgba = with_alpha(rgb, placement.alpha)
        picture, there = brought_over(rgba, placement, self.placement)
        return np.where(there[..., np.newaxis], picture, self.base)

    def fitted(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a picture (h, w, 4) scaled to fit the grid, centred, transparent around it."""
        # The pixels need not be square: the picture keeps its aspect ratio on the canvas.
        sides = np.linalg.norm(self.placement.to_canvas[:2, :2], axis=0)
        room = np.asarray(self.placement.shape) * sides
        share = (room / picture.shape[:2]).min()
        height, width = np.maximum(np.rint(np.multiply(picture.shape[:2], share) / sides), 1)
        rows, columns = int(height), int(width)
        result = np.zeros((*self.placement.shape, 4), np.float32)
        top, left = (self.placement.shape[0] - rows) // 2, (self.placement.shape[1] - columns) // 2
        result[top : top + rows, left : left + columns] = resize(picture, (rows, columns))
        return result

    def swiped(
        self, before: NDArray[np.float32], after: NDArray[np.float32], position: float
    ) -> NDArray[np.float32]:
        """Return `before` to the left of a vertical line on the canvas and `after` to its right.

        The line's `position` goes from 0, at the left edge, to 1.
        """
        rows, columns = np.ogrid[: self.placement.shape[0], : self.placement.shape[1]]
        across, along, origin = self.placement.to_canvas[1]
        left, right = self.corners[:, 1].min(), self.corners[:, 1].max()
        # The distance of each pixel from the left edge on the canvas, as a share of the width.
        x = np.asarray((across * rows + along * columns + origin - left) / (right - left))
        picture = np.where((x < position)[..., np.newaxis], before, after)
        if 0 < position < 1:
            half = max(_LINE, 0.5 / self.placement.shape[1])
            picture[np.abs(x - position) < half] = 1
        return picture
