"""What every look starts from: networks that were trained beforehand, on many pictures.

They share their kernels; each has a factor and a bias of its own for every channel (as styles share
a network in V. Dumoulin et al., arXiv:1610.07629, here without normalisation, so that a factor can
be multiplied into its kernel). ``training/looks.py`` trains them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from napari_neural_style.errors import WeightsError
from napari_neural_style.look_network import LookNetwork, Widths, parameter_shapes

__all__ = ["FILE", "folded", "starts"]

FILE = "look_start.safetensors"


@cache
def starts() -> tuple[LookNetwork, ...]:
    """Return the networks that come with the package.

    Raises
    ------
    WeightsError
        If their file is missing or damaged.
    """
    try:
        data = resources.files(__package__).joinpath(FILE).read_bytes()
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        widths = Widths(**json.loads(header["__metadata__"]["widths"]))
        arrays = load(data)
        count = len(arrays["enter.factors"])
        return tuple(folded(arrays, widths, number) for number in range(count))
    except Exception as error:
        raise WeightsError(
            f"What looks start from cannot be read ({error}): reinstall napari-neural-style."
        ) from error


def folded(arrays: Mapping[str, NDArray[np.floating]], widths: Widths, number: int) -> LookNetwork:
    """Return one of several networks that share their kernels.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        ``"<name>.kernel"``, as `parameter_shapes` has them; ``"<name>.factors"`` and
        ``"<name>.biases"``, both of the shape (networks, channels).
    widths : Widths
    number : int
        Which one.
    """
    parameters = {}
    for name in parameter_shapes(widths):
        layer, _, part = name.rpartition(".")
        if part == "bias":
            parameters[name] = arrays[f"{layer}.biases"][number].astype(np.float32)
        else:
            factors = arrays[f"{layer}.factors"][number].astype(np.float32)
            parameters[name] = arrays[name].astype(np.float32) * factors
    return LookNetwork(widths, parameters)
