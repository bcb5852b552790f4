"""Take a picture of the Print dock: a result, how large it is to be, and what that takes.

xvfb-run -a -s "-screen 0 1366x768x24" python docs/make_print_picture.py
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import tempfile
from pathlib import Path

from PIL import Image
from qtpy.QtTest import QTest
from sample_window import asked_output, sample_window
from waiting import until

from napari_neural_style._qt.printing_dock import print_widget


def main() -> None:
    """Paint a small result, enlarge it for print, and take the picture while that goes on."""
    output = asked_output(__doc__.splitlines()[0])
    viewer, dock = sample_window()
    dock.form.controls["steps"].value = 40
    run = dock.run()
    until(lambda: run.over)
    printing = print_widget(viewer)
    printing.offer(run.layer)
    printing.size_combo.setCurrentIndex(1)
    printing.centimetres.value = 20.0
    QTest.qWait(1500)
    pixels = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    Image.fromarray(pixels).save(output / "print_window.jpg", quality=86)
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
