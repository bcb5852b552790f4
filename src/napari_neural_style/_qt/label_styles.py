"""The table of a mask's labels, in the labels' own colours, and the style that each takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Shapes
from psygnal import Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget
from superqt.utils import qdebounced

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.viewing.mask_layers import labels_of
from napari_neural_style.viewing.planes import Sliders

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["LabelStyles"]

_ABOVE, _AS_IT_IS = "above", "as it is"
_CHOICES = (("the first style", _ABOVE), ("leave as it is", _AS_IT_IS))
#: A segmentation may have thousands of labels, a dock has room for a few.
_MOST_ROWS = 20
#: After a stroke of the brush, so long nothing must happen before the table follows.
_PAUSE_MILLISECONDS = 150
_EVENTS = ("data", "paint", "labels_update", "set_data", "colormap", "face_color")


class LabelStyles(QWidget):
    """One row for each label of a mask: its colour, its number, and a combo of styles.

    It follows the mask as it is painted. A choice is remembered for as long as the mask is the same
    one, even while its label is wiped away.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    images : callable
        Returns the image layers to offer as styles.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        images: Callable[[], Sequence[Image]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._images = images
        self._mask: Labels | Shapes | None = None
        self.labels: list[int] = []
        self.combos: dict[int, LayerCombo] = {}
        self.swatches: dict[int, QLabel] = {}
        self._numbers: dict[int, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(2, 1)
        self._hint = PlainLabel()
        self._hint.setWordWrap(True)
        self._hint.setEnabled(False)
        self._following = Following(self)
        self._update_soon = qdebounced(self.update_rows, timeout=_PAUSE_MILLISECONDS, parent=self)
        self.update_rows()

    def follow(self, mask: Labels | Shapes | None) -> None:
        """List the labels of this mask from now on."""
        if mask == self._mask:
            return
        self._following.clear()
        self._mask = mask
        for name in _EVENTS:
            if mask is not None and name in mask.events:
                self._following.connect(getattr(mask.events, name), self._on_event)
        self._clear()
        self.update_rows()

    def styles(self, style: Any) -> Any:
        """Return the styles by label, given the one above; or that one if all labels take it.

        Raises
        ------
        NeuralStyleError
            If there is nothing to paint.
        """
        self._update_soon.flush()
        chosen = {label: self._chosen(label) for label in self.labels}
        if all(value is _ABOVE for value in chosen.values()):
            return style
        styles = {
            label: style if value is _ABOVE else value
            for label, value in chosen.items()
            if value is not _AS_IT_IS
        }
        if not styles:
            raise NeuralStyleError(
                "All labels of the mask are left as they are: choose a style for at least one."
            )
        return styles

    def reset_choices(self) -> None:
        """Offer the layers that there are now."""
        for combo in self.combos.values():
            combo.reset_choices()

    def update_rows(self) -> None:
        """List the labels that the mask has now."""
        self._update_soon.cancel()
        labels, problem = [], ""
        try:
            if self._mask is not None:
                labels = labels_of(self._mask, Sliders.of(self._viewer))
        except NeuralStyleError as error:  # what cannot be read has no labels to list
            problem = str(error)
        shown = labels[:_MOST_ROWS]
        for label in shown:
            if label not in self.combos:
                self._add(label)
        # In the order of the labels; those that are gone are only hidden, and keep their choice.
        for row, label in enumerate(shown):
            for column, part in enumerate(self._parts(label)):
                self._grid.addWidget(part, row, column)
        for label in self.combos:
            for part in self._parts(label):
                part.setVisible(label in shown)
            self._colour(label)
        self._grid.addWidget(self._hint, _MOST_ROWS, 0, 1, 3)
        self._hint.setText(problem or self._hint_text(len(labels)))
        self._hint.setVisible(bool(self._hint.text()))
        if labels != self.labels:
            self.labels = labels
            self.changed.emit()

    def _hint_text(self, count: int) -> str:
        if self._mask is None:
            return ""
        if not count:
            return f"Nothing is painted on {self._mask.name!r} yet."
        more = count - _MOST_ROWS
        return f"... and {more} more, which take the first style." if more > 0 else ""

    def _on_event(self, _: Any = None) -> None:
        self._update_soon()

    def _chosen(self, label: int) -> Any:
        combo = self.combos.get(label)
        return _ABOVE if combo is None else combo.value

    def _add(self, label: int) -> None:
        swatch = QLabel()
        swatch.setFixedSize(14, 14)
        swatch.setToolTip("The colour of this label on the mask.")
        combo = LayerCombo(
            self._images, f"The style for label {label} of the mask.", first=_CHOICES
        )
        named(combo.native, f"Style of label {label}")
        combo.changed.connect(self._on_choice)
        self.swatches[label], self.combos[label] = swatch, combo
        self._numbers[label] = QLabel(str(label))

    def _on_choice(self, _: Any) -> None:
        self.changed.emit()

    def _parts(self, label: int) -> tuple[QWidget, QWidget, QWidget]:
        return self.swatches[label], self._numbers[label], self.combos[label].native

    def _clear(self) -> None:
        for label in self.combos:
            for part in self._parts(label):
                self._grid.removeWidget(part)
                part.deleteLater()
        self.combos, self.swatches = {}, {}
        self._numbers.clear()

    def _colour(self, label: int) -> None:
        red, green, blue = (round(255 * float(k)) for k in self._rgb(label))
        self.swatches[label].setStyleSheet(f"background: rgb({red}, {green}, {blue});")

    def _rgb(self, label: int) -> Any:
        if isinstance(self._mask, Labels):
            return np.ravel(self._mask.colormap.map(label))[:3]
        if isinstance(self._mask, Shapes) and label <= len(self._mask.face_color):
            return self._mask.face_color[label - 1][:3]
        return (0, 0, 0)
