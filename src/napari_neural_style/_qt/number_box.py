"""A box for a number that shows the digits that mean something, and no others."""

from __future__ import annotations

from psygnal import Signal
from qtpy.QtWidgets import QDoubleSpinBox

__all__ = ["NumberBox"]

#: Kept of what is typed in; of these, zeros at the end are not shown: 0.006, not 0.006000.
_DECIMALS = 6


class _Spin(QDoubleSpinBox):
    """Qt's own, without the zeros at the end."""

    def textFromValue(self, v: float) -> str:
        """Return a number in as few digits as say it."""
        locale = self.locale()
        text = str(locale.toString(float(v), "f", _DECIMALS)).replace(locale.groupSeparator(), "")
        return text.rstrip("0").rstrip(locale.decimalPoint())


class NumberBox:
    """A spin box for floats whose steps suit the size of the number.

    Parameters
    ----------
    value, minimum, maximum : float
    tooltip : str

    Attributes
    ----------
    native : QDoubleSpinBox
    changed : psygnal.SignalInstance
        Emitted with each new value.
    """

    changed = Signal(float)

    def __init__(self, value: float, minimum: float, maximum: float, tooltip: str) -> None:
        self.native = _Spin()
        self.native.setDecimals(_DECIMALS)
        self.native.setRange(minimum, maximum)
        self.native.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.native.setToolTip(tooltip)
        # Else the largest number that fits in would set the width.
        self.native.setMinimumWidth(self.native.fontMetrics().averageCharWidth() * 12)
        self.native.setValue(value)
        self.native.valueChanged.connect(self._tell)

    @property
    def value(self) -> float:
        """The number."""
        return float(self.native.value())

    @value.setter
    def value(self, new: float) -> None:
        self.native.setValue(new)

    @property
    def min(self) -> float:
        """The least number."""
        return float(self.native.minimum())

    @property
    def max(self) -> float:
        """The largest number."""
        return float(self.native.maximum())

    def _tell(self, value: float) -> None:
        self.changed.emit(value)
