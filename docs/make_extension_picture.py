"""Take the screenshot of docs/extensions.md: the widget with the extension of examples/.

    pip install --no-deps --target extension examples/oriented-filters
    PYTHONPATH=extension xvfb-run -a python docs/make_extension_picture.py

Needs a display, or Xvfb as above, and paints for some seconds.
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import sys
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtTest import QTest

from napari_neural_style._qt.widget import NeuralStyleWidget

_SECONDS = 1200


def main() -> None:
    """Open a window, choose what the extension brings, paint, and take the picture."""
    viewer = napari.Viewer(show=True)
    viewer.window._qt_window.setGeometry(0, 0, 1366, 768)
    viewer.open_sample("napari-neural-style", "astronaut_in_stained_glass")
    _, widget = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    assert isinstance(widget, NeuralStyleWidget)
    if "hatched" not in widget.form.preset.choices:
        sys.exit("The extension is not installed: pip install ./examples/oriented-filters")
    widget.form.preset.value = "hatched"
    widget.form.controls["size"].value = 256
    widget.form.controls["steps"].value = 60
    QTest.qWait(500)
    viewer.reset_view()
    run = widget.run()
    assert run is not None, widget.panel.notice.text()
    for _ in range(10 * _SECONDS):
        if run.over:
            break
        QTest.qWait(100)
    QTest.qWait(500)
    picture = viewer.screenshot(canvas_only=False, flash=False)
    Image.fromarray(np.asarray(picture)[..., :3]).quantize(255).save(
        Path(__file__).with_name("extension.png"), optimize=True
    )
    viewer.close()
    if run.error:
        raise run.error


if __name__ == "__main__":
    main()
