"""A combo of layers that come, go and are renamed, and of what may stand in their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Layer
from psygnal import Signal
from qtpy.QtWidgets import QComboBox

from napari_neural_style._qt.parts import let_shrink

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["LayerCombo", "Offer", "image_layers", "move_on"]

#: What the user reads, and what it stands for: a layer, or something else.
Offer = tuple[str, Any]


class LayerCombo:
    """A combo whose choices are layers; it goes by these, not by their names, which change.

    Parameters
    ----------
    layers : callable
        Returns the layers to offer.
    tooltip : str
    first, last : sequence of (str, object)
        What to offer before and after the layers: what the user reads, and the value it has.

    Attributes
    ----------
    native : QComboBox
    changed : psygnal.SignalInstance
        Emitted with each new value.
    """

    changed = Signal(object)

    def __init__(
        self,
        layers: Callable[[], Sequence[Layer]],
        tooltip: str,
        *,
        first: Sequence[Offer] = (),
        last: Sequence[Offer] = (),
    ) -> None:
        self.native = QComboBox()
        self.native.setToolTip(tooltip)
        let_shrink(self.native)
        self.layers = layers
        self._first, self._last = tuple(first), tuple(last)
        self._offers: list[Offer] = []
        self._told: Any = None
        self.native.currentIndexChanged.connect(self._tell)
        self.reset_choices()

    @property
    def choices(self) -> list[Any]:
        """The values that are offered."""
        return [value for _, value in self._offers]

    @property
    def value(self) -> Any:
        """What is chosen; None if nothing is offered."""
        index = self.native.currentIndex()
        return self._offers[index][1] if 0 <= index < len(self._offers) else None

    @value.setter
    def value(self, new: Any) -> None:
        for index, value in enumerate(self.choices):
            if value == new:
                self.native.setCurrentIndex(index)
                return
        raise ValueError(f"{new!r} is not among the choices.")

    def offer_last(self, last: Sequence[Offer]) -> None:
        """Offer these after the layers from now on, in place of what there was."""
        self._last = tuple(last)
        self.reset_choices()

    def reset_choices(self) -> None:
        """Offer the layers that there are now; what is chosen stays chosen if it is still there."""
        layers = list(self.layers())
        offers = [*self._first, *((layer.name, layer) for layer in layers)]
        if offers:
            offers += self._last
        chosen = self.value
        blocked = self.native.blockSignals(True)
        self._offers = offers
        self.native.clear()
        self.native.addItems([title for title, _ in offers])
        for index, (_, value) in enumerate(offers):
            if value == chosen:
                self.native.setCurrentIndex(index)
                break
        self.native.blockSignals(blocked)
        self._tell()

    def _tell(self, _: int = 0) -> None:
        if self.value != self._told:
            self._told = self.value
            self.changed.emit(self._told)


def image_layers(viewer: ViewerModel) -> list[Image]:
    """Return the image layers to offer."""
    return [layer for layer in viewer.layers if isinstance(layer, Image)]


def move_on(style: LayerCombo, content: LayerCombo) -> None:
    """Let the combo of the style show another layer than that of the content, if it can."""
    others = [
        layer for layer in style.choices if isinstance(layer, Layer) and layer is not content.value
    ]
    if style.value is content.value and others:
        style.value = others[0]
