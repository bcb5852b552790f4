"""A mask that is painted on while its run is at work, in a real window with the real engine.

Run in a process of its own, under an X server: ``python live_mask_window.py FILE.npz``.
"""

from __future__ import annotations

import sys
import time

import napari
import numpy as np
from qtpy.QtTest import QTest

PATIENCE = 400.0
SIDE = 96
RNG = np.random.default_rng(4)


def _noise(*colour: int) -> np.ndarray:
    spots = RNG.normal(0, 25, (SIDE, SIDE, 1)) + np.asarray(colour)
    return np.clip(spots, 0, 255).astype(np.uint8)


def _until(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "It did not come to that."
        QTest.qWait(20)


def main() -> None:
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 800, 500)
    photo = viewer.add_image(_noise(128, 128, 128), name="photo", rgb=True)
    viewer.add_image(_noise(200, 40, 40), name="red", rgb=True, visible=False)
    _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    QTest.qWait(500)
    dock.content_combo.native.setCurrentText("photo")
    dock.style_combo.native.setCurrentText("red")
    dock.form.features.value = "Built-in (small, offline)"
    quick = {"style_loss": "gram", "style_layers": "block1_conv1, block2_conv1"}
    quick |= {"content_layers": "block1_conv1", "precision": "float32", "smallest_scale": 0}
    for name, value in {
        "size": SIDE,
        "steps": 100_000,
        "update_every": 25,
        "style_strength": 1.0,
        **quick,
    }.items():
        dock.form.controls[name].value = value
    dock.form.setCurrentIndex(2)
    QTest.qWait(300)
    where = dock.where.inside
    where.new_button.click()
    mask = where.content_mask.value
    where.levels.value = 10
    mask.brush_size = 30
    for row in range(10, SIDE, 10):
        mask.paint((row, 15), 10)
    QTest.qWait(400)
    run = dock.run()
    assert run is not None, dock.panel.notice.text()

    def changed() -> np.ndarray:
        difference = np.abs(run.layer.data.astype(int) - photo.data).mean(axis=2)
        return np.array([difference[:, :25].mean(), difference[:, 75:].mean()])

    _until(lambda: run.layer is not None and changed()[0] > 20)
    before = changed()
    active = viewer.layers.selection.active is mask
    start = time.monotonic()
    where.brush.slider.setValue(8)
    for row in range(10, SIDE, 10):
        mask.paint((row, 85), mask.selected_label)
        QTest.qWait(10)
    _until(lambda: changed()[1] > 10)
    seconds = time.monotonic() - start
    mask.fill((10, 15), 0)
    mask.data = np.where(np.indices(mask.data.shape)[1] < 40, 0, mask.data)
    _until(lambda: changed()[0] < 1)
    QTest.qWait(500)
    window = viewer.screenshot(canvas_only=False, flash=False)
    run.cancel()
    _until(lambda: run.over)
    np.savez(
        sys.argv[1],
        before=before,
        after=changed(),
        active=active,
        seconds=seconds,
        problem=dock.panel.notice.text(),
        window=window,
    )
    viewer.close()


if __name__ == "__main__":
    main()
