"""Pictures of several layers on the pixels of one, to be compared. Qt-free."""

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


@dataclass(frozen=True)
class CommonPixels:
    """The pixels that everything is compared on: those of a layer, as it is shown.

    All pictures are RGBA, float32 in [0, 1], of the shape (H, W, 4).

    Parameters
    ----------
    base : ndarray
        The picture of the layer itself.
    placement : Placement
        Where its pixels lie.
    """

    base: NDArray[np.float32]
    placement: Placement

    @classmethod
    def of(cls, viewer: ViewerModel, layer: Image) -> CommonPixels:
        """Return that of a layer.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        rgb, placement = read_layer(viewer, layer)
        picture = with_alpha(rgb, placement.alpha)
        return cls(picture, replace(placement, alpha=None, finish=None))

    @property
    def corners(self) -> NDArray[np.float64]:
        """The outer corners of its pixels on the canvas, as rows of (y, x)."""
        bottom, right = np.subtract(self.placement.shape, 0.5)
        points = np.array([(-0.5, -0.5), (-0.5, right), (bottom, -0.5), (bottom, right)])
        return through(self.placement.canvas, points)

    @property
    def extent(self) -> tuple[float, float]:
        """Height and width on the canvas, in the units of the world."""
        height, width = np.ptp(self.corners, axis=0)
        return float(height), float(width)

    def over(self, viewer: ViewerModel, layer: Image) -> NDArray[np.float32]:
        """Return a layer on these pixels; where it has none, the picture of the base.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        source = Source.of(layer, "result")
        rgb, placement = source.look(source.plane(Sliders.of(viewer)))
        picture = with_alpha(rgb, placement.alpha)
        picture, there = brought_over(picture, placement, self.placement)
        return np.where(there[..., np.newaxis], picture, self.base)

    def fitted(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return any picture as large as it fits in, with nothing beside it.

        Parameters
        ----------
        picture : ndarray of float32, shape (h, w, 4)
        """
        # The pixels need not be square: what is fitted in shall not look stretched.
        sides = np.linalg.norm(self.placement.canvas[:2, :2], axis=0)
        room = np.asarray(self.placement.shape) * sides
        share = (room / picture.shape[:2]).min()
        height, width = np.maximum(np.rint(np.multiply(picture.shape[:2], share) / sides), 1)
        rows, columns = int(height), int(width)
        small = resize(picture, (rows, columns))
        result = np.zeros((*self.placement.shape, 4), np.float32)
        top, left = (self.placement.shape[0] - rows) // 2, (self.placement.shape[1] - columns) // 2
        result[top : top + rows, left : left + columns] = small
        return result

    def swiped(
        self, before: NDArray[np.float32], after: NDArray[np.float32], position: float
    ) -> NDArray[np.float32]:
        """Return one picture to the left of a line on the canvas and another to the right of it.

        Parameters
        ----------
        before, after : ndarray
            Left and right of it.
        position : float
            From 0, the line at the left edge, to 1.
        """
        x = self._x
        picture = np.where((x < position)[..., np.newaxis], before, after)
        if 0 < position < 1:
            half = max(_LINE, 0.5 / self.placement.shape[1])
            picture[np.abs(x - position) < half] = 1
        return picture

    @property
    def _x(self) -> NDArray[np.float64]:
        """How far each pixel lies from the left edge on the canvas, as a share of the width."""
        rows, columns = np.ogrid[: self.placement.shape[0], : self.placement.shape[1]]
        across, along, origin = self.placement.canvas[1]
        left, right = self.corners[:, 1].min(), self.corners[:, 1].max()
        return np.asarray((across * rows + along * columns + origin - left) / (right - left))

    def layer(self, picture: NDArray[np.float32], name: str) -> Image:
        """Return a new layer that shows a picture where the base lies."""
        from napari.layers import Image

        return Image(self.data(picture), rgb=True, name=name, **self.placement.transforms)

    def data(self, picture: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return a picture as the data of such a layer."""
        return self.placement.arranged(np.rint(picture * 255).astype(np.uint8))


#: Half the width of the line of `swiped`, as a share of the picture.
_LINE = 0.0025
