"""The Looks dock: one's own looks, to paint and to follow with; new ones are learnt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from napari.utils.notifications import show_error
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
)

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.learning_row import LearningRow
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.tabbing import Docked, dock_of
from napari_neural_style._qt.thumbnails import square_icon
from napari_neural_style.api import stylize_layers
from napari_neural_style.errors import ImageError, LookError, NeuralStyleError
from napari_neural_style.following import follow
from napari_neural_style.job import Engine
from napari_neural_style.learning import learn
from napari_neural_style.looks.look import Look
from napari_neural_style.looks.own_looks import own_looks
from napari_neural_style.process import engine_process
from napari_neural_style.records.records import record_of
from napari_neural_style.running.learn_run import LearnRun
from napari_neural_style.running.live_look import LiveLook
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["LooksWidget", "looks_widget"]

_THUMBNAIL = 64
_EMPTY = (
    "Your looks will be listed here. Select a result in the layer list and learn its look, or drop "
    "a .look file on napari."
)


class LooksWidget(Docked):
    """The user's own looks, as a dock widget of napari.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    """

    # napari knows the viewer's parameter by its name.
    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__()
        self._viewer = bare(napari_viewer)
        self._engine: Any = engine_process() if engine is None else engine
        self.live: LiveLook | None = None
        self.list = QListWidget()
        self.list.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        self.list.setToolTip("Your looks; double-click one to paint the selected layer with it.")
        named(self.list, "Looks")
        self.hint = QLabel(_EMPTY)
        self.hint.setWordWrap(True)
        self.banner = Banner()
        self.learning = LearningRow()
        self.learn_button = self._button(
            "Learn this look", "Learn to paint as the selected result was painted.", self._learn
        )
        self.paint_button = self._button(
            "Paint", "Paint the selected image layer with the chosen look.", self.paint
        )
        self.follow_button = self._button(
            "Follow",
            "Paint the selected image layer again and again, whenever it shows something else.",
            self.follow,
        )
        self.save_button = self._button("Save as ...", "Save the look as a file.", self._save)
        self.delete_button = self._button("Delete", "Delete the look for good.", self._delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.hint)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.banner)
        layout.addWidget(self.learning)
        for row in (
            (self.learn_button,),
            (self.paint_button, self.follow_button),
            (self.save_button, self.delete_button),
        ):
            line = QHBoxLayout()
            for button in row:
                line.addWidget(button)
            layout.addLayout(line)
        self._following = Following(self)
        self._following.connect(own_looks().changed, self._on_changed)
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.list.itemDoubleClicked.connect(lambda _: self._told(self.paint))
        self._on_changed()

    @property
    def path(self) -> Path | None:
        """The file of the look that is chosen."""
        chosen = self.list.selectedItems()
        return chosen[0].data(Qt.ItemDataRole.UserRole) if chosen else None

    def learn(self, layer: Any) -> LearnRun | None:
        """Learn the look of a result; None, and a sentence in the dock, if that cannot be."""
        if self.learning.run and not self.learning.run.over:
            self.banner.tell("A look is being learnt already: wait for it, or end it.", "warning")
            return None
        try:
            run = learn(layer, viewer=self._viewer, name=_style_of(layer), engine=self._engine)
        except NeuralStyleError as error:
            self.banner.tell(error)
            return None
        self.banner.tell("")
        run.ended.connect(_keep_learnt)  # whether or not the dock is open by then
        self._following.connect(run.ended, self._on_learnt)
        self.learning.show_run(run)
        return run

    def paint(self) -> None:
        """Paint the selected layer with the chosen look."""
        stylize_layers(self._viewer, self._selected(), self._look(), engine=self._engine)

    def follow(self) -> None:
        """Follow the selected layer with the chosen look; or end that."""
        if self.live is not None:
            self.live.stop()
            return
        live = follow(self._viewer, self._selected(), self._look(), engine=self._engine)
        self.live = live
        self._following.connect(live.stopped, self._on_stopped)
        self._show_buttons()

    def _button(self, text: str, tooltip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tooltip)
        button.clicked.connect(lambda: self._told(act))
        return button

    def _told(self, act: Callable[[], None]) -> None:
        """Do something, and tell what is wrong with it."""
        self.banner.tell("")
        try:
            act()
        except NeuralStyleError as error:
            self.banner.tell(error)

    def _selected(self) -> Image:
        layer = self._viewer.layers.selection.active
        if not isinstance(layer, Image):
            raise ImageError("Select an image layer in the layer list first: the one to paint.")
        return layer

    def _look(self) -> Look:
        if self.path is None:
            raise LookError("Choose a look in the list first.")
        return Look.load(self.path)

    def _learn(self) -> None:
        layer = self._viewer.layers.selection.active
        if layer is None:
            raise ImageError("Select a result in the layer list first: one that was painted here.")
        self.learn(layer)

    def _save(self) -> None:
        look = self._look()
        name, _ = QFileDialog.getSaveFileName(
            self, "Save the look", f"{look.name}.look", "Looks (*.look)"
        )
        if name:
            look.save(name)

    def _delete(self) -> None:
        if self.path is not None:
            own_looks().forget(self.path)

    def _on_learnt(self, run: LearnRun) -> None:
        if run.error:
            self.banner.tell(run.error)

    def _on_stopped(self, reason: str) -> None:
        if self.live is not None and self.live.failed:
            self.banner.tell(reason, "warning")
        self.live = None
        self._show_buttons()

    def _on_changed(self, new: Path | None = None) -> None:
        chosen = new or self.path
        self.list.clear()
        for path in own_looks().paths():
            item = QListWidgetItem(path.stem, self.list)
            item.setData(Qt.ItemDataRole.UserRole, path)
            item.setToolTip(path.stem)
            try:
                item.setIcon(square_icon(Look.load(path).thumbnail, _THUMBNAIL))
            except NeuralStyleError as error:
                item.setToolTip(str(error))
            if path == chosen:
                self.list.setCurrentItem(item)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.hint.setVisible(not self.list.count())
        for button in (self.paint_button, self.save_button, self.delete_button):
            button.setEnabled(self.path is not None)
        self.follow_button.setEnabled(self.path is not None or self.live is not None)
        self.follow_button.setText("Stop following" if self.live else "Follow")


def _keep_learnt(run: LearnRun) -> None:
    if run.look is not None:
        try:
            own_looks().keep(run.look)
        except LookError as error:
            show_error(str(error))


def _style_of(layer: Any) -> str | None:
    """Return the name of the style that a result was painted in, if it has one."""
    inputs = (record_of(layer) or {}).get("inputs", {})
    name = inputs.get("style") if isinstance(inputs, dict) else None
    return name if isinstance(name, str) and name else None


def looks_widget(viewer: Any, engine: Engine | None = None) -> LooksWidget:
    """Return the dock of a viewer's window, opened if it is not, and in front."""
    window = bare(viewer).window
    for widget in window.dock_widgets.values():
        if isinstance(widget, LooksWidget):
            if dock := dock_of(widget):
                dock.raise_()
            return widget
    widget = LooksWidget(viewer, engine)
    window.add_dock_widget(widget, name="Looks", area="right")
    return widget
