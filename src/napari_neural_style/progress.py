"""What the engine reports during a run: plain records of numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Notice", "Progress", "Steering", "Update"]

#: Changes of settings, each with the number of steps done by then.
Steering = tuple[tuple[int, dict[str, float]], ...]


@dataclass(frozen=True)
class Progress:
    """The state of a run after a step.

    Parameters
    ----------
    step, total : int
        Steps done and steps in all.
    losses : dict of str to float
        ``"total"`` (what is minimised) and its terms, unweighted: ``"content"``, ``"style"``,
        ``"tv"``, ``"style/<feature layer>"`` for each style layer, and ``"temporal"`` if the job
        has an anchor.
    seconds : float
        Time since the first step began, pauses excluded.
    remaining : float or None
        Estimated seconds to the end; None until there is an estimate.
    fraction : float
        Share of the work done, in (0, 1]; steps at coarse scales count less.
    image : ndarray of float32, shape (h, w, 3)
        The picture so far, RGB in [0, 1], at the size of the current scale.
    features, style_loss, device, precision : str
        The network, style statistic, device and arithmetic in use, in words for the user.
    weights_sha256 : str
        Checksum of the network's weights file; empty if there is none.
    steering : tuple of (int, dict of str to float)
        How the run was steered so far, as in `Job`.

    Examples
    --------
    >>> def tell(update):
    ...     if isinstance(update, Progress):
    ...         print(update.step, "of", update.total, update.image.shape)
    >>> painted = stylize(
    ...     photo, painting, callback=tell, size=64, steps=4, update_every=2, smallest_scale=0
    ... )
    1 of 4 (43, 64, 3)
    2 of 4 (43, 64, 3)
    4 of 4 (43, 64, 3)
    """

    step: int
    total: int
    losses: dict[str, float]
    seconds: float
    remaining: float | None
    fraction: float
    image: NDArray[np.float32] = field(repr=False)
    features: str
    style_loss: str
    device: str
    precision: str
    weights_sha256: str = ""
    steering: Steering = ()

    @property
    def finished(self) -> bool:
        """Whether this is the last step of the run."""
        return self.step == self.total


@dataclass(frozen=True)
class Notice:
    """A message to the user during a run.

    Parameters
    ----------
    text : str
    important : bool
        Whether the user must not miss it: a choice was made for them.
    fraction : float, optional
        For something slow (a download): the share done.
    lacks_weights : bool
        Whether it says that the ImageNet weights are missing.

    Examples
    --------
    >>> said = []
    >>> options = {"features": "builtin", "size": 64, "steps": 2}
    >>> painted = stylize(photo, painting, callback=said.append, **options)
    >>> [update.text for update in said if isinstance(update, Notice) and update.important]
    []
    """

    text: str
    important: bool = False
    fraction: float | None = None
    lacks_weights: bool = False


Update = Progress | Notice
