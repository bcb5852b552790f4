"""Take pictures of the Style transfer dock in each of its states, to look at and for the guide.

xvfb-run -a -s "-screen 0 1600x1000x24" python docs/make_dock_pictures.py --output FOLDER

With the built-in network and small pictures. The guide has one of them::

    ... --output docs/pictures --states ready --sizes 1280x720 --themes dark
    ... --output docs/pictures --sizes 1440x900 --themes light --sheet

`QT_SCALE_FACTOR=1.5` in the environment takes them as
on a screen with large text.
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import napari
from PIL import Image
from qtpy.QtTest import QTest

from napari_neural_style._qt.widget import NeuralStyleWidget

_PATIENCE = 600.0
#: Those of laptops; the last is that in which napari opens by itself.
SIZES = ((1280, 720), (1440, 900), (1088, 630))
#: How wide the dock is, and how much of a window stands above it, in pixels.
_DOCK, _ABOVE = 384, 22
STATES = ("empty", "ready", "painting", "paused", "done", "error")


class Studio:
    """A window with the dock in it, and the camera."""

    def __init__(self) -> None:
        self.viewer = napari.Viewer()
        _, dock = self.viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
        assert isinstance(dock, NeuralStyleWidget)
        self.dock = dock

    def states(self) -> Iterator[str]:
        """Bring the dock from one state into the next, and tell its name."""
        yield "empty"
        self.viewer.open_sample("napari-neural-style", "astronaut_in_stained_glass")
        yield "ready"
        dock = self.dock
        dock.form.features.value = "Built-in (small, offline)"
        dock.form.controls["size"].value = 192
        dock.form.controls["steps"].value = 400
        dock.form.controls["update_every"].value = 5
        run = dock.run()
        assert run is not None
        self.until(lambda: run.progress is not None and run.progress.step >= 30)
        yield "painting"
        dock.panel.pause_button.click()
        self.until(lambda: run.state == "paused")
        QTest.qWait(500)
        yield "paused"
        run.cancel()
        self.until(lambda: run.over)
        dock.form.controls["steps"].value = 20
        run = dock.run()
        assert run is not None
        self.until(lambda: run.over)
        yield "done"
        dock.form.weights_file.value = "/data/lost.h5"
        dock.form.features.value = "Weights file ..."
        run = dock.run()
        assert run is not None
        self.until(lambda: run.over)
        yield "error"

    def until(self, condition: Callable[[], object]) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("It did not come to that.")
            QTest.qWait(20)

    def take(self, path: Path, size: tuple[int, int], theme: str) -> None:
        """Take a picture of the window."""
        self.viewer.theme = theme
        self.viewer.window._qt_window.resize(*size)
        QTest.qWait(1500)
        pixels = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        Image.fromarray(pixels).quantize(256).save(path, optimize=True)
        if pixels.shape[1::-1] != size:
            print(f"{path.name}: the window is {pixels.shape[1]} x {pixels.shape[0]}")


def _sheet(folder: Path, which: str) -> None:
    """Put the docks of all states beside each other, in place of the pictures of the windows."""
    docks = []
    for state in STATES:
        path = folder / f"dock-{state}-{which}.png"
        with Image.open(path) as window:
            pixels = window.convert("RGB")
        path.unlink()
        docks.append(pixels.crop((pixels.width - _DOCK, _ABOVE, pixels.width, pixels.height)))
    height = docks[0].height
    sheet = Image.new("RGB", (len(docks) * _DOCK, height))
    for place, dock in enumerate(docks):
        sheet.paste(dock, (place * _DOCK, 0))
    sheet.quantize(256).save(folder / f"dock-states-{which}.png", optimize=True)


def main() -> None:
    """Take all the pictures, or those of some states."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--sizes", nargs="*", default=[f"{w}x{h}" for w, h in SIZES])
    parser.add_argument("--states", nargs="*", default=STATES, choices=STATES)
    parser.add_argument("--themes", nargs="*", default=["dark", "light"])
    parser.add_argument(
        "--sheet", action="store_true", help="the docks of all states beside each other, as one"
    )
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    studio = Studio()
    for state in studio.states():
        for size in given.sizes if state in given.states else ():
            for theme in given.themes:
                width, height = map(int, size.split("x"))
                path = given.output / f"dock-{state}-{size}-{theme}.png"
                studio.take(path, (width, height), theme)
    if given.sheet:
        for size in given.sizes:
            for theme in given.themes:
                _sheet(given.output, f"{size}-{theme}")
    studio.viewer.close()


if __name__ == "__main__":
    main()
