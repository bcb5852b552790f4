"""`estimate`: what a call of `stylize` would take, without making it."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from napari_neural_style.costs.estimate import Estimate, estimate_for
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.tasks.request import Request

__all__ = ["estimate"]


def estimate(
    content: ArrayLike, style: Any = None, *, preset: str = "balanced", **settings: Any
) -> Estimate:
    """Return what `stylize` would take with the same arguments: memory, time, tiles.

    It is immediate: nothing is loaded or computed. Memory is known beforehand for the networks of
    the package; time, and memory more exactly, from what runs on this machine took before.

    Parameters
    ----------
    content : array_like, shape (H, W), (H, W, 3) or (H, W, 4)
        Only its size counts.
    style : optional
        As for `stylize`; it adds next to nothing.
    preset : str
        As for `stylize`.
    **settings
        Fields of `Settings` that shall differ from the preset.

    Returns
    -------
    Estimate

    Raises
    ------
    ImageError, SettingsError
        If the content is none, or a setting cannot be.

    Examples
    --------
    >>> found = estimate(photo, painting, features="builtin", size=64, tile=0)
    >>> found.fits, found.tile, found.size
    (True, 0, 64)
    """
    request = Request.of_arrays(content, style, preset=preset, **settings)
    return estimate_for(as_array(request.content, "content").shape, request.settings)
