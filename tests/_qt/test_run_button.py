"""Run looks as if it could be pressed when it can be, and says why when it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QPushButton

from conftest import Open
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.presets.catalogue import settings
from pretended import PretendedEngine
from quick import QUICK


def _ground(button: QPushButton) -> QColor:
    """Return the colour at the edge of a button, beside its text."""
    image = button.grab().toImage()
    return image.pixelColor(image.width() // 8, image.height() // 2)


def _distance(a: QColor, b: QColor) -> int:
    return sum(abs(x - y) for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_is_grey_until_there_are_two_pictures_and_then_stands_out(
    qtbot, open_widget: Open, photo: np.ndarray, theme: str
) -> None:
    widget: NeuralStyleWidget = open_widget(engine=PretendedEngine())
    button = widget.panel.run_button
    widget.viewer.theme = theme
    assert not button.isEnabled()
    assert "content and a style" in button.toolTip()
    grey = _ground(button)
    for name in ("photo", "painting"):
        widget.viewer.add_image(photo, name=name, rgb=True)
    assert button.isEnabled()
    assert "new layer" in button.toolTip()
    assert _distance(_ground(button), grey) > 60
    widget.form.settings = settings("balanced", **QUICK)
    run = widget.run()
    assert _distance(_ground(button), grey) < 60, "a further run is not what one wants most"
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    assert _distance(_ground(button), grey) > 60
    widget.viewer.layers.clear()
    assert not button.isEnabled()
