"""The Compare dock: results in a grid, before and after, or their difference."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QVBoxLayout,
)

from napari_neural_style._qt.binding import Following, when_destroyed
from napari_neural_style._qt.parts import Banner, let_shrink
from napari_neural_style._qt.plain_text import as_it_stands
from napari_neural_style._qt.tabbing import Docked
from napari_neural_style.comparing.comparison import Comparison
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.histories.history import history
from napari_neural_style.records.records import record_of, watch_files
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["CompareWidget"]

_MODES = {
    "off": ("Off", "The viewer as it was before."),
    "grid": ("Grid", "Content, style and the chosen results side by side."),
    "swipe": ("Swipe", "The content to the left of a line, a result to the right of it."),
    "difference": ("Difference", "How far two pictures differ: the brighter, the more."),
}
_FINENESS = 1000


class CompareWidget(Docked):
    """Comparing results, as a dock widget of napari."""

    # napari knows the viewer's parameter by its name.
    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = bare(napari_viewer)
        #: The present comparison, if there is one; a list, since it outlives the widget.
        self._held: list[Comparison] = []
        self._following = Following(self)  # of that comparison
        self._known: list[tuple[Image, str]] = []
        watch_files(self._viewer)
        self._history = history(self._viewer)
        self.list = QListWidget()
        self.list.setToolTip("The results to compare.")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.all_button, self.none_button = QPushButton("All"), QPushButton("None")
        self.modes = {mode: QPushButton(title) for mode, (title, _) in _MODES.items()}
        self.result_combo, self.other_combo = QComboBox(), QComboBox()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _FINENESS)
        self.slider.setValue(_FINENESS // 2)
        self.slider.setToolTip("Where the line is, between content and result.")
        self.save_button = QPushButton("Save as one image ...")
        self.save_button.setToolTip("Content, style and the chosen results, each with its caption.")
        self.error = Banner()
        self._lay_out()

        self.all_button.clicked.connect(lambda: self._check_all(True))
        self.none_button.clicked.connect(lambda: self._check_all(False))
        self.list.itemChanged.connect(self._on_choice)
        self.slider.valueChanged.connect(self._on_slider)
        self.result_combo.activated.connect(self._on_combo)
        self.other_combo.activated.connect(self._on_combo)
        self.save_button.clicked.connect(self._ask_and_save)
        for mode, button in self.modes.items():
            button.clicked.connect(lambda _=False, mode=mode: self.show_mode(mode))
        following = Following(self)
        for signal in (self._history.added, self._history.removed, self._history.changed):
            following.connect(signal, self.reset_choices)
        # A dock that is closed leaves the viewer as it was.
        when_destroyed(self, partial(_give_back, self._held))
        self.reset_choices()
        self._show_mode("off")

    @property
    def chosen(self) -> list[Image]:
        """The results that are checked."""
        rows = range(self.list.count())
        return [
            layer
            for (layer, _), row in zip(self._known, rows, strict=True)
            if self._row(row).checkState() == Qt.CheckState.Checked
        ]

    def show_mode(self, mode: str) -> None:
        """Show the chosen results so; "off" gives the viewer back."""
        self.error.tell("")
        try:
            if mode == "off":
                if self._comparison:
                    self._comparison.off()
            else:
                comparison = self._new_comparison(mode)
                if mode == "grid":
                    comparison.grid()
                elif mode == "swipe":
                    comparison.swipe(self._picked(self.result_combo), self._position)
                else:
                    comparison.difference(
                        self._picked(self.result_combo), self._picked(self.other_combo)
                    )
                self._following.clear()
                self._following.connect(comparison.mode_changed, self._show_mode)
                self._held[:] = [comparison]
        except NeuralStyleError as error:
            self.error.tell(error)
        self._show_mode()

    def save(self, path: str | Path) -> None:
        """Save the chosen results with content and style as one labelled image."""
        self.error.tell("")
        try:
            Comparison(self._viewer, self.chosen).save(path)
        except NeuralStyleError as error:
            self.error.tell(error)

    def reset_choices(self, event: Any = None) -> None:
        """Bring the lists up to date; napari calls this when layers come and go."""
        known = [(layer, layer.name) for layer in self._viewer.layers if record_of(layer)]
        if known == self._known and event is not None:
            return
        unchecked = {layer for layer, _ in self._known} - set(self.chosen)
        picked = self._picked(self.result_combo), self._picked(self.other_combo)
        self._known = known
        self.list.blockSignals(True)
        self.list.clear()
        for layer, name in known:
            item = QListWidgetItem(name, self.list)
            item.setToolTip(as_it_stands(name))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Unchecked if layer in unchecked else Qt.CheckState.Checked
            item.setCheckState(state)
        self.list.blockSignals(False)
        combos = self.result_combo, self.other_combo
        for combo, layer, none in zip(combos, picked, ("", "its content"), strict=True):
            combo.clear()
            if none:
                combo.addItem(none)
            combo.addItems([name for _, name in known])
            place = next((k for k, (other, _) in enumerate(known) if other is layer), None)
            if place is not None:
                combo.setCurrentIndex(place + bool(none))
            elif not none:
                combo.setCurrentIndex(len(known) - 1)

    @property
    def _comparison(self) -> Comparison | None:
        return self._held[0] if self._held else None

    @property
    def _position(self) -> float:
        return self.slider.value() / _FINENESS

    def _new_comparison(self, mode: str) -> Comparison:
        if mode == "grid":
            return Comparison(self._viewer, self.chosen)
        picked = self._picked(self.result_combo)
        return Comparison(self._viewer, [picked] if picked else [])

    def _picked(self, combo: QComboBox) -> Image | None:
        place = combo.currentIndex() - (combo is self.other_combo)
        return self._known[place][0] if 0 <= place < len(self._known) else None

    def _row(self, row: int) -> QListWidgetItem:
        item = self.list.item(row)
        assert item
        return item

    def _check_all(self, checked: bool) -> None:
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            self._row(row).setCheckState(
                Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
            )
        self.list.blockSignals(False)
        self._on_choice()

    def _on_choice(self, _: object = None) -> None:
        if self._mode == "grid":
            self.show_mode("grid" if self.chosen else "off")

    def _on_combo(self, _: int) -> None:
        if self._mode in ("swipe", "difference"):
            self.show_mode(self._mode)

    def _on_slider(self, _: int) -> None:
        if self._mode == "swipe" and self._comparison:
            self._comparison.swipe(position=self._position)

    @property
    def _mode(self) -> str:
        return self._comparison.mode if self._comparison else "off"

    def _show_mode(self, _: str = "") -> None:
        mode = self._mode
        self.modes[mode].setChecked(True)
        self._form.setRowVisible(self.slider, mode == "swipe")
        self._form.setRowVisible(self.result_combo, mode in ("swipe", "difference"))
        self._form.setRowVisible(self.other_combo, mode == "difference")

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the comparison", "comparison.png", "Images (*.png *.jpg *.tif)"
        )
        if path:
            self.save(path if Path(path).suffix else f"{path}.png")

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel("Results"), 1)
        top.addWidget(self.all_button)
        top.addWidget(self.none_button)
        modes, group = QHBoxLayout(), QButtonGroup(self)
        modes.setSpacing(2)
        for mode, button in self.modes.items():
            button.setCheckable(True)
            button.setToolTip(_MODES[mode][1])
            group.addButton(button)
            modes.addWidget(button)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.addRow("Result", self.result_combo)
        self._form.addRow("Against", self.other_combo)
        self._form.addRow("Line", self.slider)
        for combo in (self.result_combo, self.other_combo):
            let_shrink(combo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        layout.addLayout(modes)
        layout.addLayout(self._form)
        layout.addWidget(self.error)
        layout.addWidget(self.save_button)


def _give_back(held: list[Comparison]) -> None:
    """Give the viewer back, if there is a comparison."""
    for comparison in held:
        comparison.off()
