"""Placement of results exactly over their content, whatever the layer's transforms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.pictures.finish import Finish
from napari_neural_style.pictures.images import FloatImage, from_rgb, resize, with_alpha
from napari_neural_style.viewing.multiscale import levels

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["OWN_TRANSFORM", "Placement"]

#: napari's names for a layer's own transform, which is applied before its affine.
OWN_TRANSFORM = ("scale", "translate", "rotate", "shear")


@dataclass(frozen=True)
class Placement:
    """Where a result lies: over the layer, or the part of a layer, that it was made from.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the content in pixels.
    alpha : ndarray of uint8, shape (H, W), or None
        The content's alpha channel, which the result keeps.
    axes : (int, int)
        The layer's axes that are shown as rows and columns.
    transforms : dict
        Arguments of napari's `Image` that place a picture of that shape over the content.
    to_canvas : ndarray, shape (3, 3)
        Maps (row, column, 1) of the content's pixels to the viewer's canvas.
    finish : Finish, optional
        Turns the engine's picture into the final one; by default it is only resized.
    """

    shape: tuple[int, int]
    alpha: NDArray[np.uint8] | None
    axes: tuple[int, int]
    transforms: dict[str, Any]
    to_canvas: NDArray[np.float64]
    finish: Finish | None = None

    @property
    def ndim(self) -> int:
        """Number of axes of the result layer."""
        return len(self.transforms["scale"])

    def picture(self, image: FloatImage, dtype: Any = np.uint8) -> NDArray[Any]:
        """Return an RGB image in [0, 1] of any size as the data of the result layer.

        Parameters
        ----------
        image : ndarray of float32, shape (h, w, 3)
        dtype : dtype
            uint8, as the layer has it, or uint16.

        Returns
        -------
        ndarray of `dtype`, shape (..., 3 or 4)
            Height and width lie on `axes`; other axes have length 1.
        """
        finished = image if self.finish is None else self.finish(image)
        alpha = self.alpha
        if alpha is not None and np.dtype(dtype) == np.uint16:
            alpha = alpha.astype(np.uint16) * np.uint16(257)
        return self.arranged(from_rgb(resize(finished, self.shape), dtype, alpha))

    def as_style(self, image: FloatImage) -> FloatImage:
        """Return an image that lies here as a style: RGBA, if a part of it is transparent."""
        hidden = self.alpha is not None and (self.alpha < 255).any()
        return with_alpha(image, self.alpha) if hidden else image

    def shown(self, image: FloatImage) -> NDArray[np.uint8] | list[NDArray[np.uint8]]:
        """Return an RGB image as `picture` does; a large one at several sizes, from the finest."""
        return levels(self.picture(image), self.axes)

    def resized(self, shape: tuple[int, int]) -> Placement:
        """Return the placement of a picture of another height and width at the same place."""
        from napari.utils.transforms import Affine

        factors = np.divide(self.shape, shape)
        steps, origin = np.ones(self.ndim), np.zeros(self.ndim)
        steps[list(self.axes)] = factors
        origin[list(self.axes)] = (factors - 1) / 2
        own = {name: self.transforms[name] for name in OWN_TRANSFORM}
        transforms = {
            **self.transforms,
            "scale": self.transforms["scale"] * steps,
            "translate": np.asarray(Affine(**own, ndim=self.ndim)(origin)),
        }
        alpha = self.alpha
        if alpha is not None:
            unit = alpha.astype(np.float32)[..., np.newaxis] / np.float32(255)
            alpha = from_rgb(resize(unit, shape), np.uint8)[..., 0]
        inside = np.diag([*factors, 1.0])
        inside[:2, 2] = (factors - 1) / 2
        return replace(
            self, shape=shape, alpha=alpha, transforms=transforms, to_canvas=self.to_canvas @ inside
        )

    def arranged(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return pixels (H, W, channels) with the axes of the layer."""
        rows, columns = self.axes
        if rows > columns:
            pixels = pixels.swapaxes(0, 1)
        others = tuple(axis for axis in range(self.ndim) if axis not in self.axes)
        return np.expand_dims(pixels, others)

    def layer(self, image: FloatImage, **options: Any) -> Image:
        """Return a new napari layer that shows the image over the content."""
        return self.layer_of(self.shown(image), **options)

    def layer_of(
        self, pixels: NDArray[np.uint8] | list[NDArray[np.uint8]], **options: Any
    ) -> Image:
        """Return a new napari layer of the data that `picture` or `shown` returns."""
        from napari.layers import Image

        multiscale = isinstance(pixels, list)
        return Image(pixels, rgb=True, multiscale=multiscale, **self.transforms, **options)

    def release(self) -> None:
        """Free the caches for previews; they are rebuilt when needed."""
        if self.finish:
            self.finish.release()
