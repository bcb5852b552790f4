"""A picture that is chosen: its thumbnail, its name, and the ways to choose another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QIcon, QPixmap, QResizeEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import qdebounced

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.opening import dropped_layers
from napari_neural_style._qt.thumbnails import layer_pixels, pixmap_of, square_icon
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["PictureTile"]

#: In pixels: as tall as the page has room for.
_LOWEST, _TALLEST = 84, 190
_ICON = 28
#: After a change of its layer, so long nothing must happen before the thumbnail follows.
_PAUSE_MILLISECONDS = 200
_EVENTS = ("data", "contrast_limits", "colormap", "gamma")
_EMPTY = "Drop a picture here,\nor click"


class PictureTile(QWidget):
    """The thumbnail of what a combo of layers shows, above that combo.

    A click on it opens a menu of pictures; files and layers can be dropped on it.

    Parameters
    ----------
    title : str
        "Content" or "Style".
    combo : LayerCombo
    viewer : napari.viewer.Viewer
    look : callable
        Returns small pixels for a choice that is no layer, or None.

    Attributes
    ----------
    button : QToolButton
        The thumbnail.
    files_given : psygnal.SignalInstance
        Emitted with the paths of files that the user drops or chooses.
    """

    files_given = Signal(list)

    def __init__(
        self,
        title: str,
        combo: LayerCombo,
        viewer: napari.viewer.Viewer,
        look: Callable[[Any], Any] = lambda _: None,
    ) -> None:
        super().__init__()
        self._title, self._combo, self._look = title, combo, look
        self._viewer = bare(viewer)
        self._pixmap: QPixmap | None = None
        self.setAcceptDrops(True)
        self.button = _Thumbnail()
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button.setMinimumHeight(_LOWEST)
        self.button.setMaximumHeight(_TALLEST)
        self.button.setToolTip(
            f"{title}: click to choose a picture, or drop a file or a layer here."
        )
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setStyleSheet(
            "QToolButton { border: 1px dashed gray; border-radius: 3px; }"
            "QToolButton:focus { border: 1px solid palette(highlight); }"
            "QToolButton::menu-indicator { image: none; width: 0px; }"
        )
        self.menu = QMenu(self.button)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.button.setMenu(self.menu)
        named(self.button, f"{title} picture")
        named(combo.native, title)
        heading = QLabel(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(heading)
        column.addWidget(self.button)
        column.addWidget(combo.native)
        self._following = Following(self)
        self._draw_soon = qdebounced(self.draw, timeout=_PAUSE_MILLISECONDS, parent=self)
        combo.changed.connect(self._on_choice)
        self._on_choice(combo.value)

    def draw(self) -> None:
        """Show what is chosen as it is now."""
        value = self._combo.value
        self._combo.native.setVisible(value is not None)
        pixels = None if value is None else self._pixels(value, _TALLEST)
        self._pixmap = None if pixels is None else pixmap_of(pixels)
        self._fit()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Fill the room that there is."""
        super().resizeEvent(a0)
        self._fit()

    def dragEnterEvent(self, a0: QDragEnterEvent | None) -> None:
        """Take files and layers."""
        if a0 and (_paths(a0) or dropped_layers(self._viewer, a0.mimeData())):
            a0.acceptProposedAction()

    def dropEvent(self, a0: QDropEvent | None) -> None:
        """Choose what is dropped."""
        if a0 is None:
            return
        if layers := dropped_layers(self._viewer, a0.mimeData()):
            self._combo.value = layers[0]
        elif paths := _paths(a0):
            self.files_given.emit(paths)
        a0.acceptProposedAction()

    def _fit(self) -> None:
        shown = self._pixmap is not None
        style = Qt.ToolButtonStyle
        self.button.setToolButtonStyle(
            style.ToolButtonIconOnly if shown else style.ToolButtonTextOnly
        )
        self.button.setText("" if shown else _EMPTY)
        room = QSize(max(self.button.width() - 6, 1), max(self.button.height() - 6, 1))
        self.button.setIconSize(room)
        self.button.setIcon(QIcon(self._pixmap) if self._pixmap else QIcon())

    def _pixels(self, value: Any, side: int) -> Any:
        if isinstance(value, Image):
            return layer_pixels(value, self._viewer, side)
        return self._look(value)

    def _on_choice(self, value: Any) -> None:
        self._following.clear()
        for name in _EVENTS if isinstance(value, Image) else ():
            self._following.connect(getattr(value.events, name), self._on_event)
        self.draw()

    def _on_event(self, _: Any = None) -> None:
        self._draw_soon()

    def _fill_menu(self) -> None:
        self.menu.clear()
        self.menu.setMinimumWidth(self.button.width())
        for index, value in enumerate(self._combo.choices):
            pixels = self._pixels(value, _ICON)
            title = self._combo.native.itemText(index).replace("&", "&&")
            action = self.menu.addAction(square_icon(pixels, _ICON), title)
            assert action is not None
            action.triggered.connect(lambda _=False, value=value: self._choose(value))
        self.menu.addSeparator()
        self.menu.addAction("Open a file ...", self._ask)

    def _choose(self, value: Any) -> None:
        if value in self._combo.choices:
            self._combo.value = value

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, f"Choose the {self._title.lower()}")
        if path:
            self.files_given.emit([path])


class _Thumbnail(QToolButton):
    """A button that wants to be tall, and can be low."""

    def sizeHint(self) -> QSize:
        """Return what it wants."""
        return QSize(super().sizeHint().width(), _TALLEST)

    def minimumSizeHint(self) -> QSize:
        """Return what is enough."""
        return QSize(0, _LOWEST)


def _paths(event: QDropEvent) -> list[str]:
    mime = event.mimeData()
    urls = mime.urls() if mime else []
    return [url.toLocalFile() for url in urls if url.isLocalFile()]
