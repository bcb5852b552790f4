"""Small pictures for tiles, strips and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QIcon, QImage, QPainter, QPixmap

from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.looks.look import Look
from napari_neural_style.pictures.images import fit, resize
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["icon_of", "layer_pixels", "pixmap_of", "square_icon", "thumbnail_of"]

#: A layer is read this many times finer than it is drawn: on dense screens a pixel is several.
_FINER = 2


def layer_pixels(layer: Any, viewer: ViewerModel, size: int) -> NDArray[np.uint8] | None:
    """Return a layer as it is displayed, small; None if it cannot be read.

    Parameters
    ----------
    layer : napari.layers.Image
    viewer : napari.Viewer or napari.components.ViewerModel
        Of a stack, the slice that it shows is taken.
    size : int
        Longest side, in pixels as Qt counts them; twice as many are returned.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3), or None
    """
    if not isinstance(layer, Image):
        return None
    try:
        rgb, _ = Source.of(layer).glance(Sliders.of(viewer), 2 * _FINER * size)
    except NeuralStyleError:
        return None
    return np.rint(resize(rgb, fit(rgb.shape, _FINER * size)) * 255).astype(np.uint8)


def thumbnail_of(path: Any) -> NDArray[np.uint8] | None:
    """Return the thumbnail of a look in a file; None if it cannot be read, or has none."""
    try:
        return Look.load(path).thumbnail
    except NeuralStyleError:
        return None


def pixmap_of(pixels: NDArray[np.uint8]) -> QPixmap:
    """Return RGB pixels of shape (h, w, 3) as a pixmap."""
    height, width = pixels.shape[:2]
    image = QImage(
        np.ascontiguousarray(pixels).tobytes(),
        width,
        height,
        3 * width,
        QImage.Format.Format_RGB888,
    )
    return QPixmap.fromImage(image)


def icon_of(pixmap: QPixmap) -> QIcon:
    """Return an icon that looks the same when it is chosen: Qt would tint it."""
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def square_icon(pixels: NDArray[np.uint8] | None, side: int, fill: bool = False) -> QIcon:
    """Return a picture on a square ground, so that all texts begin at the same place.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3), or None
        None for the empty ground.
    side : int
        Of the square, in pixels.
    fill : bool
        Whether the middle of the picture fills the square, rather than all of it lie within.
    """
    ground = QPixmap(side, side)
    ground.fill(Qt.GlobalColor.transparent)
    if pixels is not None:
        keep = Qt.AspectRatioMode
        scaled = pixmap_of(pixels).scaled(
            QSize(side, side),
            keep.KeepAspectRatioByExpanding if fill else keep.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        place = QRect(
            (side - scaled.width()) // 2,
            (side - scaled.height()) // 2,
            scaled.width(),
            scaled.height(),
        )
        painter = QPainter(ground)
        painter.drawPixmap(place, scaled)
        painter.end()
    return icon_of(ground)
