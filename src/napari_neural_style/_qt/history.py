"""The History dock: every result with its picture, and what differs from the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
)
from superqt.utils import qthrottled

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.docks import main_widget
from napari_neural_style._qt.looks import looks_widget
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.plain_text import as_it_stands
from napari_neural_style._qt.printing_dock import print_widget
from napari_neural_style._qt.tabbing import Docked
from napari_neural_style._qt.thumbnails import square_icon
from napari_neural_style._qt.variations_bar import VariationsBar
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.histories.history import Entry, history
from napari_neural_style.records.records import watch_files, weights_left_out
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

__all__ = ["HistoryWidget"]

_THUMBNAIL = 64
#: Previews come faster than anyone reads: the list follows at this pace.
_PAUSE_MILLISECONDS = 300
_EMPTY = "Results will be listed here: those painted from now on, and saved ones that you open."


class HistoryWidget(Docked):
    """The results of a viewer since it was opened, as a dock widget of napari."""

    # napari knows the viewer's parameter by its name.
    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = bare(napari_viewer)
        watch_files(self._viewer)
        self.history = history(self._viewer)
        self.list = QListWidget()
        self.list.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setToolTip("Click a result to see it alone over its content.")
        named(self.list, "Results")
        self.hint = QLabel(_EMPTY)
        self.hint.setWordWrap(True)
        self.error = Banner()
        self.load_button = QPushButton("Load settings")
        self.load_button.setToolTip("Bring its settings and inputs back into Style transfer.")
        self.delete_button = QPushButton("Delete")
        self.delete_button.setToolTip("Remove the result and its layer.")
        buttons = QHBoxLayout()
        self.learn_button = QPushButton("Learn this look")
        self.learn_button.setToolTip("Learn to paint as this result was painted.")
        self.print_button = QPushButton("Enlarge / print ...")
        self.print_button.setToolTip("Paint this result on at full resolution, or for print.")
        buttons.addWidget(self.load_button)
        buttons.addWidget(self.learn_button)
        more = QHBoxLayout()
        more.addWidget(self.print_button)
        more.addWidget(self.delete_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.hint)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.error)
        layout.addLayout(buttons)
        layout.addLayout(more)
        self.variations = VariationsBar(napari_viewer)
        layout.addWidget(self.variations)
        self._fill_in_soon = qthrottled(
            self._fill_in, timeout=_PAUSE_MILLISECONDS, leading=False, parent=self
        )
        self._news: set[Entry] = set()

        self.list.itemClicked.connect(self._show)
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.load_button.clicked.connect(self.load_settings)
        self.learn_button.clicked.connect(self.learn_look)
        self.print_button.clicked.connect(self.enlarge)
        self.delete_button.clicked.connect(self.delete)
        following = Following(self)
        following.connect(self.history.added, self._on_added)
        following.connect(self.history.removed, self._on_removed)
        following.connect(self.history.changed, self._on_changed)
        for entry in self.history:
            self._on_added(entry)
        self._fill_in()
        self._show_buttons()

    @property
    def entry(self) -> Entry | None:
        """The result that is chosen in the list."""
        chosen = self.list.selectedItems()
        return self._entry(chosen[0]) if chosen else None

    def load_settings(self) -> None:
        """Bring the settings and inputs of the chosen result back into the Style transfer dock."""
        entry = self.entry
        if entry is None:
            return
        try:
            settings = entry.settings
            widget = main_widget(self._viewer, open_it=True)
            assert widget
            widget.form.settings = settings
        except NeuralStyleError as error:
            self.error.tell(f"These settings cannot be loaded: {error}")
            return
        self.error.tell(weights_left_out(entry.record))
        combos = {"content": widget.content_combo, "style": widget.style_combo}
        for what, combo in combos.items():
            layer = entry.input(what)
            if layer is not None and layer in combo.choices:
                combo.value = layer

    def learn_look(self) -> None:
        """Learn to paint as the chosen result was painted, in the Looks dock."""
        if layer := self._layer("to learn its look"):
            looks_widget(self._viewer).learn(layer)

    def enlarge(self) -> None:
        """Offer the chosen result in the Print dock."""
        if layer := self._layer("to enlarge it"):
            print_widget(self._viewer).offer(layer)

    def _layer(self, what_for: str) -> Image | None:
        """Return the layer of the chosen result; None, and a sentence, if it is gone."""
        entry = self.entry
        if entry is None:
            return None
        gone = f"The layer of this result is gone: paint it again {what_for}."
        self.error.tell("" if entry.layer else gone)
        return entry.layer

    def delete(self) -> None:
        """Remove the chosen result, and its layer."""
        if entry := self.entry:
            self.history.delete(entry)

    def _show(self, item: QListWidgetItem) -> None:
        self.history.show(self._entry(item))

    def _entry(self, item: QListWidgetItem) -> Entry:
        entry: Entry = item.data(Qt.ItemDataRole.UserRole)
        return entry

    def _item(self, entry: Entry) -> QListWidgetItem | None:
        items = (self.list.item(row) for row in range(self.list.count()))
        return next((item for item in items if item and self._entry(item) is entry), None)

    def _on_added(self, entry: Entry) -> None:
        item = QListWidgetItem(self.list)
        item.setData(Qt.ItemDataRole.UserRole, entry)
        self._on_changed(entry)
        self._show_buttons()

    def _on_removed(self, entry: Entry) -> None:
        if item := self._item(entry):
            self.list.takeItem(self.list.row(item))
        self._news.discard(entry)
        self._news.update(self.history)  # The next one has another before it.
        self._fill_in_soon()
        self._show_buttons()

    def _on_changed(self, entry: Entry) -> None:
        self._news.add(entry)
        self._fill_in_soon()

    def _fill_in(self) -> None:
        news, self._news = self._news, set()
        for entry in news:
            item = self._item(entry)
            if item is None:
                continue
            differs = self.history.differences(entry)
            item.setText("\n".join(filter(None, (entry.name, differs, entry.summary))))
            item.setToolTip(as_it_stands(item.text()))
            item.setIcon(_icon(entry, self._viewer))

    def _show_buttons(self) -> None:
        self.hint.setVisible(not self.list.count())
        self.load_button.setEnabled(self.entry is not None)
        self.learn_button.setEnabled(self.entry is not None)
        self.print_button.setEnabled(self.entry is not None)
        self.delete_button.setEnabled(self.entry is not None)

    def _open_menu(self, place: QPoint) -> None:
        if item := self.list.itemAt(place):
            self.list.setCurrentItem(item)
            menu = QMenu(self)
            menu.addAction("Show alone over its content", lambda: self._show(item))
            menu.addAction("Load settings", self.load_settings)
            menu.addAction("Learn this look", self.learn_look)
            menu.addAction("Enlarge / print ...", self.enlarge)
            menu.addAction("Delete", self.delete)
            menu.exec(self.list.mapToGlobal(place))


def _icon(entry: Entry, viewer: napari.viewer.Viewer) -> QIcon:
    return square_icon(entry.thumbnail(viewer, _THUMBNAIL), _THUMBNAIL)
