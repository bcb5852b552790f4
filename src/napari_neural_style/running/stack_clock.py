"""Progress over a whole stack, from the progress of one slice after the other."""

from __future__ import annotations

import dataclasses

from napari_neural_style.job import Progress

__all__ = ["StackClock"]


class StackClock:
    """Progress of one slice told as progress of the whole stack.

    Parameters
    ----------
    slices : int
        How many there are to paint.
    steps : int
        How many steps each takes.
    """

    def __init__(self, slices: int, steps: int) -> None:
        self._slices, self._steps = slices, steps
        self._before = 0
        self._seconds = 0.0
        self._latest = 0.0

    def prepared(self, seconds: float) -> None:
        """Count time spent before the first step of a slice."""
        self._seconds += seconds

    def over_all(self, progress: Progress) -> Progress:
        """Return the progress of the present slice as that of the whole stack."""
        self._latest = progress.seconds
        seconds = self._seconds + progress.seconds
        done = self._before + progress.fraction
        remaining = None
        if progress.remaining is not None:
            left = self._slices - self._before - 1
            whole_slice = progress.seconds + progress.remaining
            if self._before:
                whole_slice = seconds / done
            remaining = progress.remaining + left * whole_slice
        return dataclasses.replace(
            progress,
            step=self._before * self._steps + progress.step,
            total=self._slices * self._steps,
            seconds=seconds,
            remaining=remaining,
            fraction=done / self._slices,
        )

    def next_slice(self) -> None:
        """Count the present slice as done, painted or left out."""
        self._seconds += self._latest
        self._latest = 0.0
        self._before += 1
