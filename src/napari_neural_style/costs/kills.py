"""What is learnt from a run that was killed for lack of memory: it takes more than was thought."""

from __future__ import annotations

from dataclasses import replace

from napari_neural_style.costs.available import available_memory
from napari_neural_style.costs.measured import known_costs, remember_costs
from napari_neural_style.costs.model import network_bytes, padded
from napari_neural_style.costs.planning import plan
from napari_neural_style.pictures.images import fit
from napari_neural_style.settings import Settings

__all__ = ["remember_kill"]

#: Other programs may have had a part in it: no kill tells of more than this factor.
_MOST = 1.5


def remember_kill(shape: tuple[int, ...], settings: Settings, side: int) -> None:
    """Raise what a network is thought to take, so that the next run is planned with more.

    The run took at least what is free now that it is gone.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the content, in pixels; what follows is ignored.
    settings : Settings
    side : int
        Of the tiles it was painted in; 0 if it was whole.
    """
    costs = known_costs(settings)
    if costs is None:
        return
    inside = padded(fit(shape, min(settings.size, max(shape[:2]))), settings)
    free = available_memory()
    tiling = plan(inside, settings.replace(tile=side), costs, free)
    taken = network_bytes(free, tiling, inside, settings, costs)
    taken = min(taken, _MOST * costs.bytes_per_pixel)
    if taken > costs.bytes_per_pixel:
        remember_costs(settings, replace(costs, bytes_per_pixel=taken))
