"""The presets as a row of cards: name, and how long it takes; below them what it is good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_neural_style._qt.plain_text import as_it_stands
from napari_neural_style.errors import SettingsError
from napari_neural_style.presets.catalogue import PRESETS, settings

__all__ = ["PresetCards"]

_COLUMNS = 4


class PresetCards(QWidget):
    """One card for each preset; one is chosen.

    Attributes
    ----------
    cards : dict of str to QPushButton
    description : QElidingLabel
        What the chosen one is good for, in a line; all of it in its tooltip.
    changed : psygnal.SignalInstance
        Emitted with the name of the preset that is chosen.
    """

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = "balanced"
        self._times: dict[str, str] = {}
        self._changed = False
        self.cards: dict[str, _Card] = {}
        self._group = QButtonGroup(self)
        self.description = QElidingLabel()
        self.description.setTextFormat(Qt.TextFormat.PlainText)
        self.description.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(self._grid)
        column.addWidget(self.description)
        self.choices = list(PRESETS)

    @property
    def choices(self) -> list[str]:
        """The names that are offered."""
        return list(self.cards)

    @choices.setter
    def choices(self, names: Sequence[str]) -> None:
        for card in self.cards.values():
            self._group.removeButton(card)
            self._grid.removeWidget(card)
            card.setParent(None)
            card.deleteLater()
        self.cards = {name: _Card(name) for name in names}
        for number, (name, card) in enumerate(self.cards.items()):
            self._group.addButton(card)
            self._grid.addWidget(card, *divmod(number, _COLUMNS))
            self._grid.setColumnStretch(number % _COLUMNS, 1)
            card.clicked.connect(lambda _=False, name=name: self._choose(name))
        if self._value not in self.cards:
            self._value = "balanced" if "balanced" in self.cards else next(iter(self.cards), "")
        self._show()

    @property
    def value(self) -> str:
        """The name of the preset that is chosen."""
        return self._value

    @value.setter
    def value(self, name: str) -> None:
        if name not in self.cards:
            raise ValueError(f"{name!r} is not among the choices.")
        if name != self._value:
            self._choose(name)

    def tell_times(self, times: Mapping[str, str]) -> None:
        """Write on the cards how long the presets take here, as in "12 s".

        Parameters
        ----------
        times : mapping
            By name; a preset that is not in it shows how many steps it takes.
        """
        self._times = dict(times)
        self._write()

    def tell_changed(self, changed: bool) -> None:
        """Show on the chosen card whether the controls say something else than it does."""
        if changed != self._changed:
            self._changed = changed
            self._write()

    def _write(self) -> None:
        for name, card in self.cards.items():
            note = f"≈ {self._times[name]}" if name in self._times else _steps(name)
            card.tell(note, self._changed and name == self._value)

    def _choose(self, name: str) -> None:
        self._value = name
        self._show()
        self.changed.emit(name)

    def _show(self) -> None:
        """Show what is chosen."""
        if card := self.cards.get(self._value):
            card.setChecked(True)
        about = PRESETS[self._value].description if self._value in PRESETS else ""
        self.description.setText(about)
        self.description.setToolTip(as_it_stands(about))
        self._write()


def _steps(name: str) -> str:
    """Return how many steps a preset takes; its file may have gone meanwhile."""
    try:
        return f"{settings(name).steps} steps"
    except SettingsError:
        return ""


class _Card(QPushButton):
    """A card: the name over a word on how long it takes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._note, self._sign = name, "", ""
        self._about = PRESETS[name].description
        self.setCheckable(True)
        # As wide as its column, however long the name is.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setStyleSheet(
            "QPushButton { padding: 3px 2px; } QPushButton:checked { border: 2px "
            "solid palette(highlight); }"
        )
        self.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 8)

    def tell(self, note: str, changed: bool) -> None:
        """Write something below the name; on one that is changed, that it is."""
        self._note, self._sign = ("changed", " *") if changed else (note, "")
        about = (
            f"{self._about} Changed: a click brings it back ({note})." if changed else self._about
        )
        self.setToolTip(as_it_stands(about))
        self.setAccessibleName(f"Preset {self._name}, {self._note}")
        self.setAccessibleDescription(about)
        self._write()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Shorten a name that has no room."""
        super().resizeEvent(a0)
        self._write()

    def _write(self) -> None:
        metrics = self.fontMetrics()
        room = max(self.width() - 6 - metrics.horizontalAdvance(self._sign), 20)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        self.setText(f"{name}{self._sign}\n{self._note}".replace("&", "&&"))
