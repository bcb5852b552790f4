"""`steadied`: a frame as a look paints it, held to the frame before, moved along.

A look paints the same alike, but not quite: its strokes are not tied to what moves under them. A
running mean along the motion (as M. Lang et al. make films consistent, "Practical Temporal
Consistency for Image-Based Graphics Applications", SIGGRAPH 2012) takes most of the flicker out.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from napari_neural_style.films.flow import moved_along, quick_flow
from napari_neural_style.pictures.images import FloatImage, fit, resize

__all__ = ["Frame", "steadied"]

#: The longest side at which the motion is looked for: what is finer moves along with it.
_FLOW_SIZE = 256
#: The share that the frame before has, at full consistency, where it shows the same.
_SHARE = 0.82
#: How different two contents are, in [0, 1], whose share falls to 1 / e; noise counts less, for
#: differences are taken over this many pixels.
_DIFFERENT, _OVER = 0.06, 1.5
#: Where so little of the picture is the same, the scene has changed: nothing is taken over.
_CUT = 0.3

#: A content and its painting, each an ndarray of float32, shape (H, W, 3), RGB in [0, 1].
Frame = tuple[FloatImage, FloatImage]


def steadied(frame: Frame, before: Frame, consistency: float) -> FloatImage:
    """Return the painting of a frame, held to that of the frame before.

    Parameters
    ----------
    frame : (content, painting)
        Of any sizes, as long as they show the same.
    before : (content, painting)
        Of the frame before: its painting as this function returned it.
    consistency : float
        In [0, 1]: how firmly.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        Of the painting's size.
    """
    content, painting = frame
    small = fit(content.shape, min(_FLOW_SIZE, max(content.shape[:2])))
    here, there = resize(content, small), resize(before[0], small)
    flow = quick_flow(here, there)
    same = _same(here, moved_along(there, flow), flow)
    if same.mean() < _CUT:
        return painting
    height, width = painting.shape[:2]
    # An image of the flow: in units of the picture, so that it can be brought to another size.
    scale = np.array([height / small[0], width / small[1]], np.float32).reshape(2, 1, 1)
    full = _enlarged(flow * scale, (height, width))
    held = _SHARE * consistency * _enlarged(same[np.newaxis], (height, width))[0][..., np.newaxis]
    moved = moved_along(resize(before[1], (height, width)), full)
    return np.asarray(painting + held * (moved - painting), np.float32)


def _same(here: FloatImage, moved: FloatImage, flow: np.ndarray) -> np.ndarray:
    """Return how far what has moved here is what is here, place by place: 1 is the same."""
    difference = gaussian_filter(np.abs(here - moved).mean(axis=-1), _OVER)
    size = np.reshape(here.shape[:2], (2, 1, 1))
    places = np.indices(here.shape[:2]) + flow
    inside = ((places >= 0) & (places <= size - 1)).all(axis=0)
    return np.asarray(inside * np.exp(-((difference / _DIFFERENT) ** 2)), np.float32)


def _enlarged(maps: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return maps, (n, h, w), at another size; they may have any values."""
    sides = [wanted / there for wanted, there in zip(shape, maps.shape[1:], strict=True)]
    return np.asarray(zoom(maps, (1, *sides), order=1, mode="nearest", grid_mode=True))
