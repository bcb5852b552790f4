"""What the engine is asked when a look is to be learnt, and what it tells: plain records."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.look_network import LookNetwork, Widths
from napari_neural_style.progress import Progress

__all__ = ["LEARNING_STEPS", "LearnJob", "Learnt", "Pair"]

#: By default: some two minutes on two processor cores.
LEARNING_STEPS = 370


@dataclass(frozen=True)
class Pair:
    """A content, and how it was painted.

    Parameters
    ----------
    content, result : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1]; pixel for pixel the same place.
    """

    content: NDArray[np.float32]
    result: NDArray[np.float32]


@dataclass(frozen=True)
class LearnJob:
    """A look to be learnt.

    Parameters
    ----------
    pairs : tuple of Pair
        What it is learnt from, at the size it was painted at.
    steps : int
        How many times the network is improved.
    update_every : int
        After as many steps there is news.
    seed : int
        Everything random depends on it.
    precision, device : str
        As in `Settings`.
    start : LookNetwork, optional
        Where to go on from: what was learnt before. By default, what comes with the package.
    widths : Widths, optional
        The shape of the network, where it does not start from another; by default that of the one
        that comes with the package.
    """

    pairs: tuple[Pair, ...]
    steps: int = LEARNING_STEPS
    update_every: int = 20
    seed: int = 0
    precision: str = "auto"
    device: str = "auto"
    start: LookNetwork | None = None
    widths: Widths | None = None


@dataclass(frozen=True)
class Learnt(Progress):
    """Progress of learning: `image` is the first content as it is painted by now.

    Parameters
    ----------
    network : LookNetwork
        What has been learnt by now.
    """

    network: LookNetwork = field(kw_only=True, repr=False)
