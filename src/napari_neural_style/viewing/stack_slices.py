"""The slices of a stack or a film, read one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.images import FloatImage
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Plane, Sliders, shown_axes, sliders_at
from napari_neural_style.viewing.sources import Source, Window
from napari_neural_style.viewing.views import View

__all__ = ["StackSlices"]

_TIME_LABELS = ("t", "time", "frame")


@dataclass(frozen=True)
class StackSlices:
    """The numbered slices of a layer or a view, read on demand.

    `sliders` tell which axes and which slice are shown, `size` is the longest side needed, in
    pixels, and `window` is the part of each slice to read.

    Raises
    ------
    ImageError
        If there are no slices.
    """

    source: Source | View
    sliders: Sliders
    size: int
    window: Window | None = None

    def __post_init__(self) -> None:
        if not self._hidden:
            raise ImageError(
                f"The {self.source.grid.title} has no slices: it is one flat image, so leave out "
                f"slices='all'."
            )

    def __len__(self) -> int:
        return int(np.prod(self._lengths))

    def without_data(self) -> StackSlices:
        """Return the same slices for those who only ask how many there are and where."""
        return replace(self, source=self.source.without_data())

    @property
    def shown(self) -> int:
        """Number of the slice that the sliders show."""
        index = self.source.grid.index(self._plane)
        return int(np.ravel_multi_index([index[axis] for axis in self._hidden], self._lengths))

    @cached_property
    def placement(self) -> Placement:
        """The placement of the whole stack."""
        first = replace(self._plane, position=(0.0,) * self.source.grid.ndim)
        return self.source.grid.place(first, self.size, self.window)

    def shape(self, placement: Placement) -> tuple[int, ...]:
        """Return the shape of a stack of results of this placement, without the axis of colours."""
        shape = list(self.source.grid.shape)
        for axis, length in zip(self._plane.axes, placement.shape, strict=True):
            shape[axis] = length
        return tuple(shape)

    def index(self, number: int) -> tuple[int, ...]:
        """Return a slice's index on the axes that are not shown."""
        return tuple(int(k) for k in np.unravel_index(number, self._lengths))

    def key(self, number: int) -> tuple[slice, ...]:
        """Return the index of a slice in a stack of results."""
        key = [slice(None)] * self.source.grid.ndim
        for axis, k in zip(self._hidden, self.index(number), strict=True):
            key[axis] = slice(k, k + 1)
        return tuple(key)

    def order(self) -> list[int]:
        """Return all slices: from the shown one to the last, then back to the first."""
        return [*range(self.shown, len(self)), *range(self.shown - 1, -1, -1)]

    def neighbours(self, number: int) -> list[int]:
        """Return the slices just before and after one in time.

        Time is the axis of that name, or else the first axis that is not shown.
        """
        labels = self.source.grid.transforms["axis_labels"]
        named = [str(labels[axis]).lower() in _TIME_LABELS for axis in self._hidden]
        time = named.index(True) if any(named) else 0
        found = []
        for step in (-1, 1):
            index = list(self.index(number))
            index[time] += step
            if 0 <= index[time] < self._lengths[time]:
                found.append(int(np.ravel_multi_index(index, self._lengths)))
        return found

    def sliders_at(self, number: int) -> Sliders:
        """Return the sliders that show a slice."""
        position = np.zeros(self.source.grid.ndim)
        position[list(self._hidden)] = self.index(number)
        return sliders_at(self.source.grid, self._flat, tuple(position))

    def read(self, number: int) -> tuple[FloatImage, Placement]:
        """Return what a slice shows, and the placement of a result made from it alone.

        Raises
        ------
        ImageError
            If it cannot be painted as it is.
        """
        return self.source.read_at(self.sliders_at(number), self.size, self.window)

    @property
    def _flat(self) -> Sliders:
        """The sliders as in the 2D view, since the 3D view shows all slices at once."""
        return replace(self.sliders, ndisplay=2)

    @cached_property
    def _plane(self) -> Plane:
        return self.source.grid.plane(self._flat)

    @property
    def _hidden(self) -> tuple[int, ...]:
        return tuple(sorted(shown_axes(self.source.grid.ndim, self.sliders)[:-2]))

    @property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(self.source.grid.shape[axis] for axis in self._hidden)
