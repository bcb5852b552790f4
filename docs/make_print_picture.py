"""Take a picture of the Print dock: a result, how large it is to be, and what that takes.

xvfb-run -a -s "-screen 0 1366x768x24" python docs/make_print_picture.py
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import argparse
import tempfile
from pathlib import Path

import napari
from PIL import Image
from qtpy.QtTest import QTest
from waiting import until

from napari_neural_style._qt.printing_dock import print_widget


def main() -> None:
    """Paint a small result, enlarge it for print, and take the picture while that goes on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "pictures")
    given = parser.parse_args()
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 1366, 768)
    _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    viewer.open_sample("napari-neural-style", "town_in_swirling_night")
    dock.form.features.value = "Built-in (small, offline)"
    dock.form.controls["steps"].value = 40
    run = dock.run()
    until(lambda: run.over)
    printing = print_widget(viewer)
    printing.offer(run.layer)
    printing.size_combo.setCurrentIndex(1)
    printing.centimetres.value = 20.0
    QTest.qWait(1500)
    pixels = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    Image.fromarray(pixels).save(given.output / "print_window.jpg", quality=86)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "print.tif"
        printing.centimetres.value = 15.0
        printing.dpi.setCurrentText("150")
        printing.paint(path)
        assert printing.run is not None
        until(lambda: printing.run.over and path.exists())
        QTest.qWait(1500)
        print(printing.run.layer.data.shape, path.stat().st_size)
    viewer.close()


if __name__ == "__main__":
    main()
