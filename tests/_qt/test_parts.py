"""The small parts that the docks are put together from."""

from __future__ import annotations

from napari_neural_style._qt.parts import Banner


def test_a_banner_is_there_as_long_as_there_is_something_to_tell(qtbot) -> None:
    qtbot.addWidget(banner := Banner())
    assert banner.isHidden()
    banner.tell(ValueError("It went wrong."))
    assert not banner.isHidden()
    assert banner.text() == "It went wrong."
    error = banner.styleSheet()
    banner.tell("Mind this.", "warning")
    assert banner.styleSheet() != error
    banner.tell("Again.")
    assert banner.styleSheet() == error
    banner.tell("")
    assert banner.isHidden()
