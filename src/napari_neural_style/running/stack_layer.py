"""`StackLayer`: the layer that a run over a stack paints into, slice by slice. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.stack_slices import StackSlices

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["StackLayer"]


@dataclass(frozen=True)
class StackLayer:
    """How a stack of results lies over the original, and how its slices are filled.

    It is transparent where nothing is painted yet, so that the original shows.

    Parameters
    ----------
    slices : StackSlices
    placement : Placement
        Where the whole stack lies, with as many pixels as a result shall have.
    """

    slices: StackSlices
    placement: Placement

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its data: RGBA."""
        return (*self.slices.shape(self.placement), 4)

    def new(self, name: str) -> Image:
        """Return a layer with nothing painted yet."""
        from napari.layers import Image

        # Zeros take no memory until they are written to.
        pixels = np.zeros(self.shape, np.uint8)
        return Image(pixels, rgb=True, name=name, **self.placement.transforms)

    def is_there(self, viewer: ViewerModel, layer: Image) -> bool:
        """Whether the user has left the layer in the viewer, and nothing else in it."""
        return layer in viewer.layers and layer.data.shape == self.shape

    def show(self, layer: Image, number: int, pixels: NDArray[np.uint8]) -> None:
        """Put pixels, RGB or RGBA, into a slice."""
        target = layer.data[self.slices.key(number)]
        target[..., : pixels.shape[-1]] = pixels
        if pixels.shape[-1] == 3:
            target[..., 3] = 255
        layer.refresh()
        # For those who follow the layer, as a comparison does.
        layer.events.data(value=layer.data)

    def clear(self, layer: Image, number: int) -> None:
        """Make a slice transparent again."""
        layer.data[self.slices.key(number)] = 0
        layer.refresh()
