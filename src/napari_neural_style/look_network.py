"""`LookNetwork`: the numbers of a small network that paints, as plain arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELL", "GRAIN_CHANNELS", "TILE", "LookNetwork", "Widths", "parameter_shapes"]

#: The network works on cells of as many pixels a side: its input begins and ends with whole ones.
CELL = 4
#: How many channels of grain, which depends on the position alone, it gets beside the image.
GRAIN_CHANNELS = 4
#: Pictures are painted in tiles of as many pixels a side, counted from the picture's first pixel;
#: with bfloat16, tiles of another size would round otherwise.
TILE = 1024


@dataclass(frozen=True)
class Widths:
    """The shape of a look's network.

    Parameters
    ----------
    outer : int
        Channels at half the image's size.
    inner : int
        Channels at a quarter of it.
    blocks : int
        Residual blocks there.

    Examples
    --------
    >>> Widths().margin
    48
    """

    outer: int = 32
    inner: int = 64
    blocks: int = 4

    @property
    def margin(self) -> int:
        """How many pixels of the image around a pixel, on each side, decide on its colour.

        Whole cells; a convolution of 3 x 3 sees one pixel further on the map that it works on.
        """
        full_size = 1  # the mean of neighbours at the end
        half_size = 4  # the first convolution, the mean of neighbours, the last two convolutions
        quarter_size = 2 * self.blocks + 1
        return CELL * (quarter_size + -(-(2 * half_size + full_size) // CELL))


def parameter_shapes(widths: Widths) -> dict[str, tuple[int, ...]]:
    """Return the name and the shape of every kernel and bias, in the order of the network.

    Examples
    --------
    >>> parameter_shapes(Widths())["enter.kernel"]
    (3, 3, 12, 32)
    """
    outer, inner = widths.outer, widths.inner
    kernels = {"enter": (3, 3, 12, outer), "shrink": (2, 2, outer, inner)}
    kernels["grain"] = (1, 1, GRAIN_CHANNELS, inner)
    for block in range(1, widths.blocks + 1):
        kernels[f"block{block}.first"] = kernels[f"block{block}.second"] = (3, 3, inner, inner)
    kernels |= {"grow": (3, 3, inner, 4 * outer), "finish": (3, 3, outer, outer)}
    kernels["leave"] = (3, 3, outer, 12)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in kernels.items():
        shapes[f"{name}.kernel"] = shape
        if name != "grain":  # it is added to what has a bias already
            shapes[f"{name}.bias"] = shape[-1:]
    return shapes


@dataclass(frozen=True, eq=False)
class LookNetwork:
    """A network that paints, as plain arrays.

    Parameters
    ----------
    widths : Widths
    parameters : dict of str to ndarray of float16 or float32
        Kernels and biases, of the names and shapes of `parameter_shapes`.

    Raises
    ------
    ValueError
        If one is missing, too many, of another shape, or not finite.
    """

    widths: Widths
    parameters: Mapping[str, NDArray[np.floating]]

    def __post_init__(self) -> None:
        shapes = parameter_shapes(self.widths)
        found = {name: array.shape for name, array in self.parameters.items()}
        if found != shapes:
            wrong = next(n for n in {**shapes, **found} if found.get(n) != shapes.get(n))
            raise ValueError(f"{wrong!r} has the shape {found.get(wrong)}, not {shapes.get(wrong)}")
        for name, array in self.parameters.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name!r} has values that are no numbers")

    def half_precision(self) -> LookNetwork:
        """Return the same network in float16, as it is saved; half the size, and as good."""
        limit = np.finfo(np.float16).max
        parameters = {
            name: np.clip(array, -limit, limit).astype(np.float16)
            for name, array in self.parameters.items()
        }
        return LookNetwork(self.widths, parameters)

    @cached_property
    def fingerprint(self) -> str:
        """A checksum of its shape and numbers: equal ones paint equally."""
        digest = hashlib.sha256(repr(self.widths).encode())
        for name in parameter_shapes(self.widths):
            digest.update(np.ascontiguousarray(self.parameters[name], np.float32).tobytes())
        return digest.hexdigest()
