"""Where a picture lies that is to be seen at every position of the sliders. Qt-free."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from napari_neural_style.viewing.placement import OWN_TRANSFORM, Placement

__all__ = ["flat"]


#: Arguments that have one part for each axis.
_OF_AXES: tuple[str, ...] = ("units", "axis_labels")


def flat(placement: Placement, pixels: NDArray[Any]) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the data of a result, and arguments of napari's `Image` that lay it over the content.

    Of a stack, rows and columns alone, where these are its last axes and nothing turns them into
    others: napari shows such a layer in every slice. Otherwise it is the placement's own.

    Parameters
    ----------
    placement : Placement
    pixels : ndarray
        As `Placement.picture` returns it.

    Returns
    -------
    pixels : ndarray
    arguments : dict
    """
    from napari.utils.transforms import Affine

    ndim = placement.ndim
    if ndim == 2 or placement.axes != (ndim - 2, ndim - 1):
        return pixels, placement.transforms
    own = {name: placement.transforms[name] for name in OWN_TRANSFORM}
    matrix = placement.transforms["affine"] @ Affine(**own, ndim=ndim).affine_matrix
    linear = matrix[:-1, :-1]
    if linear[-2:, :-2].any() or linear[:-2, -2:].any():
        return pixels, placement.transforms
    arguments: dict[str, Any] = {
        name: placement.transforms[name][-2:] for name in _OF_AXES if name in placement.transforms
    }
    return pixels.reshape(pixels.shape[-3:]), {**arguments, "affine": matrix[-3:, -3:]}
