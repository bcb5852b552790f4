"""How much memory and work a picture takes, whole or in tiles: plain arithmetic.

The feature maps take so many bytes for each pixel that the network is given at a time; the picture,
the optimiser's state and the content's feature maps so many for each pixel of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from napari_neural_style.pictures.images import margin_width
from napari_neural_style.settings import Settings

__all__ = ["Joint", "NetworkCosts", "Plan", "curvature_pairs", "is_adam", "memory"]
__all__ += ["network_bytes", "padded", "pixels_at_once", "tiles_along", "work"]

#: An RGB image of float32, by pixel.
_IMAGE = 12
#: How many of them a step has at its peak: state before and after, gradient, update, content ...
_IMAGES = 14
#: ... with Adam in place: state, the last good picture, a preview ...
_IMAGES_IN_PLACE = 5.25
#: ... and for each pair of L-BFGS, likewise before and after.
_IMAGES_PER_PAIR = 4
#: Curvature pairs of L-BFGS, and how many bytes of them are too many.
_MOST_PAIRS, _LEAST_PAIRS, _PAIR_BYTES = 10, 3, 2**30
#: How much longer than that a tile may be: a picture of 2048 pixels has margins, and is to be cut
#: in two all the same, not in three.
_LONGER = 9 / 8
#: A first pass over the tiles, forward only, beside the second: so much of a step.
_AGAIN = 0.5
#: What is there on any picture: tracing, threads, small things.
_FIXED = 150 * 2**20


class Joint(NamedTuple):
    """A layer from which on a network can see the whole picture at once, behind tiles.

    Parameters
    ----------
    layer : str
    margin : int
        Pixels that the layers before it see around a tile.
    before : float
        Their share of the network's memory and work.
    bytes_per_pixel : float
        Of the map that goes into it, and of what is kept with that.
    """

    layer: str
    margin: int
    before: float
    bytes_per_pixel: float


@dataclass(frozen=True)
class NetworkCosts:
    """What a feature network costs, on one machine, with certain settings.

    Parameters
    ----------
    bytes_per_pixel : float
        Of its feature maps and all that goes with them, for each pixel it is given.
    content_bytes_per_pixel : float
        Of the feature maps of the content, which are kept.
    margin : int
        Pixels that it sees around a tile; 0 if pictures cannot be painted in tiles with it.
    seconds_per_pixel : float, optional
        Of a step of a whole picture, if that was measured.
    joints : tuple of Joint
        Where it can be taken apart; they follow from the network and are not compared.
    """

    bytes_per_pixel: float
    content_bytes_per_pixel: float = 0.0
    margin: int = 0
    seconds_per_pixel: float | None = None
    joints: tuple[Joint, ...] = field(default=(), compare=False)


class Plan(NamedTuple):
    """How a picture of one size is painted.

    Parameters
    ----------
    side : int
        Of a tile, in pixels; 0 for the whole picture.
    bytes : int
        At the peak.
    fits : bool
        Whether the memory is enough.
    joint : Joint, optional
        From where on the network sees the whole picture, while it is in tiles before.
    in_place : bool
        Whether Adam works in place.
    """

    side: int
    bytes: int
    fits: bool
    joint: Joint | None = None
    in_place: bool = False


def curvature_pairs(pixels: int) -> int:
    """Return how many curvature pairs L-BFGS remembers for a picture of so many pixels.

    Ten, as long as they take no more than a gibibyte (about 2048 x 2048 pixels); then fewer, but at
    least three.

    Examples
    --------
    >>> curvature_pairs(1024**2), curvature_pairs(3000**2), curvature_pairs(8192**2)
    (10, 4, 3)
    """
    return max(_LEAST_PAIRS, min(_MOST_PAIRS, _PAIR_BYTES // (2 * _IMAGE * max(1, pixels))))


def padded(shape: tuple[int, int], settings: Settings) -> tuple[int, int]:
    """Return height and width with the margins around the picture that are painted as well."""
    width = margin_width(max(shape)) if settings.padding == "edge" else 0
    return shape[0] + 2 * width, shape[1] + 2 * width


def memory(tiling: Plan, shape: tuple[int, int], settings: Settings, costs: NetworkCosts) -> int:
    """Return the bytes that a picture takes at the peak, whole or in tiles as planned."""
    pixels = shape[0] * shape[1]
    images = _IMAGES_IN_PLACE if tiling.in_place else _images(pixels, settings)
    each = float(_IMAGE * images)
    if tiling.side:
        each += costs.content_bytes_per_pixel
    if tiling.joint:
        each += tiling.joint.bytes_per_pixel
    at_once = pixels_at_once(tiling, shape, costs.margin)
    return _FIXED + round(at_once * costs.bytes_per_pixel + pixels * each)


def tiles_along(length: int, side: int) -> int:
    """Return how many tiles of that side, or a little longer, a length is cut into.

    Examples
    --------
    >>> tiles_along(2048, 1024), tiles_along(2176, 1024), tiles_along(2400, 1024)
    (2, 2, 3)
    """
    return max(1, math.ceil(length / (side * _LONGER)))


def pixels_at_once(tiling: Plan, shape: tuple[int, int], margin: int) -> float:
    """Return how many pixels the network is given at a time, on the mean of all its layers."""

    def of_a_tile(margin: int) -> float:
        return math.prod(
            min(length, -(-length // tiles_along(length, tiling.side)) + 2 * margin)
            for length in shape
        )

    return _before_and_behind(of_a_tile, tiling, shape, margin)


def work(tiling: Plan, shape: tuple[int, int], margin: int) -> float:
    """Return the work of a step, in pixels of a whole picture's step.

    Parameters
    ----------
    tiling : Plan
    shape : (int, int)
    margin : int
        As in `NetworkCosts`.
    """

    def of_all_tiles(margin: int) -> float:
        pixels = math.prod(_with_margins(length, tiling.side, margin) for length in shape)
        return (1.0 + _AGAIN) * pixels

    return _before_and_behind(of_all_tiles, tiling, shape, margin)


def _before_and_behind(
    in_tiles: Callable[[int], float], tiling: Plan, shape: tuple[int, int], margin: int
) -> float:
    """Return what tiles with a margin come to before the joint, and the whole picture behind it."""
    whole = float(math.prod(shape))
    if not tiling.side:
        return whole
    if joint := tiling.joint:
        return joint.before * in_tiles(joint.margin) + (1.0 - joint.before) * whole
    return in_tiles(margin)


def network_bytes(
    peak: int, tiling: Plan, shape: tuple[int, int], settings: Settings, costs: NetworkCosts
) -> float:
    """Return the bytes per pixel of the network, from a peak that was measured."""
    rest = memory(tiling, shape, settings, replace(costs, bytes_per_pixel=0.0)) - _FIXED
    return max(0.0, (peak - rest) / pixels_at_once(tiling, shape, costs.margin))


def _images(pixels: int, settings: Settings) -> int:
    # What 'auto' comes to depends on the style loss; L-BFGS takes more.
    if is_adam(settings):
        return _IMAGES
    return _IMAGES + _IMAGES_PER_PAIR * curvature_pairs(pixels)


def is_adam(settings: Settings) -> bool:
    """Return whether the optimiser is Adam or LAMB, which remember no curvature pairs."""
    return settings.optimizer in ("adam", "lamb") or settings.style_loss == "wasserstein"


def _with_margins(length: int, side: int, margin: int) -> int:
    """Return the length of all tiles along one axis together."""
    count = tiles_along(length, side)
    cuts = [round(k * length / count) for k in range(count + 1)]
    return sum(min(length, b + margin) - max(0, a - margin) for a, b in pairwise(cuts))
