"""Four small paintings around what the first dock says; a click paints one at full size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QGridLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.docks import main_widget
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.thumbnails import square_icon
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.looks.look import Look
from napari_neural_style.running.qt_workers import create_worker
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.variations import Variation, painted, small, variations
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["VariationsBar"]

_SIDE = 120


class VariationsBar(QWidget):
    """A button that paints four variations, and their pictures.

    Attributes
    ----------
    button : QPushButton
    pictures : list of QToolButton
        Empty before they are asked for.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = bare(viewer)
        self._worker: Any = None
        self._variations: list[Variation] = []
        self.pictures: list[QToolButton] = []
        self.button = QPushButton("Four variations")
        self.button.setToolTip(
            "Paint four small pictures that differ from what Style transfer says in seed, strokes, "
            "strength and colours; a click on one paints it at full size."
        )
        self.error = Banner()
        self._grid = QGridLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addWidget(self.error)
        column.addWidget(self.button)
        self.button.clicked.connect(self.paint)

    def paint(self, _: bool = False) -> None:
        """Paint the four, one after the other."""
        self.error.tell("")
        widget = main_widget(self._viewer, open_it=True)
        assert widget
        try:
            request = widget.request()
            if isinstance(request.styles, Look):
                raise NeuralStyleError(
                    "A look paints in one way only: choose a style image to see variations."
                )
            chosen = variations(request.settings)
            tasks = [small(self._viewer, request, variation) for variation in chosen]
        except NeuralStyleError as error:
            self.error.tell(error)
            return
        self._variations = chosen
        self._lay_out()
        self.button.setEnabled(False)
        self._worker = create_worker(
            _all,
            tasks,
            widget.engine,
            _start_thread=False,
            _connect={"yielded": self._on_news, "finished": self._on_end},
        )
        self._worker.start()

    def take(self, number: int) -> None:
        """Paint one at full size; the first dock shows its settings."""
        widget = main_widget(self._viewer, open_it=True)
        assert widget
        settings, start = self._variations[number].settings, widget.form.start
        widget.form.settings = settings
        if settings.init == "image" and start is not None:
            widget.form.controls["init"].value = start
        widget.run()

    def _lay_out(self) -> None:
        for picture in self.pictures:
            self._grid.removeWidget(picture)
            picture.setParent(None)
            picture.deleteLater()
        self.pictures = []
        for number, variation in enumerate(self._variations):
            picture = QToolButton()
            picture.setText(variation.title)
            picture.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            picture.setIconSize(QSize(_SIDE, _SIDE))
            picture.setIcon(square_icon(None, _SIDE))
            picture.setToolTip("Paint this one at full size.")
            picture.setEnabled(False)
            named(picture, f"Variation: {variation.title}")
            picture.clicked.connect(lambda _=False, number=number: self.take(number))
            self._grid.addWidget(picture, *divmod(number, 2))
            self.pictures.append(picture)

    def _on_news(self, news: tuple[int, Any]) -> None:
        number, picture = news
        if isinstance(picture, NeuralStyleError):
            self.error.tell(f"{self._variations[number].title}: {picture}")
        else:
            self.pictures[number].setIcon(square_icon(picture[..., :3], 2 * _SIDE))
            self.pictures[number].setEnabled(True)

    def _on_end(self) -> None:
        self._worker = None
        self.button.setEnabled(True)


def _all(tasks: list[LayerTasks], engine: Engine) -> Iterator[tuple[int, Any]]:
    """Yield pictures and errors, each with the number of its variation."""
    for number, task in enumerate(tasks):
        try:
            for picture in painted(task, engine):
                if picture is not None:
                    yield number, picture
        except NeuralStyleError as error:
            yield number, error
