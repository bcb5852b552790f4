"""Whether a picture is painted whole or in which tiles, so that it fits into the memory."""

from __future__ import annotations

from napari_neural_style.costs.model import (
    NetworkCosts,
    Plan,
    is_adam,
    memory,
    padded,
    tiles_along,
    work,
)
from napari_neural_style.errors import SettingsError
from napari_neural_style.pictures.images import fit
from napari_neural_style.settings import SMALLEST_TILE, Settings

__all__ = ["check_fits", "largest_size", "plan"]

#: Sides that tiles may have: margins weigh less on larger ones.
_SIDES = (2048, 1536, 1024, 768, 512, 384, 256, 192, 128, SMALLEST_TILE)
#: How far estimates may be off: no more than this share of the memory is planned for.
_SAFE = 0.8
#: How many steps of Adam bring what one of L-BFGS does, at least.
_STEPS_OF_ADAM = 2.0


def plan(
    shape: tuple[int, int], settings: Settings, costs: NetworkCosts, available: int | None
) -> Plan:
    """Return how a picture of that height and width is painted.

    Parameters
    ----------
    shape : (int, int)
        With its margins.
    settings : Settings
    costs : NetworkCosts
    available : int, optional
        Bytes; None if that is not known: then all fits.
    """
    free = float("inf") if available is None else available
    asked = _SIDES if settings.tile == "auto" else (settings.tile,)
    sides = [side for side in asked if side and tiles_along(max(shape), side) > 1]
    if not costs.margin:
        sides = []
    whole = memory(Plan(0, 0, True), shape, settings, costs)
    if not sides or (settings.tile == "auto" and whole <= _SAFE * free):
        return Plan(0, whole, whole <= free)
    kinds = [
        Plan(side, 0, True, joint, in_place)
        for in_place in _ways(settings)
        for joint in (*costs.joints, None)
        for side in sides
    ]
    found = [kind._replace(bytes=memory(kind, shape, settings, costs)) for kind in kinds]
    fitting = [tiling for tiling in found if tiling.bytes <= _SAFE * free]
    if not fitting:
        return found[-1]._replace(fits=found[-1].bytes <= free)
    # Where both can be had, L-BFGS needs fewer steps.
    more = {True: _STEPS_OF_ADAM, False: 1.0}
    return min(fitting, key=lambda t: more[t.in_place] * work(t, shape, costs.margin))


def _ways(settings: Settings) -> tuple[bool, ...]:
    """Return whether the optimiser can do otherwise than in place, and whether it can do that."""
    if is_adam(settings) and settings.optimizer != "lamb":
        return (True,)
    return (False, True) if settings.optimizer == "auto" else (False,)


def largest_size(
    content: tuple[int, ...], settings: Settings, costs: NetworkCosts, available: int
) -> int | None:
    """Return the largest size, up to that of the settings, that fits; None if none does."""
    low, high = 16, settings.size
    if not _fits(content, low, settings, costs, available):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(content, middle, settings, costs, available):
            low = middle
        else:
            high = middle
    # A size that one can remember.
    return low if low < 100 else low // 10 * 10


def check_fits(found: Plan, size: int, largest: int | None, available: int) -> None:
    """Raise an error, which says what can be done, if a run cannot fit.

    Parameters
    ----------
    found : Plan
    size : int
        Longest side, in pixels.
    largest : int, optional
        As `largest_size` returns it.
    available : int
        Bytes.

    Raises
    ------
    SettingsError
        If so.
    """
    if found.fits:
        return
    there = f"{found.bytes / 2**30:.1f} GB of memory, and {available / 2**30:.1f} GB are free"
    remedy = f"choose size={largest} or less" if largest else "close other programs"
    raise SettingsError(f"Painting at {size} pixels needs about {there}: {remedy}.")


def _fits(
    content: tuple[int, ...], size: int, settings: Settings, costs: NetworkCosts, available: int
) -> bool:
    shape = padded(fit(content, size), settings)
    return plan(shape, settings, costs, available).fits
