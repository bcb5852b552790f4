"""The pictures of a comparison: grid, swipe and difference. Qt-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
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
#: A layer, and whether it is scaled to fit the common pixels or shown where it lies.
_View = tuple["Image", bool]
#: In captions, up to this many settings have a line each.
_LINES = 3


class Layout(ABC):
    """Pictures made from layers, compared on the pixels of the first.

    Call `read` before `pictures`, and again whenever layers change.
    """

    mode: Mode

    def __init__(self, layers: Sequence[Image]) -> None:
        self.layers = list(layers)
        self.pixels: CommonPixels
        self._read: dict[_View, _Picture] = {}
        self._failed = False  # the last `read`; the next reads all layers again

    def read(self, viewer: ViewerModel, changed: Image | None = None) -> None:
        """Read the layers as they are shown, or only the one whose data have changed.

        Raises
        ------
        ImageError
            If a layer cannot be read.
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
        """Return the pictures, on the common pixels, with their captions."""


class Grid(Layout):
    """One picture for each cell; content and style have cells if `inputs` is set."""

    mode = "grid"

    def __init__(
        self,
        content: Image | None,
        style: Image | None,
        results: Sequence[Image],
        inputs: bool = True,
    ) -> None:
        base = results[0] if content is None else content
        self._content, self._style = (content, style) if inputs else (None, None)
        self._results = list(results)
        super().__init__([base, *results, *([] if self._style is None else [self._style])])

    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return one picture for each cell."""
        cells = []
        if self._content is not None:
            cells.append((self._read[self._content, False], f"content: {self._content.name}"))
        if self._style is not None:
            cells.append((self._read[self._style, True], f"style: {self._style.name}"))
        for result, caption in zip(self._results, captions(self._results), strict=True):
            cells.append((self._read[result, False], caption))
        return cells

    def _views(self) -> list[_View]:
        views = [(layer, False) for layer in (self.layers[0], *self._results)]
        return views if self._style is None else [*views, (self._style, True)]


class Swipe(Layout):
    """The content to the left of a line, a result to its right.

    The line's `position` goes from 0, at the left edge, to 1.
    """

    mode = "swipe"

    def __init__(self, content: Image, result: Image, position: float) -> None:
        super().__init__([content, result])
        self.position = position
        self._swiped: tuple[_Picture, _Picture, float, _Picture] | None = None

    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return the one picture."""
        content, result = self.layers
        before, after, at = self._read[content, False], self._read[result, False], self.position
        # The same object as before while nothing has changed: whoever draws it keeps what it has.
        known = self._swiped
        if known is None or known[0] is not before or known[1] is not after or known[2] != at:
            known = self._swiped = before, after, at, self.pixels.swiped(before, after, at)
        return [(known[3], f"{content.name} | {result.name}")]


class Difference(Layout):
    """The absolute difference of two layers on the pixels of `base`, from black to bright.

    It is the mean over the colours, in [0, 1].
    """

    mode = "difference"

    def __init__(self, first: Image, second: Image, base: Image) -> None:
        super().__init__([base, first, second])

    def read(self, viewer: ViewerModel, changed: Image | None = None) -> None:
        """Read the layers as in `Layout`, and compute their difference."""
        from napari.utils.colormaps import ensure_colormap

        super().read(viewer, changed)
        _, first, second = self.layers
        one, other = self._read[first, False], self._read[second, False]
        # Transparent pixels count as black.
        distance = np.abs(one[..., :3] * one[..., 3:] - other[..., :3] * other[..., 3:]).mean(-1)
        highest = float(distance.max())
        colours = ensure_colormap("magma").map(distance.ravel() / (highest or 1))
        self._picture = np.asarray(colours.reshape(*distance.shape, 4), np.float32)
        self._caption = (
            f"|{first.name} - {second.name}|\n"
            f"mean {distance.mean():.3f}, brightest {highest:.3f} of 1"
        )

    def pictures(self) -> list[tuple[_Picture, str]]:
        """Return the one picture."""
        return [(self._picture, self._caption)]


def captions(results: Sequence[Image]) -> list[str]:
    """Return for each result the settings in which the results differ, and nothing else.

    Its name where they do not, as for a single one.
    """
    records = [record_of(result) or {"settings": "{}"} for result in results]
    found = varying(records)
    alike = Counter(found)
    return [
        _in_lines(what) if what and alike[what] == 1 else "\n".join(filter(None, (name, what)))
        for what, name in zip(found, (str(result.name) for result in results), strict=True)
    ]


def _in_lines(what: str) -> str:
    parts = what.split(", ")
    return "\n".join(parts) if len(parts) <= _LINES else what
