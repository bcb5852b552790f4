"""A new mask that is removed while its brush is in hand, and a stack that is added after it.

Run in a process of its own, under an X server: ``python removed_mask_window.py``. napari itself
does not survive that with a labels layer in paint mode: ``python removed_mask_window.py naparis``.
"""

from __future__ import annotations

import sys

import napari
import numpy as np
from qtpy.QtCore import QPoint
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtTest import QTest


def main() -> None:
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 800, 500)
    viewer.add_image(np.zeros((60, 80, 3), np.uint8), name="photo")
    if "naparis" in sys.argv:
        mask = viewer.add_labels(np.zeros((60, 80), int))
        mask.mode = "paint"
    else:
        _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
        where = dock.where.open()
        where.new_button.click()
        mask = where.content_mask.value
    QTest.qWait(800)
    (canvas,) = viewer.window._qt_window.findChildren(QOpenGLWidget)
    for step in range(5):
        QTest.mouseMove(canvas, QPoint(canvas.width() // 2 + 5 * step, canvas.height() // 2))
        QTest.qWait(100)
    assert mask.mode == "paint"
    viewer.layers.remove(mask)
    QTest.qWait(300)
    viewer.add_image(np.zeros((5, 60, 80), np.uint8))
    QTest.qWait(800)
    print("alive")
    viewer.close()


if __name__ == "__main__":
    main()
