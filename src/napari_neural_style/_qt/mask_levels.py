"""What the labels of a mask mean: places, or how strongly to paint; and a brush for the latter."""

from __future__ import annotations

from typing import Any

from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style.viewing.strength_layers import level_colours

__all__ = ["LevelsChoice", "StrengthBrush"]

_OFFERED = (4, 10, 100)


def _offer(levels: int) -> tuple[str, int]:
    return (f"how strongly, in {levels} levels" if levels else "where, each a place"), levels


class LevelsChoice(LayerCombo):
    """The control of the setting ``mask_levels``: a list that takes in any other number as well.

    Parameters
    ----------
    value : int
    tooltip : str
    """

    def __init__(self, value: int, tooltip: str) -> None:
        super().__init__(list, tooltip, first=[_offer(levels) for levels in (0, *_OFFERED)])
        self.value = value

    @property
    def value(self) -> int:
        """How many levels, or 0."""
        return int(super().value or 0)

    @value.setter
    def value(self, new: int) -> None:
        if new not in self.choices:
            self._first = (*self._first, _offer(new))
            self.reset_choices()
        LayerCombo.value.fset(self, new)  # type: ignore[attr-defined]


class StrengthBrush(QWidget):
    """A slider that says how strongly the brush of a mask paints, and the mask in shades of that.

    The mask has its own colours again once its labels are no levels any more.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mask: Labels | None = None
        self._levels = 0
        self._before: Any = None
        self._following = Following(self)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        named(self.slider, "Strength of the brush", "How strongly the brush of the mask paints.")
        self._told = QLabel()
        self._told.setMinimumWidth(self._told.fontMetrics().horizontalAdvance("100 %"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self._told)
        self.slider.valueChanged.connect(self._choose)

    def follow(self, mask: Any, levels: int) -> None:
        """Paint on this mask from now on, if its labels are levels and not 0."""
        wanted = mask if levels and isinstance(mask, Labels) else None
        if (wanted, levels if wanted else 0) == (self._mask, self._levels):
            return
        self._let_go()
        if wanted is None:
            return
        self._mask, self._levels, self._before = wanted, levels, wanted.colormap
        wanted.colormap = level_colours(levels)
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(1, levels)
        self.slider.blockSignals(blocked)
        # Label 1, with which a brush begins, would be hardly anything.
        self.slider.setValue(levels if wanted.selected_label == 1 else wanted.selected_label)
        self._choose(self.slider.value())
        self._following.connect(wanted.events.selected_label, self._on_label)

    def _let_go(self) -> None:
        self._following.clear()
        if self._mask is not None:
            self._mask.colormap = self._before
        self._mask, self._levels, self._before = None, 0, None

    def _choose(self, level: int) -> None:
        if self._mask is None:
            return
        self._told.setText(f"{100 * level / self._levels:.0f} %")
        if self._mask.selected_label != level:
            self._mask.selected_label = level

    def _on_label(self, _: Any = None) -> None:
        if self._mask is not None and 1 <= self._mask.selected_label <= self._levels:
            self.slider.setValue(self._mask.selected_label)
