"""napari layers to arrays, and results to layers. Qt-free: works on a bare `ViewerModel` too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.images import FloatImage, from_rgb, resize, to_rgb

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Placement", "find_layer", "read_layer"]


@dataclass(frozen=True)
class Placement:
    """Where a result belongs: the place of the layer, or the slice of it, that it came from.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the content in pixels.
    alpha : ndarray of uint8, shape (H, W), or None
        The content's transparency, which the result keeps.
    leading : int
        Number of axes before height and width.
    transforms : dict
        Arguments of napari's `Image` that put a picture of that shape exactly over the content.
    finish : callable, optional
        From a picture of the engine's to the one to show, at the content's size; by default it is
        just enlarged.
    """

    shape: tuple[int, int]
    alpha: NDArray[np.uint8] | None
    leading: int
    transforms: dict[str, Any]
    finish: Callable[[FloatImage], FloatImage] | None = None

    def picture(self, image: FloatImage) -> NDArray[np.uint8]:
        """Return an image of any size as the pixels of the result layer.

        Parameters
        ----------
        image : ndarray of float32, shape (h, w, 3)
            RGB in [0, 1].

        Returns
        -------
        ndarray of uint8, shape (..., H, W, 3 or 4)
        """
        finished = image if self.finish is None else self.finish(image)
        pixels = from_rgb(resize(finished, self.shape), np.uint8, self.alpha)
        return pixels.reshape((1,) * self.leading + pixels.shape)

    def layer(self, image: FloatImage, **options: Any) -> Image:
        """Return a new napari layer that shows the image, lying over the content."""
        from napari.layers import Image

        return Image(self.picture(image), rgb=True, **self.transforms, **options)


def find_layer(viewer: ViewerModel, layer: Image | str, what: str) -> Image:
    """Return a layer of the viewer, given itself or its name.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    layer : napari.layers.Image or str
    what : str
        What to call it in an error: "content" or "style".

    Raises
    ------
    ImageError
        If there is none of that name, or it is no image layer.
    """
    from napari.layers import Image

    if isinstance(layer, str):
        if layer not in viewer.layers:
            there = ", ".join(repr(other.name) for other in viewer.layers) or "none"
            raise ImageError(f"There is no {what} layer {layer!r}; the layers are: {there}.")
        layer = viewer.layers[layer]
    if not isinstance(layer, Image):
        raise ImageError(f"The {what} {layer!r} is not an image layer: choose one.")
    return layer


def read_layer(
    viewer: ViewerModel, layer: Image, what: str = "layer"
) -> tuple[FloatImage, Placement]:
    """Return what a layer shows, and where a result made from it belongs.

    Of a stack, that is the slice at the viewer's sliders. Grey layers are taken as displayed, with
    contrast limits, gamma and colormap.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    layer : napari.layers.Image
    what : str
        What to call it in an error.

    Returns
    -------
    rgb : ndarray of float32, shape (H, W, 3)
        In [0, 1].
    placement : Placement

    Raises
    ------
    ImageError
        If the layer cannot be stylised as it is.
    """
    if layer.ndim < 2:
        raise ImageError(f"The {what} layer {layer.name!r} has one axis only: choose an image.")
    data = layer.data[0] if layer.multiscale else layer.data
    index = _slice_index(viewer, layer, data.shape[: layer.ndim - 2])
    pixels = np.asarray(data[index])
    rgb, alpha = _as_displayed(layer, pixels, f"{what} layer {layer.name!r}")
    return rgb, Placement(rgb.shape[:2], alpha, len(index), _transforms(layer, index))


def _slice_index(viewer: ViewerModel, layer: Image, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the position of the viewer's sliders on the layer's axes before the last two."""
    if not shape:
        return ()
    # The axes of a layer with fewer dimensions than the viewer are the viewer's last ones.
    point = np.asarray(viewer.dims.point)[-layer.ndim :]
    position = np.rint(layer.world_to_data(point)[: len(shape)]).astype(int)
    return tuple(int(np.clip(p, 0, n - 1)) for p, n in zip(position, shape, strict=True))


def _as_displayed(
    layer: Image, pixels: NDArray[Any], what: str
) -> tuple[FloatImage, NDArray[np.uint8] | None]:
    low, high = layer.contrast_limits
    if layer.rgb:
        if (
            pixels.dtype.kind == "f"
            and pixels.size
            and not 0 <= np.min(pixels) <= np.max(pixels) <= 1
        ):
            _check_finite(pixels, what)
            unit = np.clip((pixels[..., :3] - low) / (high - low), 0, 1)
            pixels = np.concatenate([unit, np.clip(pixels[..., 3:], 0, 1)], axis=-1)
        rgb, alpha = to_rgb(pixels, what)
        return rgb, None if alpha is None else _opacity(alpha)
    _check_finite(pixels, what)
    unit = np.clip((pixels.astype(np.float64) - low) / (high - low), 0, 1) ** layer.gamma
    colours = layer.colormap.map(unit.ravel()).reshape(*unit.shape, 4)
    return to_rgb(np.clip(colours[..., :3], 0, 1).astype(np.float32), what)[0], None


def _check_finite(pixels: NDArray[Any], what: str) -> None:
    if not np.isfinite(pixels).all():
        raise ImageError(f"The {what} has NaN or infinite values: replace them first.")


def _opacity(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    if alpha.dtype == np.uint8:
        return alpha
    return from_rgb(to_rgb(alpha)[0], np.uint8)[..., 0]


def _transforms(layer: Image, index: tuple[int, ...]) -> dict[str, Any]:
    from napari.utils.transforms import Affine

    own = {name: getattr(layer, name) for name in ("scale", "translate", "rotate", "shear")}
    # A slice has its own origin: where the layer puts its first pixel.
    origin = Affine(**own, ndim=layer.ndim)([*index, 0, 0])
    return {
        **own,
        "translate": np.asarray(origin),
        "affine": layer.affine,
        "units": layer.units,
        "axis_labels": layer.axis_labels,
    }
