"""The visible image layers, blended as in napari but without OpenGL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.images import FloatImage, with_alpha
from napari_neural_style.viewing.layers import find_layer
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Sliders, through
from napari_neural_style.viewing.sources import Source, Window

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

__all__ = ["View", "brought_over", "source_of"]


@dataclass(frozen=True)
class View:
    """A snapshot of a viewer's visible image layers, from the lowest to the topmost.

    Parameters
    ----------
    blendings : tuple of str
        napari's names: ``"translucent"``, ``"additive"`` ...
    base : Source
        The layer whose pixel grid the picture has.
    background : tuple of float
        Colour of the canvas, RGB in [0, 1].
    """

    sources: tuple[Source, ...]
    opacities: tuple[float, ...]
    blendings: tuple[str, ...]
    base: Source
    background: tuple[float, float, float]
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, viewer: ViewerModel, leave_out: Collection[Layer] = ()) -> View:
        """Return what a viewer shows, without the layers to `leave_out`, such as the style.

        Labels, shapes, points and the results of earlier runs are not part of it. The base is the
        lowest of the layers with the most axes.

        Raises
        ------
        ImageError
            If no image is visible.
        """
        from napari.layers import Image

        layers = [
            layer
            for layer in viewer.layers
            if isinstance(layer, Image)
            and layer.visible
            and layer not in leave_out
            and "neural_style" not in layer.metadata
        ]
        if not layers:
            raise ImageError("No image is visible to paint: show one (the eye in the layer list).")
        sources = tuple(Source.of(layer, "visible") for layer in layers)
        red, green, blue = viewer.canvas.background_color[:3]
        return cls(
            sources,
            tuple(float(layer.opacity) for layer in layers),
            tuple(str(layer.blending) for layer in layers),
            max(sources, key=lambda source: source.ndim),
            (float(red), float(green), float(blue)),
            tuple(layer.name for layer in layers),
        )

    def without_data(self) -> View:
        """Return what says where it lies and how large it is, and holds no pixels."""
        return replace(self, sources=(), base=self.base.without_data())

    @property
    def grid(self) -> Source:
        """The source whose pixel grid is used: the base."""
        return self.base

    def read_at(
        self, sliders: Sliders, size: int | None = None, window: Window | None = None
    ) -> tuple[FloatImage, Placement]:
        """Return the blended picture on the pixels of the base, and its placement.

        `size` is the longest side needed, in pixels; by default all layers are read at their finest
        level. `window` is the part of the base to read.

        Returns
        -------
        rgb : ndarray of float32, shape (H, W, 3)
            In [0, 1].
        placement : Placement
        """
        rgb, placement = self.base.look(self.base.plane(sliders), size, window)
        picture = np.empty((*placement.shape, 4), np.float32)
        picture[...] = (*self.background, 1)
        layers = zip(self.sources, self.opacities, self.blendings, strict=True)
        for number, (source, opacity, blending) in enumerate(layers):
            if source is self.base:
                pixels, its_place = rgb, placement
            else:
                pixels, its_place = source.look(source.plane(sliders), size)
            layer = with_alpha(pixels, its_place.alpha)
            layer[..., 3] *= opacity
            layer, there = brought_over(layer, its_place, placement)
            blended = _blended(picture, layer, blending, first=number == 0)
            picture[there] = blended[there]
        return np.clip(picture[..., :3], 0, 1), replace(placement, alpha=None)


def source_of(
    viewer: ViewerModel, content: Image | str, leave_out: Collection[Layer] = ()
) -> Source | View:
    """Return the content layer, or the `View` for ``"view"`` if no layer has that name.

    Raises
    ------
    ImageError
        If there is no such layer, or it cannot be read.
    """
    if isinstance(content, str) and content == "view" and "view" not in viewer.layers:
        return View.of(viewer, leave_out)
    return Source.of(find_layer(viewer, content, "content"), "content")


def brought_over(
    pixels: NDArray[np.float32], here: Placement, there: Placement
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return pixels resampled to another grid (nearest neighbour), and where there are any."""
    if here.shape == there.shape and np.allclose(here.to_canvas, there.to_canvas):
        return pixels, np.ones(there.shape, bool)
    grid = np.moveaxis(np.indices(there.shape), 0, -1)
    places = np.rint(through(np.linalg.inv(here.to_canvas) @ there.to_canvas, grid)).astype(int)
    inside = np.asarray(((places >= 0) & (places < here.shape)).all(axis=-1))
    places[~inside] = 0
    return pixels[places[..., 0], places[..., 1]], inside


def _blended(
    below: NDArray[np.float32], layer: NDArray[np.float32], blending: str, first: bool
) -> NDArray[np.float32]:
    """Return RGBA over RGBA, by the blend functions that napari passes to OpenGL.

    The first, lowest layer mixes with the backdrop only if it is translucent.
    """
    source, alpha = layer[..., :3], layer[..., 3:]
    backdrop, backdrop_alpha = below[..., :3], below[..., 3:]
    opacity = np.minimum(alpha + backdrop_alpha, 1)
    if blending == "minimum":
        if first:
            return np.concatenate([source, opacity], axis=-1)
        return np.minimum(layer, below)
    if blending == "additive":
        colour = source * alpha + (0 if first else backdrop * backdrop_alpha)
    elif first or blending.startswith("translucent"):
        colour = source * alpha + backdrop * (1 - alpha)
    elif blending == "multiplicative":
        colour = source * backdrop
    else:  # opaque
        return layer
    return np.concatenate([np.minimum(colour, 1), opacity], axis=-1)
