"""The first page's upper half: what is painted, in which style, and what to do if nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from psygnal import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.layer_combo import LayerCombo, image_layers, move_on
from napari_neural_style._qt.opening import open_files, open_sample, sample_of, show_beside
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.picture_tile import PictureTile
from napari_neural_style._qt.style_strip import StyleStrip
from napari_neural_style._qt.thumbnails import layer_pixels, thumbnail_of
from napari_neural_style._qt.welcome import Welcome
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.histories.recent_styles import remember_style
from napari_neural_style.looks.look import Look
from napari_neural_style.looks.own_looks import own_looks
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["Pair"]

_RECENT_SIDE = 128


class Pair(QWidget):
    """Content and style as tiles, the strip of styles, and the welcome of an empty viewer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer

    Attributes
    ----------
    content_combo, style_combo : LayerCombo
    problem : psygnal.SignalInstance
        Emitted with a sentence for the user.
    """

    problem = Signal(str)

    def __init__(self, viewer: napari.viewer.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = bare(viewer)
        self.content_combo = LayerCombo(
            self._images,
            "The image layer to paint; or all visible ones, blended as they are displayed.",
            last=[("What I see (all visible layers)", "view")],
        )
        self.style_combo = LayerCombo(
            self._images,
            "The image layer whose style it is painted in; or a look of yours, which paints so at "
            "once.",
        )
        self.content_tile = PictureTile("Content", self.content_combo, viewer, self._look_at_view)
        self.style_tile = PictureTile("Style", self.style_combo, viewer, thumbnail_of)
        self.welcome, self.strip, self.hint = Welcome(), StyleStrip(), Banner()
        tiles = QHBoxLayout()
        tiles.setSpacing(6)
        tiles.addWidget(self.content_tile, 1)
        tiles.addWidget(self.style_tile, 1)
        # Room that is left over is below the page's controls, not between them.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.welcome)
        column.addLayout(tiles)
        column.addWidget(self.hint)
        column.addWidget(QLabel("Styles at hand, to click:"))
        column.addWidget(self.strip)
        self.welcome.pair_chosen.connect(self.open_pair)
        self.strip.sample_chosen.connect(self.take_sample)
        self.strip.recent_chosen.connect(self._take_recent)
        self.content_tile.files_given.connect(self._take_content)
        self.style_tile.files_given.connect(self._take_style)
        self.content_combo.changed.connect(self._on_choice)
        self.style_combo.changed.connect(self._on_choice)
        Following(self).connect(own_looks().changed, self._offer_looks)
        self._offer_looks()
        self.reset_choices()

    def reset_choices(self) -> None:
        """Offer the layers that there are now."""
        self.content_combo.reset_choices()
        self.style_combo.reset_choices()
        # Two layers are wanted: as long as both combos show the same one, move the second on.
        move_on(self.style_combo, self.content_combo)
        self._on_choice()

    def open_pair(self, key: str) -> None:
        """Open a sample pair and choose its pictures."""
        self.choose(*open_sample(self._viewer, key))

    def take_sample(self, key: str) -> None:
        """Take a sample painting for the style; it is opened if it is not there yet."""
        before = set(self._viewer.layers)
        (style,) = open_sample(self._viewer, key)
        self._take_new(style, before)

    def choose(self, content: Any, style: Any) -> None:
        """Choose both."""
        self.content_combo.value = content
        self.style_combo.value = style

    @property
    def style(self) -> Any:
        """The style that is chosen: a layer, or a `Look`; None if there is none.

        Raises
        ------
        LookError
            If the file of the look cannot be read.
        """
        style = self.style_combo.value
        return Look.load(style) if isinstance(style, Path) else style

    def remember(self) -> None:
        """Keep the style among those used last, if it comes from a file."""
        style = self.style_combo.value
        if not isinstance(style, Image) or not (path := style.source.path):
            return
        pixels = layer_pixels(style, self._viewer, _RECENT_SIDE)
        if pixels is not None:
            remember_style(path, style.name, pixels)
            self.strip.fill()

    def _take_new(self, style: Image, before: set[Any]) -> None:
        if style not in before and len(self._images()) > 1:
            show_beside(style, self.content_combo.value)
        self.style_combo.value = style

    def _take_content(self, paths: list[str]) -> None:
        layers = self._opened(paths)
        if layers:
            self.content_combo.value = layers[0]
        if len(layers) > 1:
            self.style_combo.value = layers[1]

    def _take_style(self, paths: list[str]) -> None:
        if len(paths) == 1 and Path(paths[0]).suffix == ".look":
            self._take_look(paths[0])
            return
        before = set(self._viewer.layers)
        layers = self._opened(paths)
        if len(layers) > 1:
            self.choose(*layers[:2])
        elif layers:
            self._take_new(layers[0], before)

    def _take_look(self, path: str) -> None:
        try:
            self.style_combo.value = own_looks().keep(Look.load(path))
        except NeuralStyleError as error:
            self.problem.emit(str(error))

    def _offer_looks(self, _: Any = None) -> None:
        offers = [(f"look: {path.stem}", path) for path in own_looks().paths()]
        self.style_combo.offer_last(offers)

    def _take_recent(self, path: str) -> None:
        there = [layer for layer in self._images() if layer.source.path == path]
        if there:
            self.style_combo.value = there[0]
        else:
            self._take_style([path])

    def _opened(self, paths: list[str]) -> list[Image]:
        try:
            return open_files(self._viewer, paths)
        except NeuralStyleError as error:
            self.problem.emit(str(error))
            return []

    def _on_choice(self, _: Any = None) -> None:
        images = self._images()
        style = self.style_combo.value
        is_layer = isinstance(style, Image)
        self.strip.mark((sample_of(style) or style.source.path) if is_layer else None)
        self.welcome.setVisible(not images)
        same = bool(images) and self.content_combo.value is self.style_combo.value
        self.hint.tell(
            "Both are the same picture: click a style below, or drop another picture on one of "
            "the two fields."
            if same
            else "",
            "hint",
        )

    def _look_at_view(self, _: Any) -> Any:
        """Return the uppermost of the visible layers, in place of all."""
        style = self.style_combo.value
        shown = [layer for layer in self._images() if layer.visible and layer is not style]
        return layer_pixels(shown[-1], self._viewer, _RECENT_SIDE) if shown else None

    def _images(self) -> list[Image]:
        return image_layers(self._viewer)
