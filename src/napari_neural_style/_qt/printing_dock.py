"""The Print dock: a result at the size of a print, into a layer or a file, with what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.number_box import NumberBox
from napari_neural_style._qt.parts import Banner, form_layout, let_shrink
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.tabbing import Docked, dock_of
from napari_neural_style.enlarging import Enlarging
from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.looks.own_looks import own_looks
from napari_neural_style.pictures.files import check_writable, shown_name, write_image
from napari_neural_style.pictures.images import fit
from napari_neural_style.printing import print_size
from napari_neural_style.records.records import KEY, saved_text
from napari_neural_style.running.qt_workers import create_worker
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.settings import LARGEST_SIZE
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    import napari

__all__ = ["PrintWidget", "print_widget"]

_DPI = (150, 200, 300, 600)
_USUAL_DPI, _USUAL_CENTIMETRES = 300, 30.0
_FILES = "TIFF, 16 bits (*.tif);;PNG, 16 bits (*.png)"


class PrintWidget(Docked):
    """Enlarges one result, as a dock widget of napari.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.

    Attributes
    ----------
    plan : Enlarging or None
        The result, if it can be enlarged.
    run : StyleRun or None
        The last that was begun here.
    """

    def __init__(self, viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__()
        self._viewer, self._engine = bare(viewer), engine
        self.plan: Enlarging | None = None
        self.run: StyleRun | None = None
        self.title, self.told = PlainLabel(), PlainLabel()
        for label in (self.title, self.told):
            label.setWordWrap(True)
        self.size_combo = _combo(
            "How large: the content's full resolution, or so many centimetres."
        )
        self.size_combo.addItems(["the content's full resolution", "in print"])
        self.centimetres = NumberBox(
            _USUAL_CENTIMETRES, 1.0, 1000.0, "The longest side in print, in centimetres."
        )
        self.dpi = _combo("Pixels per inch in print; they are written into the file.")
        self.dpi.addItems([str(dpi) for dpi in _DPI])
        self.dpi.setCurrentText(str(_USUAL_DPI))
        self.way = _combo(
            "Paint on: a few steps at each finer scale, the finest strokes. A look of yours paints "
            "the content at that size at once, in the way that it has learnt."
        )
        self.error = Banner()
        self.layer_button = QPushButton("Into a layer")
        self.layer_button.setToolTip("Paint it as a new layer that lies over the result.")
        self.file_button = QPushButton("Into a file ...")
        self.file_button.setToolTip(
            "The same, and save it with 16 bits and its resolution once it is painted."
        )
        rows = QWidget()
        self._form = form_layout(rows)
        for text, control in (
            ("Size", self.size_combo),
            ("Longest side (cm)", self.centimetres.native),
            ("Dots per inch", self.dpi),
            ("How", self.way),
        ):
            named(control, text)
            self._form.addRow(text, control)
        buttons = QHBoxLayout()
        buttons.addWidget(self.layer_button)
        buttons.addWidget(self.file_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.title)
        column.addWidget(rows)
        column.addWidget(self.told)
        column.addWidget(self.error)
        column.addLayout(buttons)
        column.addStretch(1)
        self.size_combo.currentIndexChanged.connect(self._tell)
        self.dpi.currentIndexChanged.connect(self._tell)
        self.centimetres.changed.connect(self._tell)
        self.layer_button.clicked.connect(lambda: self.paint())
        self.file_button.clicked.connect(self._paint_into_file)
        Following(self).connect(own_looks().changed, self._offer_ways)
        self._offer_ways()

    def offer(self, layer: Any) -> None:
        """Take this result from now on; what is wrong with it is told."""
        self.plan, said = None, ""
        try:
            self.plan = Enlarging.of(self._viewer, layer)
        except NeuralStyleError as error:
            said = str(error)
        self.title.setText(layer.name)
        self.error.tell(said)
        if self.plan:
            height, width = self._full(self.plan)
            self.size_combo.setItemText(0, f"full resolution, {width} x {height} px")
        self._tell()

    @property
    def pixels(self) -> int:
        """The longest side that is asked for.

        Raises
        ------
        SettingsError
            If it cannot be.
        """
        if self._in_print:
            return print_size(self.centimetres.value, int(self.dpi.currentText()))
        assert self.plan
        return max(self._full(self.plan))

    def paint(self, path: Path | None = None) -> None:
        """Paint it, and save it in a file if one is named.

        Parameters
        ----------
        path : Path, optional
            May be replaced.
        """
        self.error.tell("")
        try:
            if self.plan is None:
                raise ImageError("Choose a result first: in History, or in the layer list.")
            self.plan = Enlarging.of(self._viewer, self.plan.layer)  # It may have gone on since.
            if path is not None:
                check_writable(path, fit(self.plan.shape, self.pixels), overwrite=True)
            self.run = self.plan.run(self.pixels, look=self.way.currentData(), engine=self._engine)
            if path is not None:
                _save_when_painted(self.run, path, self._resolution)
            self.run.start()
        except NeuralStyleError as error:
            self.error.tell(error)
            return
        where = f"then it is saved as {shown_name(path)}" if path else "as a new layer"
        self.error.tell(
            f"It is being painted, {where}. Style transfer shows how far it is.", "hint"
        )

    @property
    def _in_print(self) -> bool:
        return self.size_combo.currentIndex() == 1

    @property
    def _resolution(self) -> float | None:
        return float(self.dpi.currentText()) if self._in_print else None

    @staticmethod
    def _full(plan: Enlarging) -> tuple[int, int]:
        return fit(plan.shape, min(max(plan.shape), LARGEST_SIZE))

    def _paint_into_file(self) -> None:
        name = "print" if self.plan is None else self.plan.layer.name.replace("/", "_")
        path, _ = QFileDialog.getSaveFileName(self, "Save the print", f"{name}.tif", _FILES)
        if path:
            self.paint(Path(path))

    def _offer_ways(self, _: Any = None) -> None:
        chosen = self.way.currentData()
        self.way.clear()
        self.way.addItem("paint on", None)
        for path in own_looks().paths():
            self.way.addItem(f"with the look {path.stem}: at once", path)
        self.way.setCurrentIndex(max(0, self.way.findData(chosen)))
        self._tell()

    def _tell(self, _: Any = None) -> None:
        """Tell how many pixels that are, and what it takes."""
        for control in (self.centimetres.native, self.dpi):
            self._form.setRowVisible(control, self._in_print)
        for button in (self.layer_button, self.file_button):
            button.setEnabled(self.plan is not None)
        self.told.setText("")
        self.way.setItemText(0, "paint on")
        if self.plan is None:
            return
        try:
            size = self.pixels
            found = self.plan.estimate(size)
        except NeuralStyleError as error:
            self.told.setText(str(error))
            return
        height, width = fit(self.plan.shape, size)
        self.told.setText(f"{width} x {height} pixels; to paint on takes {found}.")
        if found.time:
            self.way.setItemText(0, f"paint on: about {found.time}")


def print_widget(viewer: Any, engine: Engine | None = None) -> PrintWidget:
    """Return the dock of a viewer's window, opened if it is not, and in front."""
    window = bare(viewer).window
    for widget in window.dock_widgets.values():
        if isinstance(widget, PrintWidget):
            if dock := dock_of(widget):
                dock.raise_()
            return widget
    widget = PrintWidget(viewer, engine)
    window.add_dock_widget(widget, name="Print", area="right")
    return widget


def _save_when_painted(run: StyleRun, path: Path, dpi: float | None) -> None:
    """Save a run's picture once it is finished, whether or not the dock is open by then.

    Where it goes on afterwards, the file stays as it is.
    """
    saved = False

    def save(_: object) -> None:
        nonlocal saved
        if saved or run.state != "finished" or run.layer is None:
            return
        saved = True
        camera, record = run.camera(), run.layer.metadata[KEY]

        def write() -> str:
            pixels = camera(np.uint16)
            write_image(path, pixels, saved_text(record), keep=True, dpi=dpi)
            height, width = pixels.shape[:2]
            told = f", {dpi:g} dpi" if dpi else ""
            return f"Saved as {shown_name(path)}: {width} x {height} pixels, 16 bits{told}."

        create_worker(
            write,
            _start_thread=True,
            _connect={"returned": show_info, "errored": lambda error: show_error(str(error))},
        )

    run.ended.connect(save)


def _combo(tooltip: str) -> QComboBox:
    combo = QComboBox()
    combo.setToolTip(tooltip)
    let_shrink(combo)
    return combo
