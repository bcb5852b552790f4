"""The pictures of a comparison, drawn side by side: all zoom and move together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import (
    QCloseEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTransform,
    QWheelEvent,
)
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_neural_style._qt.accessible import named

__all__ = ["CompareView"]

_GAP = 4
_LEAST_ZOOM, _MOST_ZOOM = 0.2, 64.0
#: One notch of a wheel.
_NOTCH = 1.25
#: A key moves the pictures by this share of a cell.
_KEY_SHARE = 0.1
#: From so many screen pixels to a pixel on, single pixels are to be seen.
_BLOCKS = 2.0


@dataclass(frozen=True)
class _Cell:
    """Where a caption and a picture have their room."""

    caption: QRectF
    picture: QRectF


class CompareView(QWidget):
    """Pictures of one size with captions, each as large as its cell allows.

    The wheel zooms where the pointer is, dragging moves, a double click fits all again. In a swipe
    the left button moves the line.

    Attributes
    ----------
    zoom : float
        1 when the pictures fill their cells.
    line_moved : psygnal.SignalInstance
        Emitted with the place of the line, from 0 to 1, while the user drags it.
    closed : psygnal.SignalInstance
        Emitted when the view was a window and the user closes it.
    """

    line_moved = Signal(float)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.swiping = False
        self.zoom = 1.0
        self._middle = QPointF()  # of what is seen, in world units from the pictures' middle
        self._pictures: list[tuple[NDArray[np.float32], QImage, str]] = []
        self._to_world = QTransform()
        self._world = QRectF(0, 0, 1, 1)
        self._columns: int | None = None
        self._dragged_at: QPointF | None = None
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Wheel: zoom. Drag: move. Double click: fit.")
        named(self, "Comparison")

    def sizeHint(self) -> QSize:
        """Return the size that it would like to have."""
        return QSize(420, 320)

    def show_pictures(
        self,
        pictures: Sequence[tuple[NDArray[np.float32], str]],
        to_canvas: NDArray[np.float64],
        columns: int | None = None,
    ) -> None:
        """Draw these from now on; zoom and place stay while their frame is the same.

        Parameters
        ----------
        pictures : sequence of (ndarray of float32, str)
            RGBA in [0, 1], of shape (H, W, 4), and captions.
        to_canvas : ndarray, shape (3, 3)
            From a pixel (row, column, 1) to its place (y, x, 1).
        columns : int, optional
        """
        known = {id(array): image for array, image, _ in self._pictures}
        self._pictures = [
            (array, known.get(id(array)) or _image(array), caption) for array, caption in pictures
        ]
        self._columns = columns
        self.setAccessibleDescription("; ".join(caption for _, caption in pictures))
        if pictures:
            self._to_world = _transform(to_canvas)
            height, width = pictures[0][0].shape[:2]
            world = self._to_world.mapRect(QRectF(0, 0, width, height))
            if world != self._world:
                self._world = world
                self.fit()
        self.update()

    def fit(self) -> None:
        """Let the pictures fill their cells."""
        self.zoom, self._middle = 1.0, QPointF()
        self.update()

    def cells(self) -> list[QRectF]:
        """Return where the pictures have their room, in pixels of the widget."""
        return [cell.picture for cell in self._cells()]

    def drawn(self, number: int) -> QRectF:
        """Return where a picture lies, in pixels of the widget; it may reach beyond its cell."""
        return self._to_screen(self._cells()[number].picture).mapRect(self._world)

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        """Draw captions and pictures."""
        painter = QPainter(self)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        if not self._pictures:
            painter.drawText(self.rect(), flags, "Choose Grid, Swipe or Difference.")
        for cell, (_, image, caption) in zip(self._cells(), self._pictures, strict=True):
            painter.drawText(cell.caption, flags, caption)
            painter.save()
            painter.setClipRect(cell.picture)
            to_screen = self._to_screen(cell.picture)
            blocks = to_screen.m11() * math.sqrt(abs(self._to_world.determinant())) >= _BLOCKS
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not blocks)
            painter.setTransform(self._to_world * to_screen, True)
            painter.drawImage(QPointF(), image)
            painter.restore()
        if self.hasFocus():
            painter.setPen(self.palette().highlight().color())
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def wheelEvent(self, a0: QWheelEvent | None) -> None:
        """Zoom where the pointer is."""
        if a0:
            self._zoom_by(_NOTCH ** (a0.angleDelta().y() / 120), a0.position())
            a0.accept()

    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        """Begin to move the pictures, or the line."""
        if a0:
            self._dragged_at = a0.position()
            self._drag(a0)

    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        """Move them."""
        if a0 and self._dragged_at is not None:
            self._drag(a0)

    def mouseReleaseEvent(self, a0: QMouseEvent | None) -> None:
        """Leave them there."""
        self._dragged_at = None

    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        """Fit all again."""
        self.fit()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        """Zoom with + and -, move with the arrows, fit with 0."""
        if a0 is None:
            return
        key, step = a0.key(), Qt.Key
        moves = {
            step.Key_Left: (1, 0),
            step.Key_Right: (-1, 0),
            step.Key_Up: (0, 1),
            step.Key_Down: (0, -1),
        }
        cells = self.cells()
        if key in (step.Key_Plus, step.Key_Equal) and cells:
            self._zoom_by(_NOTCH, cells[0].center())
        elif key == step.Key_Minus and cells:
            self._zoom_by(1 / _NOTCH, cells[0].center())
        elif key == step.Key_0:
            self.fit()
        elif key in moves and cells:
            across, down = moves[step(key)]
            self._move_by(QPointF(across * cells[0].width(), down * cells[0].height()) * _KEY_SHARE)
        else:
            super().keyPressEvent(a0)

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """Tell whoever has made it a window."""
        if a0:
            a0.ignore()
        self.closed.emit()

    def _drag(self, event: QMouseEvent) -> None:
        at, before = event.position(), self._dragged_at
        self._dragged_at = at
        if self.swiping and event.buttons() & Qt.MouseButton.LeftButton and self._pictures:
            drawn = self.drawn(0)
            self.line_moved.emit(min(max((at.x() - drawn.left()) / drawn.width(), 0.0), 1.0))
        elif before is not None:
            self._move_by(at - before)

    def _move_by(self, pixels: QPointF) -> None:
        if self._pictures:
            self._middle -= pixels / self._scale(self._cells()[0].picture)
            self.update()

    def _zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom; what lies at a place on the screen stays there."""
        cell = next((c for c in self.cells() if c.contains(at)), None)
        if cell is None:
            return
        new = min(max(self.zoom * factor, _LEAST_ZOOM), _MOST_ZOOM)
        away = (at - cell.center()) / self._scale(cell)
        self._middle += away * (1 - self.zoom / new)
        self.zoom = new
        self.update()

    def _scale(self, cell: QRectF) -> float:
        """Return screen pixels for a world unit."""
        fits = min(cell.width() / self._world.width(), cell.height() / self._world.height())
        return fits * self.zoom

    def _to_screen(self, cell: QRectF) -> QTransform:
        scale, middle = self._scale(cell), self._world.center() + self._middle
        transform = QTransform.fromTranslate(cell.center().x(), cell.center().y())
        transform.scale(scale, scale)
        return transform.translate(-middle.x(), -middle.y())

    def _cells(self) -> list[_Cell]:
        """Return the cells of the grid in which the pictures are largest."""
        count = len(self._pictures)
        if not count:
            return []
        numbers = [min(self._columns, count)] if self._columns else range(1, count + 1)
        grids = [self._grid(columns) for columns in numbers]
        zoom, self.zoom = self.zoom, 1.0
        best = max(grids, key=lambda grid: self._scale(grid[0].picture))
        self.zoom = zoom
        return best[:count]

    def _grid(self, columns: int) -> list[_Cell]:
        rows = math.ceil(len(self._pictures) / columns)
        width, height = self.width() / columns, self.height() / rows
        text = min(self._caption_height(width - 2 * _GAP), height / 2)
        return [
            _Cell(
                QRectF(k * width + _GAP, row * height, width - 2 * _GAP, text),
                QRectF(
                    k * width + _GAP / 2,
                    row * height + text,
                    max(width - _GAP, 1),
                    max(height - text - _GAP, 1),
                ),
            )
            for row in range(rows)
            for k in range(columns)
        ]

    def _caption_height(self, width: float) -> float:
        metrics, room = self.fontMetrics(), QRectF(0, 0, max(width, 1), 10_000).toRect()
        flags = int(Qt.TextFlag.TextWordWrap)
        captions = [caption for *_, caption in self._pictures]
        return max(metrics.boundingRect(room, flags, caption).height() for caption in captions) + 4


def _image(array: NDArray[np.float32]) -> QImage:
    pixels = np.ascontiguousarray(np.rint(array * 255).astype(np.uint8))
    height, width = pixels.shape[:2]
    made = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return made.copy()  # which owns its pixels


def _transform(matrix: NDArray[np.float64]) -> QTransform:
    """Return the way from Qt's pixels, counted from their corner, to places (x, y)."""
    (yr, yc, y), (xr, xc, x) = matrix[:2]
    return QTransform(xc, yc, xr, yr, x - (xc + xr) / 2, y - (yc + yr) / 2)
