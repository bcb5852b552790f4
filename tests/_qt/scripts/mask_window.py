"""Two labels of a mask, two styles, in a real window with the real engine.

Run in a process of its own, under an X server: ``python mask_window.py FILE.npz``.
"""

from __future__ import annotations

import sys
import time

import napari
import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

PATIENCE = 400.0
HEIGHT, WIDTH = 48, 64
RNG = np.random.default_rng(4)


def _noise(*colour: int) -> np.ndarray:
    spots = RNG.normal(0, 25, (HEIGHT, WIDTH, 1)) + np.asarray(colour)
    return np.clip(spots, 0, 255).astype(np.uint8)


def _click(widget: QWidget) -> None:
    assert widget.isVisible()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    QTest.qWait(600)


def _has_room(widget: QWidget) -> bool:
    """Whether all of it shows, once it has unfolded."""
    for _ in range(100):
        if widget.height() >= widget.sizeHint().height():
            return True
        QTest.qWait(50)
    return False


def main() -> None:
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 900, 768)
    place = {"scale": (2, 1), "rotate": 20}
    photo = viewer.add_image(_noise(128, 128, 128), name="photo", rgb=True, **place)
    viewer.add_image(_noise(200, 40, 40), name="red", rgb=True, visible=False)
    viewer.add_image(_noise(40, 40, 200), name="blue", rgb=True, visible=False)
    _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    QTest.qWait(500)
    dock.content_combo.native.setCurrentText("photo")
    dock.style_combo.native.setCurrentText("red")
    dock.form.features.value = "Built-in (small, offline)"
    quick = {"style_loss": "gram", "style_layers": "block1_conv1, block2_conv1"}
    quick |= {"content_layers": "block1_conv1", "precision": "float32"}
    for name, value in {"size": 48, "steps": 40, "style_strength": 1.0, **quick}.items():
        dock.form.controls[name].value = value
    dock.form.setCurrentIndex(2)
    QTest.qWait(300)
    where = dock.where.inside
    room = _has_room(where)
    _click(where.new_button)
    mask = where.content_mask.value
    for label, column in ((1, 12), (2, 52)):
        mask.selected_label, mask.brush_size = label, 20
        for row in range(0, HEIGHT, 4):
            mask.paint((row, column), label)
    QTest.qWait(600)
    rows = sorted(where.table.combos)
    room = room and _has_room(where)
    where.table.combos[2].native.setCurrentText("blue")
    QTest.qWait(300)
    _click(dock.panel.run_button)
    run = dock.current_run
    assert run is not None, dock.panel.notice.text()
    deadline = time.monotonic() + PATIENCE
    while not run.over and time.monotonic() < deadline:
        QTest.qWait(20)
    assert run.state == "finished", (run, run.error)
    mask.visible = False
    QTest.qWait(300)
    np.savez(
        sys.argv[1],
        photo=photo.data,
        mask=mask.data,
        result=run.layer.data,
        rows=rows,
        room=room,
        window=viewer.screenshot(canvas_only=False, flash=False),
    )
    viewer.close()


if __name__ == "__main__":
    main()
