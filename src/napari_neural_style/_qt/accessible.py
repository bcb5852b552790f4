"""Names and descriptions for screen readers."""

from __future__ import annotations

from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QWidget,
)

__all__ = ["CONTROLS", "controls_in", "named"]

#: What takes part in a conversation with the user.
CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QProgressBar,
)


def named(widget: QWidget, name: str, description: str = "") -> None:
    """Tell screen readers what a control and the parts of it are.

    Parameters
    ----------
    widget : QWidget
    name : str
        What the user knows it by.
    description : str
        What it does; by default its tooltip.
    """
    parts = [widget, *controls_in(widget)]
    said = description or next(filter(None, (part.toolTip() for part in parts)), "")
    for part in parts:
        if not part.accessibleName():
            part.setAccessibleName(name)
        if not part.accessibleDescription():
            part.setAccessibleDescription(part.toolTip() or said)


def controls_in(widget: QWidget) -> list[QWidget]:
    """Return the controls within a widget, without Qt's own inner parts."""
    found = [part for kind in CONTROLS for part in widget.findChildren(kind)]
    return [
        part
        for part in dict.fromkeys(found)
        if not isinstance(part, QScrollBar) and not _is_inner(part)
    ]


def _is_inner(part: QWidget) -> bool:
    """Whether Qt has made it: the arrows of a tab bar, the list of a combo, the line of a spin."""
    if part.objectName().startswith("qt_"):
        return True
    above = part.parentWidget()
    while above is not None:
        if isinstance(above, QAbstractSpinBox | QComboBox):
            return True
        above = above.parentWidget()
    return False
