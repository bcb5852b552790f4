"""Motion between two frames of a film: optical flow, its validity, and warping."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.pictures.images import FloatImage, resize

__all__ = ["Motion", "motion_between", "moved_along", "quick_flow", "warped"]

#: Rec. 709 luma coefficients of red, green and blue.
_LUMA = np.array([0.2126, 0.7152, 0.0722])


class Motion(NamedTuple):
    """The motion from another frame to this one.

    Parameters
    ----------
    flow : ndarray of float32, shape (2, H, W)
        Offset in rows and columns from each pixel of this frame to where it was in the other.
    valid : ndarray of bool, shape (H, W)
        Where the flow is reliable.
    """

    flow: NDArray[np.float32]
    valid: NDArray[np.bool_]


def motion_between(frame: FloatImage, other: FloatImage) -> Motion:
    """Return the motion from another frame to this one.

    The flow (TV-L1; C. Zach, T. Pock and H. Bischof, DAGM 2007) is computed both ways. It is valid
    where both agree (no occlusion), where it is smooth (no motion boundary), and where it stays
    inside the picture. The thresholds are those of Sundaram, Brox and Keutzer (ECCV 2010), used for
    the same purpose by M. Ruder, A. Dosovitskiy and T. Brox, "Artistic style transfer for videos"
    (arXiv:1604.08610).

    Parameters
    ----------
    frame, other : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1], of the same size.
    """
    from skimage.registration import optical_flow_tvl1 as optical_flow

    here, there = ((image @ _LUMA).astype(np.float32) for image in (frame, other))
    back = optical_flow(here, there, dtype=np.float32)  # type: ignore[no-untyped-call]
    forth = optical_flow(there, here, dtype=np.float32)  # type: ignore[no-untyped-call]
    return Motion(back, _valid(back, forth))


def quick_flow(frame: FloatImage, other: FloatImage) -> NDArray[np.float32]:
    """Return the flow of `Motion` alone, a few times as quickly and a little less exactly."""
    from skimage.registration import optical_flow_tvl1 as optical_flow

    here, there = ((image @ _LUMA).astype(np.float32) for image in (frame, other))
    flow: NDArray[np.float32] = optical_flow(  # type: ignore[no-untyped-call]
        here, there, num_warp=3, num_iter=5, dtype=np.float32
    )
    return flow


def warped(image: NDArray[np.float32], motion: Motion) -> NDArray[np.float32]:
    """Return a picture of the other frame, (h, w, 3) of any size, warped to this one, (H, W, 3)."""
    return moved_along(resize(image, motion.valid.shape), motion.flow)


def moved_along(image: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an image of the other frame, (H, W, 3), moved along a flow of its size."""
    places = _places(flow)
    # One channel a thread: scipy lets go of Python's lock.
    with ThreadPoolExecutor() as threads:
        channels = threads.map(lambda c: _sampled(image[..., c], places), range(image.shape[-1]))
        return np.clip(np.stack(list(channels), axis=-1), 0, 1)


def _valid(back: NDArray[np.float32], forth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where the flow is valid, as `motion_between` defines it."""
    places = _places(back)
    size = np.array(back.shape[1:]).reshape(2, 1, 1)
    inside = ((places >= 0) & (places <= size - 1)).all(axis=0)
    returned = np.stack([_sampled(part, places) for part in forth])
    agree = _square(back + returned) <= 0.01 * (_square(back) + _square(returned)) + 0.5
    slopes = sum(_square(np.stack(np.gradient(part))) for part in back)
    smooth = slopes <= 0.01 * _square(back) + 0.002
    valid: NDArray[np.bool_] = inside & agree & smooth
    return valid


def _places(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    places: NDArray[np.float32] = (np.indices(flow.shape[1:]) + flow).astype(np.float32)
    return places


def _sampled(plane: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.ndimage import map_coordinates

    # Cubic interpolation: linear interpolation would blur a painting more with every frame.
    sampled: NDArray[np.float32] = map_coordinates(plane, places, order=3, mode="nearest")
    return sampled


def _square(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = (vectors**2).sum(axis=0)
    return squares
