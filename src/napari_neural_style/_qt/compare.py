"""The Compare dock: results in a grid, before and after, or their difference."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
)

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following, when_destroyed
from napari_neural_style._qt.compare_view import CompareView
from napari_neural_style._qt.parts import Banner, let_shrink
from napari_neural_style._qt.result_list import ResultList
from napari_neural_style._qt.shortcuts import main_window
from napari_neural_style._qt.tabbing import Docked, dock_of
from napari_neural_style.comparing.comparison import Comparison
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.histories.history import history
from napari_neural_style.records.records import record_of, watch_files
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["CompareWidget"]

_MODES = {
    "off": ("Off", "No comparison."),
    "grid": ("Grid", "Content, style and the chosen results side by side."),
    "swipe": ("Swipe", "The content to the left of a line, a result to the right of it."),
    "difference": ("Difference", "How far two pictures differ: the brighter, the more."),
}
_FINENESS = 1000
#: Of napari's window, the size of the view as a window.
_WINDOW_SHARE = 0.8


class CompareWidget(Docked):
    """Comparing results, as a dock widget of napari: in a view of its own, in no layer.

    Attributes
    ----------
    view : CompareView
        Draws the pictures; below the controls, or as a window.
    """

    # napari knows the viewer's parameter by its name.
    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = bare(napari_viewer)
        #: The present comparison, if there is one; a list, since it outlives the widget.
        self._held: list[Comparison] = []
        self._following = Following(self)  # of that comparison
        self._has_room = False
        watch_files(self._viewer)
        self._history = history(self._viewer)
        self.results = ResultList()
        self.modes = {mode: QPushButton(title) for mode, (title, _) in _MODES.items()}
        self.result_combo, self.other_combo = QComboBox(), QComboBox()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _FINENESS)
        self.slider.setValue(_FINENESS // 2)
        self.slider.setToolTip("Where the line is, between content and result.")
        self.view = CompareView()
        self.window_button = QPushButton("Own window")
        self.window_button.setCheckable(True)
        self.window_button.setToolTip("Draw the pictures in a window, which can be as large.")
        self.save_button = QPushButton("Save as one image ...")
        self.save_button.setToolTip("Content, style and the chosen results, each with its caption.")
        self.error = Banner()
        self._lay_out()

        self.results.changed.connect(self._on_choice)
        self.slider.valueChanged.connect(self._on_slider)
        self.result_combo.activated.connect(self._on_combo)
        self.other_combo.activated.connect(self._on_combo)
        self.save_button.clicked.connect(self._ask_and_save)
        self.window_button.toggled.connect(self._place_view)
        self.view.closed.connect(self._take_back)
        self.view.line_moved.connect(self._on_line)
        for mode, button in self.modes.items():
            button.clicked.connect(lambda _=False, mode=mode: self.show_mode(mode))
        following = Following(self)
        for signal in (self._history.added, self._history.removed, self._history.changed):
            following.connect(signal, self.reset_choices)
        # The comparison ends with its dock, and with it the window that the dock has opened.
        when_destroyed(self, partial(_end, self._held, self.view))
        self.reset_choices()
        self._show_mode("off")

    def show_mode(self, mode: str) -> None:
        """Show the chosen results so; "off" shows none."""
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
                if self._comparison is not comparison:
                    self.show_comparison(comparison)
        except NeuralStyleError as error:
            self.error.tell(error)
        self._show_mode()

    def show_comparison(self, comparison: Comparison) -> None:
        """Draw a comparison, whoever has made it, and follow it."""
        self._following.clear()
        self._following.connect(comparison.mode_changed, self._show_mode)
        self._following.connect(comparison.redrawn, self._draw)
        self._held[:] = [comparison]
        if comparison.mode == "grid":
            self.results.tick(comparison.results)
        self._show_mode()
        self._draw()
        self._make_room()

    def save(self, path: str | Path) -> None:
        """Save the chosen results with content and style as one labelled image."""
        self.error.tell("")
        try:
            Comparison(self._viewer, self.results.chosen).save(path)
        except NeuralStyleError as error:
            self.error.tell(error)

    def reset_choices(self, event: Any = None) -> None:
        """Bring the lists up to date; napari calls this when layers come and go."""
        known = [(layer, layer.name) for layer in self._viewer.layers if record_of(layer)]
        if known == self.results.known and event is not None:
            return
        picked = self._picked(self.result_combo), self._picked(self.other_combo)
        self.results.fill(known)
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
            return Comparison(self._viewer, self.results.chosen)
        picked = self._picked(self.result_combo)
        return Comparison(self._viewer, [picked] if picked else [])

    def _picked(self, combo: QComboBox) -> Image | None:
        place = combo.currentIndex() - (combo is self.other_combo)
        return self.results.known[place][0] if 0 <= place < len(self.results.known) else None

    def _on_choice(self, _: object = None) -> None:
        if self._mode == "grid":
            self.show_mode("grid" if self.results.chosen else "off")

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
        if mode == "off":
            self._draw()
        self._form.setRowVisible(self.slider, mode == "swipe")
        self._form.setRowVisible(self.result_combo, mode in ("swipe", "difference"))
        self._form.setRowVisible(self.other_combo, mode == "difference")

    def _draw(self) -> None:
        comparison = self._comparison
        self.view.swiping = self._mode == "swipe"
        if comparison is None or comparison.mode == "off":
            self.view.show_pictures([], np.eye(3))
        else:
            self.view.show_pictures(comparison.pictures, comparison.to_canvas, comparison.columns)

    def _make_room(self) -> None:
        """Give the dock half of the window, the first time that there are pictures in it."""
        window = main_window(self)
        dock = dock_of(self)
        if window and dock and not self._has_room and not self.window_button.isChecked():
            self._has_room = True
            window.resizeDocks([dock], [window.width() // 2], Qt.Orientation.Horizontal)

    def _place_view(self, apart: bool) -> None:
        if apart:
            # A child of napari's window: it has its colours, and goes with it.
            window = main_window(self)
            self.view.setParent(window, Qt.WindowType.Window)
            self.view.setWindowTitle("Compare")
            self.view.resize((window or self).size() * _WINDOW_SHARE)
        else:
            layout = self.layout()
            assert isinstance(layout, QVBoxLayout)
            layout.insertWidget(layout.indexOf(self.error), self.view, 1)
        self.view.show()

    def _take_back(self) -> None:
        self.window_button.setChecked(False)

    def _on_line(self, position: float) -> None:
        self.slider.setValue(round(position * _FINENESS))

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the comparison", "comparison.png", "Images (*.png *.jpg *.tif)"
        )
        if path:
            self.save(path if Path(path).suffix else f"{path}.png")

    def _lay_out(self) -> None:
        named(self.result_combo, "Result", "The result to look at.")
        named(self.other_combo, "Against", "What it is compared with.")
        named(self.slider, "Line")
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
        layout.addWidget(self.results)
        layout.addLayout(modes)
        layout.addLayout(self._form)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.error)
        below = QHBoxLayout()
        below.addWidget(self.window_button)
        below.addWidget(self.save_button)
        layout.addLayout(below)


def _end(held: list[Comparison], view: CompareView) -> None:
    """End the comparison, and close the window that the dock had opened."""
    for comparison in held:
        comparison.off()
    if isalive(view):  # type: ignore[no-untyped-call]
        view.deleteLater()
