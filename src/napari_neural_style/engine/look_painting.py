"""Painting with a look: the whole image at once, or in tiles that fit together exactly."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import lru_cache

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.control import Control
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.engine.look_layers import grain, painted
from napari_neural_style.errors import ImageError
from napari_neural_style.job import Job, Place
from napari_neural_style.look_network import CELL, TILE, LookNetwork, Widths
from napari_neural_style.pictures.images import fit, resize
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.settings import LARGEST_SIZE

__all__ = ["TITLE", "Painter", "paint_steps"]

TITLE = "Look"

_Painting = Callable[[list[tf.Tensor], tf.Tensor, tf.Tensor], tf.Tensor]


class Painter:
    """Paints images with one network.

    Parameters
    ----------
    network : LookNetwork
    precision : {"float32", "bfloat16"}
    device : str
        As `napari_neural_style.engine.device` picks it.
    """

    def __init__(self, network: LookNetwork, precision: str, device: str) -> None:
        self._widths, self._device = network.widths, device
        self._paint = _compiled(network.widths, tuple(network.parameters), device)
        with tf.device(device):
            self._parameters = [
                tf.cast(tf.constant(array.astype(np.float32)), precision)
                for array in network.parameters.values()
            ]

    def __call__(
        self,
        image: NDArray[np.float32],
        control: Control | None = None,
        place: Place | None = None,
        tile: int = TILE,
    ) -> NDArray[np.float32]:
        """Return an image as the network paints it.

        Parameters
        ----------
        image : ndarray of float32, shape (H, W, 3)
            RGB in [0, 1], of any size.
        control : Control, optional
            Asked before every tile.
        place : Place, optional
            Where it lies in a larger picture, and what of it is only there to be seen.
        tile : int
            Side of a tile in pixels, a multiple of 4.

        Returns
        -------
        ndarray of float32, shape (h, w, 3)
            RGB in [0, 1]: what is to be painted, by default all of it.

        Raises
        ------
        Cancelled
            If `control` says so.
        """
        place = place or Place()
        margin = self._widths.margin
        height = image.shape[0] - place.above - place.below
        width = image.shape[1] - place.left - place.right
        around = (
            (margin - place.above, margin - place.below + -height % CELL),
            (margin - place.left, margin - place.right + -width % CELL),
            (0, 0),
        )
        padded = np.pad(image, around, "edge")
        result = np.empty((height, width, 3), np.float32)
        for row in range(0, height, tile):
            for column in range(0, width, tile):
                if control:
                    control.checkpoint()
                part = result[row : row + tile, column : column + tile]
                part[:] = self._tile(padded, row, column, place, part.shape)
        return result

    def _tile(
        self,
        padded: NDArray[np.float32],
        row: int,
        column: int,
        place: Place,
        shape: tuple[int, ...],
    ) -> NDArray[np.float32]:
        # Whole cells, of which those that reach over the end of the image are cut off again.
        height, width = (side + -side % CELL + 2 * self._widths.margin for side in shape[:2])
        part = padded[row : row + height, column : column + width]
        before = self._widths.margin // CELL
        texture = grain(
            (place.row + row) // CELL - before,
            (place.column + column) // CELL - before,
            height // CELL,
            width // CELL,
        )
        with tf.device(self._device):
            found = self._paint(
                self._parameters, tf.constant(part[np.newaxis]), tf.constant(texture[np.newaxis])
            )
        return np.asarray(found)[0, : shape[0], : shape[1]]


def paint_steps(
    job: Job, control: Control | None = None
) -> Generator[Progress | Notice, None, None]:
    """Paint with the look of a job: one step, whatever the size.

    Parameters
    ----------
    job : Job
        With a look.
    control : Control, optional

    Yields
    ------
    Progress
        One.

    Raises
    ------
    ImageError
        If the content has the wrong shape, or values that are no numbers.
    Cancelled
        If `control` says so.
    """
    look, settings, content = job.look, job.settings, job.content
    assert look is not None
    if content.ndim != 3 or content.shape[-1] != 3 or 0 in content.shape:
        raise ImageError(
            f"The content has the shape {content.shape}: (height, width, 3) is needed."
        )
    if not np.isfinite(content).all():
        raise ImageError("The content has NaN or infinite values: replace them first.")
    device = pick_device(settings.device)
    with tf.device(device):
        precision = pick_precision(settings.precision, device)
    painter = _painter(look, precision, device)
    start = time.perf_counter()
    if settings.size < min(max(content.shape[:2]), LARGEST_SIZE):
        content = resize(content, fit(content.shape, settings.size))
    image = painter(content, control, job.place)
    yield Progress(
        step=1,
        total=1,
        losses={"total": 0.0},
        seconds=time.perf_counter() - start,
        remaining=0.0,
        fraction=1.0,
        image=image,
        features=TITLE,
        style_loss="",
        device=describe_device(device),
        precision=precision,
        weights_sha256=look.fingerprint,
    )


_painters: dict[tuple[str, str, str], Painter] = {}
_KEPT = 4


def _painter(network: LookNetwork, precision: str, device: str) -> Painter:
    """Return what paints with a network, the one of an earlier job if it is the same."""
    key = network.fingerprint, precision, device
    if key not in _painters:
        while len(_painters) >= _KEPT:
            del _painters[next(iter(_painters))]
        _painters[key] = Painter(network, precision, device)
    return _painters[key]


@lru_cache(maxsize=8)
def _compiled(widths: Widths, names: tuple[str, ...], device: str) -> _Painting:
    def paint(parameters: list[tf.Tensor], image: tf.Tensor, texture: tf.Tensor) -> tf.Tensor:
        found = painted(dict(zip(names, parameters, strict=True)), widths, image, texture)
        return tf.clip_by_value(found, 0.0, 1.0)

    compiled: _Painting = tf.function(
        paint, autograph=False, reduce_retracing=True, jit_compile=False
    )
    return compiled
