"""The slices of a stack or a film, one after the other: where each lies, and what it shows."""

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
    """All slices of a layer or of a view, numbered; each is read only when it is asked for.

    Parameters
    ----------
    source : Source or View
    sliders : Sliders
        They say which axes are shown, and which slice is.
    size : int
        Longest side, in pixels, that is needed.
    window : Window, optional
        The part of each slice that is wanted.

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
        """Where the whole stack lies."""
        first = replace(self._plane, position=(0.0,) * self.source.grid.ndim)
        return self.source.grid.place(first, self.size, self.window)

    def shape(self, placement: Placement) -> tuple[int, ...]:
        """Return the shape of a stack of results placed like this, without the axis of colours."""
        shape = list(self.source.grid.shape)
        for axis, length in zip(self._plane.axes, placement.shape, strict=True):
            shape[axis] = length
        return tuple(shape)

    def index(self, number: int) -> tuple[int, ...]:
        """Return a slice's position on the axes that are not shown."""
        return tuple(int(k) for k in np.unravel_index(number, self._lengths))

    def key(self, number: int) -> tuple[slice, ...]:
        """Return what picks a slice out of a stack of results."""
        key = [slice(None)] * self.source.grid.ndim
        for axis, k in zip(self._hidden, self.index(number), strict=True):
            key[axis] = slice(k, k + 1)
        return tuple(key)

    def order(self) -> list[int]:
        """Return all slices: from the one that is shown to the last, then back to the first."""
        return [*range(self.shown, len(self)), *range(self.shown - 1, -1, -1)]

    def neighbours(self, number: int) -> list[int]:
        """Return the slices just before and after one in time.

        Time is the axis of that name; without one, the first of those that are not shown.
        """
        labels = [
            str(self.source.grid.transforms["axis_labels"][axis]).lower() for axis in self._hidden
        ]
        time = next((k for k, label in enumerate(labels) if label in _TIME_LABELS), 0)
        found = []
        for step in (-1, 1):
            index = list(self.index(number))
            index[time] += step
            if 0 <= index[time] < self._lengths[time]:
                found.append(int(np.ravel_multi_index(index, self._lengths)))
        return found

    def sliders_at(self, number: int) -> Sliders:
        """Return the sliders as they stand when a slice is shown."""
        position = np.zeros(self.source.grid.ndim)
        position[list(self._hidden)] = self.index(number)
        return sliders_at(self.source.grid, self._flat, tuple(position))

    def read(self, number: int) -> tuple[FloatImage, Placement]:
        """Return what a slice shows, and where a result made from it alone belongs.

        Raises
        ------
        ImageError
            If it cannot be painted as it is.
        """
        return self.source.read_at(self.sliders_at(number), self.size, self.window)

    @property
    def _flat(self) -> Sliders:
        """The sliders as in the 2D view: in 3D, all slices of the volume are on show."""
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
