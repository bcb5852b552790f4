"""The state of a training in a file: stop it at any time, and go on from there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from material import PATCH
from network import Network
from numpy.typing import NDArray
from start import Heads

__all__ = ["Checkpoint", "averaged"]


class Checkpoint:
    """A training's state.

    Parameters
    ----------
    path : Path
        An ``.npz``; written next to it first and then moved, so that it is always whole.

    Attributes
    ----------
    painted_at : int
        The step at which the painted patches were last added to; -1 for never.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.painted_at = -1

    def save(
        self,
        variables: Mapping[str, tf.Variable],
        moments: Mapping[str, tf.Variable],
        step: int,
        painted: NDArray[np.uint8],
        plan: Mapping[str, Any],
    ) -> None:
        """Write everything that the training needs to go on."""
        arrays = {f"variable/{name}": variable.numpy() for name, variable in variables.items()}
        arrays |= {f"moment/{name}": moment.numpy() for name, moment in moments.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial.npz")
        np.savez(
            partial,
            step=step,
            painted=painted,
            painted_at=self.painted_at,
            plan=json.dumps(plan),
            **arrays,
        )
        partial.replace(self.path)

    def start(self) -> tuple[Network, Heads] | None:
        """Return the student and its heads as they are in the file, if there is one."""
        if not self.path.exists():
            return None
        with np.load(self.path) as saved:
            layers = [n[9:-7] for n in saved.files if re.fullmatch("variable/.*[.]kernel", n)]
            parts = {
                part: {layer: saved[f"variable/{layer}.{part}"] for layer in layers}
                for part in ("kernel", "bias", "head", "offset")
            }
        heads = {layer: (parts["head"][layer][0, 0], parts["offset"][layer]) for layer in layers}
        return Network(parts["kernel"], parts["bias"], "blur", "float32"), heads

    def restore(
        self, variables: Mapping[str, tf.Variable], moments: Mapping[str, tf.Variable]
    ) -> tuple[int, NDArray[np.uint8]]:
        """Read the state, if there is one; return the step and the painted patches."""
        if not self.path.exists():
            return 0, np.zeros((0, PATCH, PATCH, 3), np.uint8)
        with np.load(self.path) as saved:
            for name, variable in variables.items():
                variable.assign(saved[f"variable/{name}"])
            for name, moment in moments.items():
                moment.assign(saved[f"moment/{name}"])
            self.painted_at = int(saved["painted_at"])
            return int(saved["step"]), saved["painted"]


def averaged(paths: Sequence[Path], variables: Mapping[str, tf.Variable]) -> None:
    """Set the variables to their mean over several checkpoints of one training.

    A rate that falls takes the noise out of the last steps; where a training is cut short before
    it has fallen, the mean does so nearly as well (as P. Izmailov et al., arXiv:1803.05407).

    Parameters
    ----------
    paths : sequence of Path
    variables : mapping of str to tf.Variable
    """
    files = [np.load(path) for path in paths]
    for name, variable in variables.items():
        variable.assign(np.mean([file[f"variable/{name}"] for file in files], 0))
    for file in files:
        file.close()
