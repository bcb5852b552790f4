"""Where to paint, and how strongly: the region, the masks, and which style goes to which label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels, Layer, Shapes
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.brush import put_away_when_removed
from napari_neural_style._qt.label_styles import LabelStyles
from napari_neural_style._qt.layer_combo import LayerCombo
from napari_neural_style._qt.mask_levels import StrengthBrush
from napari_neural_style._qt.parts import form_layout
from napari_neural_style._qt.section import Inside
from napari_neural_style.viewing.strength_layers import can_be_strengths

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Where"]


class Where(Inside):
    """Region, mask, softness, style mask and the table of labels.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    images : callable
        Returns the image layers to offer as styles.
    new_mask : callable
        Puts an empty mask over the content and returns it; None if it cannot.
    softness : QWidget
        The control of the setting ``mask_softness``.
    levels : Control
        That of ``mask_levels``.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        images: Callable[[], Sequence[Image]],
        new_mask: Callable[[], Labels | None],
        softness: QWidget,
        levels: Any,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._new_mask = new_mask
        self.levels = levels
        self.region = LayerCombo(
            self._drawn,
            "Paint the rectangle of a shapes layer alone, into a layer of its size.",
            first=[("the whole layer", None)],
        )
        self.content_mask = LayerCombo(
            self._content_masks,
            "Paint only where this labels or shapes layer is not 0; beyond it nothing changes. An "
            "image of one channel says how strongly: 0 not at all, 1 as the settings say.",
            first=[("no mask", None)],
        )
        self.new_button = QPushButton("New mask")
        self.new_button.setToolTip("Add an empty labels layer over the content, ready to paint.")
        self.style_mask = LayerCombo(
            self._masks,
            "Labels over the style: each part of the content takes the part of the style with the "
            "same label.",
            first=[("no mask", None)],
        )
        self.table = LabelStyles(viewer, images)
        self.brush = StrengthBrush()
        named(self.region.native, "Region")
        named(self.content_mask.native, "Mask")
        named(self.style_mask.native, "Style mask")
        form = form_layout(self)
        form.addRow("Region", self.region.native)
        beside = QHBoxLayout()
        beside.addWidget(self.content_mask.native, 1)
        beside.addWidget(self.new_button)
        form.addRow("Mask", beside)
        form.addRow("Labels mean", levels.native)
        form.addRow("Brush", self.brush)
        self._form = form
        form.addRow(self.table)
        form.addRow("Soft edge (px)", softness)
        form.addRow("Style mask", self.style_mask.native)
        self.new_button.clicked.connect(self.add_mask)
        self.content_mask.changed.connect(self._take_mask)
        levels.changed.connect(self._on_choice)
        self.style_mask.changed.connect(self._on_choice)
        self.region.changed.connect(self._on_choice)
        self.table.changed.connect(self._on_choice)
        self._on_choice()

    def add_mask(self, _: bool = False) -> None:
        """Put an empty mask over the content, choose it, and hand the user the brush."""
        if (mask := self._new_mask()) is not None:
            put_away_when_removed(self._viewer, mask, self)
            self.reset_choices()
            self.content_mask.value = mask

    def reset_choices(self) -> None:
        """Offer the layers that there are now."""
        for combo in (self.region, self.content_mask, self.style_mask):
            combo.reset_choices()
        self.table.reset_choices()

    def asked(self, style: Any) -> dict[str, Any]:
        """Return the parts of a `Request` that are chosen here.

        Parameters
        ----------
        style : object
            What is chosen above, one style or several.

        Raises
        ------
        NeuralStyleError
            If nothing would be painted.
        """
        chosen = {
            "region": self.region.value,
            "content_mask": self.content_mask.value,
            "style_mask": self.style_mask.value,
        }
        if self._has_table:
            style = self.table.styles(style)
        return {"styles": style, **{k: v for k, v in chosen.items() if v is not None}}

    def summary(self) -> str:
        """Return which layers say where."""
        chosen = (self.region.value, self.content_mask.value, self.style_mask.value)
        return ", ".join(dict.fromkeys(layer.name for layer in chosen if layer is not None))

    @property
    def _has_table(self) -> bool:
        """Whether labels go to styles by the table, rather than to parts of the one style."""
        mask = self.content_mask.value
        if mask is None or isinstance(mask, Image) or self.style_mask.value is not None:
            return False
        return not self.levels.value

    def _take_mask(self, mask: Labels | Shapes | Image | None) -> None:
        self.table.follow(None if isinstance(mask, Image) else mask)
        self._on_choice()

    def _on_choice(self, _: object = None) -> None:
        self.table.setVisible(self._has_table)
        mask, levels = self.content_mask.value, self.levels.value
        self.brush.follow(mask, levels)
        labelled = isinstance(mask, Labels | Shapes)
        self._form.setRowVisible(self.levels.native, labelled)
        self._form.setRowVisible(self.brush, bool(levels) and isinstance(mask, Labels))
        self.changed.emit()

    def _masks(self) -> list[Layer]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Labels | Shapes)]

    def _content_masks(self) -> list[Layer]:
        return self._masks() + [layer for layer in self._viewer.layers if can_be_strengths(layer)]

    def _drawn(self) -> list[Layer]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Shapes)]
