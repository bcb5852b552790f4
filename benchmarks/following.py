"""How many pictures a second a live layer paints in a window, and whether the window keeps moving.

A thread writes 30 frames a second into a layer, as a camera does; a timer on the main thread says
how long the event loop was held, first with the camera alone and then with the live layer. Needs a
display, or xvfb-run.

    python benchmarks/following.py NIGHT.look [--size 512] [--seconds 20] [--shot window.png]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import napari
import numpy as np
import skimage.data
from napari.qt.threading import thread_worker
from qtpy.QtCore import QTimer
from skimage.transform import resize

from napari_neural_style import LiveLook, follow

RATE = 30


def main() -> None:
    """Follow for a while, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("look", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--shot", type=Path, help="where to save a picture of the window")
    given = parser.parse_args()
    photo = resize(skimage.data.astronaut(), (given.size, given.size))
    photo = np.round(255 * photo).astype(np.uint8)
    viewer = napari.Viewer(title="following")
    camera = viewer.add_image(photo, name="camera", rgb=True)
    painted: list[float] = []
    beats: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(5)

    @thread_worker
    def record() -> Any:
        number = 0
        while True:
            time.sleep(1 / RATE)
            number += 1
            yield np.roll(photo, 3 * number, axis=1)

    worker = record()
    worker.yielded.connect(lambda frame: setattr(camera, "data", frame))
    worker.start()

    def told(what: str) -> None:
        gaps = 1000 * np.diff(beats)
        print(
            f"{what}: event loop held {np.median(gaps):.0f} ms (median), "
            f"{np.percentile(gaps, 99):.0f} ms (99 %)"
        )
        beats.clear()

    def begin() -> None:
        told("camera alone")
        live = follow(viewer, camera, given.look, size=given.size)
        live.painted.connect(lambda _: painted.append(time.perf_counter()))
        warm(live)

    def warm(live: LiveLook) -> None:
        if not painted:  # the engine is still starting
            QTimer.singleShot(100, lambda: warm(live))
            return
        painted.clear()
        beats.clear()
        QTimer.singleShot(int(1000 * given.seconds), lambda: end(live))

    def end(live: LiveLook) -> None:
        told(f"{given.size} px, {1 / np.median(np.diff(painted)):.1f} pictures a second")
        worker.quit()
        live.stop()
        if given.shot and live.layer:
            live.layer.translate = (0, given.size + 8)
            viewer.reset_view()
            viewer.screenshot(str(given.shot), canvas_only=False)
        viewer.close()

    QTimer.singleShot(2000, beats.clear)  # the window is there by then
    QTimer.singleShot(2000 + int(1000 * given.seconds), begin)
    napari.run()


if __name__ == "__main__":
    main()
