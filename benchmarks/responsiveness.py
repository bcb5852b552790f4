"""How long the first preview takes, cold and warm, and how smooth napari's window stays.

Run it with a display, or under Xvfb:

    xvfb-run -a -s "-screen 0 1366x768x24" python benchmarks/responsiveness.py
"""

from __future__ import annotations

import argparse
import time

import napari
import numpy as np
from napari.layers import Image
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.sample_data import load

_TICK_MILLISECONDS = 2
#: In milliseconds.
_UNTIL_DRAWN = 200


class _Ticker:
    """Notes the gaps between two turns of the event loop."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last: float | None = None
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MILLISECONDS)

    def reset(self) -> None:
        self.gaps, self._last = [], None

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self.gaps.append(now - self._last)
        self._last = now


def _press_run(widget: NeuralStyleWidget, ticker: _Ticker, label: str) -> None:
    ticker.reset()
    start = time.perf_counter()
    widget.panel.run_button.click()
    run = widget.current_run
    assert isinstance(run, StyleRun)
    while run.progress is None and not run.over:
        QApplication.processEvents()
    first = time.perf_counter() - start
    while not run.over:
        QApplication.processEvents()
    total = time.perf_counter() - start
    gaps = 1e3 * np.array(ticker.gaps)
    print(
        f"{label:10} {first:14.2f} {total:10.1f} {len(run.losses):9d} "
        f"{gaps.max():15.0f} {np.quantile(gaps, 0.99):12.0f}"
    )


def _add_layers(viewer: napari.Viewer, ticker: _Ticker) -> None:
    """Print how long napari's own window stands still for a layer that somebody adds."""
    gaps = []
    for number in range(5):
        QTest.qWait(_UNTIL_DRAWN)
        ticker.reset()
        layer = Image(load("rocket"), name=f"added {number}", rgb=True)
        # In a turn of the event loop, as a run does it: else its own time would not be a gap.
        QTimer.singleShot(_UNTIL_DRAWN, lambda layer=layer: viewer.add_layer(layer))
        QTest.qWait(2 * _UNTIL_DRAWN)
        gaps.append(1e3 * max(ticker.gaps))
        viewer.layers.remove(layer)
    print(f"napari alone, while a layer is added: {np.median(gaps):.0f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--update-every", type=int, default=5)
    parser.add_argument("--features", default="Built-in (small, offline)")
    given = parser.parse_args()

    viewer = napari.Viewer()
    viewer.window.resize(1366, 768)
    viewer.add_image(load("astronaut"), name="astronaut", rgb=True)
    viewer.add_image(load("swirling_night"), name="night", rgb=True)
    widget = NeuralStyleWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Style transfer", area="right")
    for name in ("size", "steps", "update_every"):
        widget.form.controls[name].value = getattr(given, name)
    widget.form.features.value = given.features
    ticker = _Ticker()
    _add_layers(viewer, ticker)
    print("run        first preview s    total s  previews  worst gap ms  99 % below ms")
    _press_run(widget, ticker, "cold")
    _press_run(widget, ticker, "warm")
    _press_run(widget, ticker, "warm")
    viewer.close()


if __name__ == "__main__":
    main()
