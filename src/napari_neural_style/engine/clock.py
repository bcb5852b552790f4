"""Time and work of a run, without its pauses."""

from __future__ import annotations

import time

__all__ = ["Clock"]


class Clock:
    """Started when it is made.

    Parameters
    ----------
    work : int
        The work of the whole run, in any unit.
    done : int
        How much of it was done before.
    seconds : float
        What that took.
    after : float
        How long it goes on after all of the work, in seconds, as far as that is known.
    """

    def __init__(
        self, work: int, done: int = 0, seconds: float = 0.0, *, after: float = 0.0
    ) -> None:
        self._work, self._done, self._after = work, done, after
        self._start = time.perf_counter() - seconds
        # The first step compiles; an estimate from it would be far too high.
        self._first: tuple[float, int] | None = None

    def pause(self, seconds: float) -> None:
        """Leave out a pause that has just ended."""
        self._start += seconds
        if self._first:
            self._first = (self._first[0] + seconds, self._first[1])

    def tick(self, work: int) -> None:
        """Note that this much more is done."""
        self._done += work
        self._first = self._first or (time.perf_counter(), self._done)

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.perf_counter() - self._start

    @property
    def fraction(self) -> float:
        """Share of the work done."""
        return self._done / self._work

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end, or None before there is anything to estimate it from."""
        if self._done == self._work:
            return 0.0
        if self._first is None or self._done == self._first[1]:
            return None
        rate = (time.perf_counter() - self._first[0]) / (self._done - self._first[1])
        return rate * (self._work - self._done) + self._after
