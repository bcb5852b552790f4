"""Make the pictures of the guide that show History, Compare and Sweep in a napari window.

xvfb-run -a -s "-screen 0 1366x768x24" python docs/make_compare_pictures.py

With the built-in network and small pictures: it takes some minutes.
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import numpy as np
from PIL import Image
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDockWidget

from napari_neural_style import stylize_layers
from napari_neural_style.pictures.images import fit, from_rgb, resize, to_rgb
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.sample_data import load

_WINDOW = 1366, 768
_SIZE = 224
#: Longest sides of the photograph, and of the paintings, which lie within it on the canvas.
_PHOTO, _PAINTING = 320, 240
_PATIENCE = 1200.0
_LARGEST = 300_000
SETTINGS: dict[str, Any] = {"preset": "preview", "features": "builtin", "size": _SIZE, "steps": 60}
_PLUGIN = "napari-neural-style"


class Studio:
    """A window with a photograph and two paintings, and the camera.

    Parameters
    ----------
    folder : Path
        Where the pictures go.
    theme : str
    """

    def __init__(self, folder: Path, theme: str) -> None:
        self._folder = folder
        self.viewer = napari.Viewer()
        self.viewer.theme = theme
        self.viewer.window._qt_window.setGeometry(0, 0, *_WINDOW)
        for name in ("harbour_town", "swirling_night", "mosaic"):
            photo = name == "harbour_town"
            picture = _small(load(name), _PHOTO if photo else _PAINTING)
            layer = self.viewer.add_image(picture, rgb=True)
            layer.name, layer.visible = name.replace("_", " "), photo

    def dock(self, name: str, alone: bool = True) -> Any:
        """Open a dock of the plugin, in place of the one before or over it."""
        window = self.viewer.window
        for other in list(window.dock_widgets.values()) if alone else ():
            window.remove_dock_widget(other)
        dock, widget = window.add_plugin_dock_widget(_PLUGIN, name, tabify=not alone)
        dock.raise_()
        assert isinstance(dock, QDockWidget)
        dock.setMinimumWidth(340)
        QTest.qWait(400)
        self.viewer.reset_view()  # to the room that is left
        return widget

    def until(self, condition: Callable[[], object]) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("It did not come to that.")
            QTest.qWait(50)

    def take(self, name: str) -> None:
        """Take a picture of the window."""
        QTest.qWait(900)
        pixels = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        path = self._folder / f"{name}.png"
        for colours in (256, 128, 64):
            Image.fromarray(pixels).quantize(colours).save(path, optimize=True)
            if path.stat().st_size < _LARGEST:
                break
        print(path, path.stat().st_size)


def _small(picture: np.ndarray, side: int) -> np.ndarray:
    rgb, _ = to_rgb(picture)
    return from_rgb(resize(rgb, fit(rgb.shape, side)), np.uint8)


def main() -> None:
    """Paint, compare, sweep; take a picture of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    parser.add_argument("--theme", default="dark")
    given = parser.parse_args()
    studio = Studio(given.output, given.theme)
    viewer = studio.viewer

    history = studio.dock("History")
    runs = []
    for style, strength in (("swirling night", 0.3), ("swirling night", 0.6), ("mosaic", 0.4)):
        run = stylize_layers(viewer, "harbour town", style, **SETTINGS, style_strength=strength)
        studio.until(lambda run=run: run.over)
        run.wait()
        runs.append(run)
    history.list.setCurrentRow(1)
    history.history.show(history.history[1])
    studio.take("history")

    compare = studio.dock("Compare")
    compare.modes["grid"].click()
    studio.take("compare-grid")
    compare.result_combo.setCurrentIndex(1)
    compare.modes["swipe"].click()
    compare.slider.setValue(420)
    studio.take("compare-swipe")
    compare.modes["difference"].click()
    studio.take("compare-difference")
    compare.modes["off"].click()

    main_dock = studio.dock("Style transfer")
    main_dock.form.settings = settings(**SETTINGS)
    sweep = studio.dock("Sweep", alone=False)
    sweep.content_combo.value = viewer.layers["harbour town"]
    sweep.style_combo.value = viewer.layers["swirling night"]
    sweep.name_combos[0].setCurrentIndex(sweep.name_combos[0].findData("style_strength"))
    swept = sweep.run()
    studio.until(lambda: swept.comparison)
    studio.take("sweep")
    viewer.close()


if __name__ == "__main__":
    main()
