"""What a comparison shows: a grid, a swipe, a difference, as pictures. Qt-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.comparing.common_pixels import CommonPixels
from napari_neural_style.presets.differences import varying
from napari_neural_style.records.records import record_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Difference", "Grid", "Layout", "Swipe", "captions"]

Mode = Literal["grid", "swipe", "difference"]
_Picture = NDArray[np.float32]
#: A layer, and whether it is fitted into the common pixels; else it is shown where it lies.
_View = tuple["Image", bool]
#: As many settings have a line each in a caption.
_LINES = 3


class Layout(ABC):
    """Pictures made from layers; `read` comes first, and again when layers change.

    Parameters
    ----------
    layers : sequence of napari.layers.Image
        Whose pictures are used. The first says which pixels they are compared on.
    """

    mode: Mode

    def __init__(self, layers: Sequence[Image]) -> None:
        self.layers = list(layers)
        self.pixels: CommonPixels
        self._read: dict[_View, _Picture] = {}
        self._failed = False  # after that, all are read again

    def read(self, viewer: ViewerModel, changed: Image | None = None) -> None:
        """Read the layers as they are shown.

        Parameters
        ----------
        viewer : napari.Viewer or napari.components.ViewerModel
        changed : napari.layers.Image, optional
            The one layer whose data have changed since; the others are not read again.

        Raises
        ------
        ImageError
            If one cannot be read.
        """
        base = self.layers[0]
        every = changed is None or changed is base or self._failed
        known = {} if every else self._read
        self._failed = True
        pixels = self.pixels if known else CommonPixels.of(viewer, base)
        read: dict[_View, _Picture] = {}
        for view in self._views():
            layer, fitted = view
            if view in known and layer is not changed:
                read[view] = known[view]
            elif fitted:
                read[view] = pixels.fitted(CommonPixels.of(viewer, layer).base)
            else:
                read[view] = pixels.base if layer is base else pixels.over(viewer, layer)
        self.pixels, self._read, self._failed = pixels, read, False

    def _views(self) -> list[_View]:
        """Return which layers are read, and how."""
        return [(layer, False) for layer in self.layers]

    @abstractmethod
    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return the pictures, on the common pixels, and their captions."""


class Grid(Layout):
    """All pictures, each for a cell of its own.

    Parameters
    ----------
    content, style : napari.layers.Image or None
    results : sequence of napari.layers.Image
    inputs : bool
        Whether content and style have cells as well.
    """

    mode = "grid"

    def __init__(
        self,
        content: Image | None,
        style: Image | None,
        results: Sequence[Image],
        inputs: bool = True,
    ) -> None:
        base = results[0] if content is None else content
        super().__init__([base, *results, *([style] if style is not None and inputs else [])])
        self._content, self._style = content, style
        self._results = list(results)
        self._inputs = inputs

    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return one picture for each cell."""
        cells = []
        if self._inputs and self._content is not None:
            cells.append((self._read[self._content, False], f"content: {self._content.name}"))
        if self._inputs and self._style is not None:
            cells.append((self._read[self._style, True], f"style: {self._style.name}"))
        for result, caption in zip(self._results, captions(self._results), strict=True):
            cells.append((self._read[result, False], caption))
        return cells

    def _views(self) -> list[_View]:
        views = [(self.layers[0], False), *((result, False) for result in self._results)]
        if self._inputs and self._style is not None:
            views.append((self._style, True))
        return views


class Swipe(Layout):
    """The content to the left of a line, a result to the right of it.

    Parameters
    ----------
    content, result : napari.layers.Image
    position : float
        Where the line is, from 0 at the left to 1 at the right.
    """

    mode = "swipe"

    def __init__(self, content: Image, result: Image, position: float) -> None:
        super().__init__([content, result])
        self.position = position

    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return the one picture."""
        content, result = self.layers
        before, after = self._read[content, False], self._read[result, False]
        picture = self.pixels.swiped(before, after, self.position)
        return [(picture, f"{content.name} | {result.name}")]


class Difference(Layout):
    """How far two pictures differ, from black to bright; the mean over the colours, in [0, 1].

    Parameters
    ----------
    first, second : napari.layers.Image
    base : napari.layers.Image
        On whose pixels.
    """

    mode = "difference"

    def __init__(self, first: Image, second: Image, base: Image) -> None:
        super().__init__([base, first, second])

    def read(self, viewer: ViewerModel, changed: Image | None = None) -> None:
        """Read the layers as they are shown, all or the one that has changed."""
        from napari.utils.colormaps import ensure_colormap

        super().read(viewer, changed)
        _, first, second = self.layers
        one, other = self._read[first, False], self._read[second, False]
        # What is transparent has no colour: it counts as black.
        distance = np.abs(one[..., :3] * one[..., 3:] - other[..., :3] * other[..., 3:]).mean(-1)
        highest = float(distance.max())
        colours = ensure_colormap("magma").map(distance.ravel() / (highest or 1))
        self._picture = np.asarray(colours.reshape(*distance.shape, 4), np.float32)
        self._caption = (
            f"|{first.name} - {second.name}|\n"
            f"mean {distance.mean():.3f}, brightest {highest:.3f} of 1"
        )

    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return the one picture, its brightest where the two differ most."""
        return [(self._picture, self._caption)]


def captions(results: Sequence[Image]) -> list[str]:
    """Return for each result its name, and below it what tells its settings from the others'.

    A name that says that already, as those of a sweep do, is left out.
    """
    found = []
    records = [record_of(result) or {"settings": "{}"} for result in results]
    for result, what in zip(results, varying(records), strict=True):
        name = str(result.name)
        parts = what.split(", ")
        told = bool(what) and all(part in name for part in parts)
        if len(parts) <= _LINES:
            what = "\n".join(parts)
        found.append(what if told else f"{name}\n{what}" if what else name)
    return found
