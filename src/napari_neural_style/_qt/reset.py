"""A control with a button that brings it back to what the preset says."""

from __future__ import annotations

import math
from typing import Any

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_neural_style._qt.accessible import named
from napari_neural_style._qt.setting_control import Control

__all__ = ["Resettable"]

#: The dock is narrow enough as it is.
_BUTTON_WIDTH = 24


class Resettable(QWidget):
    """A control and its button.

    Parameters
    ----------
    control : Control
    title : str
        What the user knows the control by.
    """

    def __init__(self, control: Control, title: str) -> None:
        super().__init__()
        self._control = control
        self._standard = control.value
        self.button = QPushButton("↺")
        self.button.setStyleSheet("QPushButton { padding: 2px 0px; }")
        self.button.setToolTip(f"{title}: back to what the preset says.")
        self.button.setAccessibleName(f"Restore {title}")
        self.button.setFixedWidth(_BUTTON_WIDTH)
        named(control.native, title)
        # Controls keep their width, whether the button is there or not.
        policy = self.button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.button.setSizePolicy(policy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        # Before the control: so the right edges of all rows are in line, without buttons as well.
        row.addWidget(self.button)
        row.addWidget(control.native, 1)
        self.button.clicked.connect(self.restore)
        control.changed.connect(self._show_button)
        self._show_button()

    def set_standard(self, value: Any) -> None:
        """Take note of what the preset says, as the control shows it."""
        self._standard = value
        self._show_button()

    def restore(self) -> None:
        """Bring the control back to what the preset says."""
        self._control.value = self._standard

    @property
    def differs(self) -> bool:
        """Whether the control shows something else than the preset says."""
        value, standard = self._control.value, self._standard
        if isinstance(value, float) and isinstance(standard, float):
            # Controls show six digits.
            return not math.isclose(value, standard, rel_tol=1e-6, abs_tol=6e-7)
        return bool(value != standard)

    def _show_button(self) -> None:
        self.button.setVisible(self.differs)
