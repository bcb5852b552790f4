"""Coarse to fine: at which sizes to work, for how many steps, and how fast.

Large shapes are settled where they are small and cheap; each finer scale starts from the picture
and the optimiser state of the one before (the warm start of K. Crowson's style-transfer-pytorch).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from napari_neural_style.settings import Settings

__all__ = ["Scale", "learning_rate", "schedule", "still_to_do"]

_MOST_SCALES = 5
#: What is left of the learning rate at the end of a scale.
_FINAL_RATE = 0.1


@dataclass(frozen=True)
class Scale:
    """One resolution of the pyramid.

    Parameters
    ----------
    size : int
        Longest side in pixels.
    steps : int
    """

    size: int
    steps: int

    @property
    def work(self) -> int:
        """Work of this scale, in steps times pixels of a square."""
        return self.steps * self.size**2


def schedule(size: int, smallest: int, steps: int) -> list[Scale]:
    """Return the scales of a run, coarse to fine.

    Sizes lie about a factor of √2 apart, or further if that made too many of them: the steps of
    each shall not become too few. Their number falls with the size, since fine scales only add
    detail and cost most.

    Parameters
    ----------
    size : int
        Longest side of the finest scale, in pixels.
    smallest : int
        Longest side of the coarsest; 0, or anything not below `size`, gives a single scale.
    steps : int
        Steps over all scales.

    Returns
    -------
    list of Scale
        With `steps` steps in all and at least one at each scale.
    """
    gaps = round(2 * math.log2(size / smallest)) if 0 < smallest < size else 0
    gaps = min(gaps, _MOST_SCALES - 1, steps - 1)
    sizes = [size] if gaps == 0 else []
    if gaps:
        sizes = [round(smallest * (size / smallest) ** (k / gaps)) for k in range(gaps + 1)]
    shares = [s**-0.5 for s in sizes]
    # Rounding the running sum keeps the total exact; one step each is set aside first.
    spare = steps - len(sizes)
    ends = [round(spare * sum(shares[: k + 1]) / sum(shares)) for k in range(len(sizes))]
    counts = [1 + end - start for start, end in zip([0, *ends], ends, strict=False)]
    return [Scale(s, n) for s, n in zip(sizes, counts, strict=True)]


def still_to_do(scales: list[Scale], done: int) -> list[tuple[Scale, int]]:
    """Return the scales that are left after so many steps, each with its steps that are done.

    Examples
    --------
    >>> still_to_do([Scale(64, 10), Scale(128, 5)], 12)
    [(Scale(size=128, steps=5), 2)]
    """
    left = []
    for scale in scales:
        if done < scale.steps:
            left.append((scale, max(0, done)))
        done -= scale.steps
    return left


def learning_rate(settings: Settings, done: float) -> float:
    """Return the learning rate at one step of a scale.

    Constant at first; over the share ``settings.decay`` at the end it falls to a tenth along a half
    cosine, so that the picture settles before the next scale takes it over.

    Parameters
    ----------
    settings : Settings
    done : float
        Share of the scale's steps that are done after this one, in (0, 1].
    """
    late = (done - 1 + settings.decay) / settings.decay if settings.decay else 0.0
    fall = 0.5 - 0.5 * math.cos(math.pi * max(0.0, late))
    return settings.learning_rate * (1 - (1 - _FINAL_RATE) * fall)
