"""Further styles and their weights, blended with the one that is chosen above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.layers import Image
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.plain_text import PlainLabel
from napari_neural_style._qt.section import Inside
from napari_neural_style._qt.setting_control import share_slider

__all__ = ["MoreStyles"]


class MoreStyles(Inside):
    """A table of styles: a combo, a slider of the weight and a button to remove each.

    Parameters
    ----------
    images : callable
        Returns the image layers to offer.
    used : callable
        Returns the layers that are chosen elsewhere; a new row shows another one if it can.
    """

    def __init__(
        self,
        images: Callable[[], Sequence[Image]],
        used: Callable[[], Sequence[Any]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._images, self._used = images, used
        self.rows: list[StyleRow] = []
        self.weight = share_slider(1.0, "How much the style of the first page counts.")
        named(self.weight.native, "Weight of the first style")
        self.add_button = QPushButton("Add a style")
        self.add_button.setToolTip("Blend another image layer into the style.")
        self.add_button.clicked.connect(self.add)
        words = PlainLabel("Blend other layers into the style; each counts as much as its weight.")
        words.setWordWrap(True)
        above = QHBoxLayout()
        above.addWidget(QLabel("The first style"))
        above.addWidget(self.weight.native, 1)
        self._table = QVBoxLayout()
        self._table.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(words)
        column.addLayout(above)
        column.addLayout(self._table)
        column.addWidget(self.add_button)
        self.reset_choices()

    def add(self, _: bool = False) -> StyleRow | None:
        """Add a row; None if there is no image."""
        images = self._images()
        if not images:
            return None
        row = StyleRow(self._images, self.remove)
        taken = [*self._used(), *(other.combo.value for other in self.rows)]
        row.combo.value = next((image for image in images if image not in taken), images[0])
        self.rows.append(row)
        self._table.addWidget(row)
        self.changed.emit()
        return row

    def remove(self, row: StyleRow) -> None:
        """Take a row out."""
        self.rows.remove(row)
        self._table.removeWidget(row)
        row.setParent(None)
        row.deleteLater()
        self.changed.emit()

    def reset_choices(self) -> None:
        """Offer the layers that there are now; rows of layers that are gone go as well."""
        images = self._images()
        for row in list(self.rows):
            if row.combo.value in images:
                row.combo.reset_choices()
            else:
                self.remove(row)
        self.add_button.setEnabled(bool(images))

    def blend(self, style: Any) -> Any:
        """Return the style above with its weight and all further ones; alone if there are none."""
        if not self.rows:
            return style
        return [
            (style, self.weight.value),
            *((row.combo.value, row.weight.value) for row in self.rows),
        ]

    def summary(self) -> str:
        """Return how many further styles there are."""
        return f"{len(self.rows)} more" if self.rows else ""


class StyleRow(QWidget):
    """One further style."""

    def __init__(
        self, images: Callable[[], Sequence[Image]], remove: Callable[[StyleRow], None]
    ) -> None:
        super().__init__()
        self.combo = LayerCombo(images, "An image layer whose style is blended in.")
        self.weight = share_slider(1.0, "How much this style counts.")
        named(self.combo.native, "Further style")
        named(self.weight.native, "Weight of this style")
        self.remove_button = QPushButton("Remove")
        self.remove_button.setToolTip("Take this style out of the blend.")
        self.remove_button.clicked.connect(lambda: remove(self))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.combo.native, 0, 0)
        grid.addWidget(self.remove_button, 0, 1)
        grid.addWidget(self.weight.native, 1, 0, 1, 2)
