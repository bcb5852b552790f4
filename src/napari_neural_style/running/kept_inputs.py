"""What runs that are over keep of their inputs, to go on from: as much as a budget has room for."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any, Protocol

from numpy.typing import NDArray

__all__ = ["KEPT_BYTES", "keep_inputs"]

#: Of all runs that are over together, in memory; what several have in common counts once. The
#: inputs of older runs are let go, and read again from their layers when such a run is continued.
KEPT_BYTES = 256_000_000


class Keeping(Protocol):
    """A run, as far as it is asked here."""

    def inputs_kept(self) -> Iterable[NDArray[Any]]:
        """Return the arrays that it keeps."""

    def let_inputs_go(self) -> None:
        """Keep them no more."""


#: Runs that are over, the latest one last.
_runs: list[weakref.ref[Keeping]] = []


def keep_inputs(run: Keeping) -> None:
    """Keep the inputs of a run that is over, and let go of the oldest where it gets too much."""
    others = [other for reference in _runs if (other := reference()) not in (None, run)]
    _runs[:] = [weakref.ref(other) for other in (*others, run) if other is not None]
    counted: set[int] = set()
    total = 0
    for reference in reversed(_runs):
        if (kept := reference()) is None:
            continue
        arrays = {id(array): array.nbytes for array in kept.inputs_kept()}
        added = sum(size for array, size in arrays.items() if array not in counted)
        if total + added > KEPT_BYTES:
            kept.let_inputs_go()
        else:
            total += added
            counted |= arrays.keys()
