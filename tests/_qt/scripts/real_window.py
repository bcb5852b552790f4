"""A user's session in a real napari window, with the real engine: driven by `test_window.py`.

Run in a process of its own, under an X server: ``python real_window.py FOLDER``. Writes screenshots
into FOLDER; what it has seen goes to standard output as one JSON object.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from magicgui.widgets import SpinBox
from PIL import Image
from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.process import engine_process
from napari_neural_style.running.style_run import StyleRun

PATIENCE = 200.0
#: All of a laptop's screen; and less, because every pixel is drawn by the processor.
LARGE, SMALL = (1366, 768), (900, 520)


class Session:
    """The window, the hands of its user, and the notes taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: dict[str, object] = {}
        self.ticks = 0
        self.viewer = napari.Viewer()
        self.window = self.viewer.window._qt_window
        self.window.setGeometry(0, 0, *LARGE)
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(10)
        self.viewer.open_sample("napari-neural-style", "astronaut_in_stained_glass")
        _, self.widget = self.viewer.window.add_plugin_dock_widget(
            "napari-neural-style", "Style transfer"
        )
        assert isinstance(self.widget, NeuralStyleWidget)
        # A bar that runs to and fro while the engine starts would draw the window again and again.
        self.widget.panel.bar.setUpdatesEnabled(False)
        self.settle()

    @property
    def run(self) -> StyleRun:
        run = self.widget.current_run
        assert run is not None
        return run

    def _tick(self) -> None:
        self.ticks += 1

    def settle(self, seconds: float = 0.3) -> None:
        """Let the window draw itself."""
        QTest.qWait(int(seconds * 1000))

    def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                self.viewer.screenshot(self.folder / "stuck.png", canvas_only=False, flash=False)
                raise SystemExit(f"It did not come to this: {what}; {self.widget.current_run!r}")
            QTest.qWait(20)

    def click(self, button: QPushButton) -> None:
        """Click where the button is; a hidden one cannot be clicked."""
        assert button.isVisible(), button.text()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))

    def choose(self, **values: object) -> None:
        for name, value in values.items():
            self.widget.form.controls[name].value = value

    def canvas(self, name: str) -> np.ndarray:
        """Return what the canvas shows, and save the whole window."""
        self.settle()
        self.viewer.screenshot(self.folder / f"{name}.png", canvas_only=False, flash=False)
        pixels = self.viewer.screenshot(canvas_only=True, flash=False)[..., :3]
        # The canvas may gain or lose a row when a text beside it changes its height.
        small = Image.fromarray(pixels).resize((160, 160), Image.Resampling.BOX)
        return np.asarray(small, float)

    def canvas_change(self, before: np.ndarray, after: np.ndarray) -> float:
        return float(np.abs(before - after).mean())

    def activity(self) -> list[QWidget]:
        """Return the bars in napari's activity dock."""
        widgets = self.window.findChildren(QWidget)
        return [bar for bar in widgets if type(bar).__name__ == "QtLabeledProgressBar"]


class Turns(QObject):
    """Counts the turns of the event loop between a new layer and the next time Qt draws."""

    def __init__(self, user: Session) -> None:
        super().__init__(user.window)
        self.until_drawn: int | None = None
        self._count = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        user.window.installEventFilter(self)
        user.viewer.layers.events.inserted.connect(self._added)

    def _turn(self) -> None:
        self._count += 1

    def _added(self) -> None:
        self._timer.start(0)  # Not before: it keeps a processor busy.

    def eventFilter(self, _: QObject | None, event: QEvent | None) -> bool:
        assert event is not None
        if event.type() == QEvent.Type.UpdateRequest and self._timer.isActive():
            self.until_drawn = self._count
            self._timer.stop()
        return False


def paint(user: Session) -> None:
    """Run; watch the canvas change; pause, resume, cancel."""
    user.widget.form.features.value = "Built-in (small, offline)"
    user.choose(size=64, steps=100_000, update_every=25, style_loss="gram", precision="float32")
    user.choose(style_layers="block1_conv1, block2_conv1", content_layers="block1_conv1")
    panel = user.widget.panel
    before = user.canvas("1 before")
    turns = Turns(user)
    user.click(panel.run_button)
    user.until(lambda: user.run.layer is not None, "a first preview")
    user.until(lambda: turns.until_drawn is not None, "a first preview that is drawn")
    user.seen["turns until drawn"] = turns.until_drawn
    user.seen["name"] = user.run.layer.name
    (bar,) = user.activity()
    user.seen["activity"] = bar.description_label.text()
    first = user.canvas("2 first preview")
    user.seen["first change"] = user.canvas_change(before, first)

    ticks = user.ticks
    step = user.run.progress.step
    user.until(
        lambda: user.run.progress.step >= step + 150 and user.ticks > ticks + 20,
        "more previews, and a window that lives",
    )
    user.until(lambda: bar.qt_progress_bar.value() >= 150, "a bar that moves with the steps")
    user.seen["activity bar"] = [bar.qt_progress_bar.value(), bar.qt_progress_bar.maximum()]
    user.seen["ticks while painting"] = user.ticks - ticks
    user.seen["later change"] = user.canvas_change(first, user.canvas("3 painting"))

    user.click(panel.pause_button)
    # Previews that were on their way are still shown.
    paused_at = -1
    while paused_at != user.run.progress.step:
        paused_at = user.run.progress.step
        user.settle(1)
    still = user.canvas("4 paused")
    user.settle(1)
    user.seen["steps while paused"] = user.run.progress.step - paused_at
    user.seen["change while paused"] = user.canvas_change(still, user.canvas("4 paused"))
    user.seen["pause button while paused"] = panel.pause_button.text()
    user.click(panel.pause_button)
    user.until(lambda: user.run.progress.step > paused_at, "going on after the pause")

    user.click(panel.cancel_button)
    user.until(lambda: user.run.over, "the end after Cancel")
    user.seen["state after cancel"] = user.run.state
    user.settle()
    user.seen["bars after cancel"] = len(user.activity())
    user.canvas("5 cancelled")


def survive(user: Session) -> None:
    """Kill the engine in the middle of a run; read the message; run again to the end."""
    panel = user.widget.panel
    user.click(panel.run_button)
    user.until(lambda: user.run.layer is not None, "a preview before the kill")
    picture = user.run.layer
    os.kill(engine_process().pid, signal.SIGKILL)
    user.until(lambda: user.run.over, "the end after the kill")
    user.seen["state after kill"] = user.run.state
    user.seen["message visible"] = panel.notice.isVisible()
    user.seen["message"] = panel.notice.text()
    user.seen["picture kept"] = picture in user.viewer.layers
    user.canvas("6 killed")
    user.seen["bars after kill"] = len(user.activity())
    user.choose(steps=60)
    user.click(panel.run_button)
    user.until(lambda: user.run.over, "the end of the run after the kill")
    user.seen["state of the run after the kill"] = user.run.state
    user.seen["bar at the end"] = panel.status.text()
    user.canvas("7 finished")


def cancel_in_activity_dock(user: Session) -> None:
    """Cancel a run with the button that napari puts beside its bar."""
    user.choose(steps=100_000)
    user.click(user.widget.panel.run_button)
    user.until(lambda: user.run.layer is not None, "a preview before the other Cancel")
    (bar,) = user.activity()
    bar.cancel_button.click()
    user.until(lambda: user.run.over, "the end after Cancel in the activity dock")
    user.seen["state after the other cancel"] = user.run.state


def room_beside_the_largest(control: SpinBox) -> int:
    """Return how many pixels a field has beside the largest number that can be typed into it."""
    line = control.native.findChild(QLineEdit)
    digits = line.fontMetrics().horizontalAdvance(str(control.max))
    return line.width() - digits - 2 * 2  # Qt's own margins


def measure(user: Session) -> None:
    """Look at whether all that matters fits on the screen of a laptop."""
    screen = QApplication.primaryScreen().availableGeometry()
    user.seen["screen"] = [screen.width(), screen.height()]
    user.seen["window"] = [
        user.window.frameGeometry().width(),
        user.window.frameGeometry().height(),
    ]
    button = user.widget.panel.run_button
    corner = button.mapToGlobal(button.rect().bottomRight())
    user.seen["button on screen"] = button.isVisible() and screen.contains(corner)
    user.seen["dock width"] = user.widget.width()
    user.seen["room beside the largest numbers"] = [
        room_beside_the_largest(user.widget.form.controls[name]) for name in ("size", "steps")
    ]
    user.seen["canvas width"] = user.viewer.screenshot(canvas_only=True, flash=False).shape[1]


def main() -> None:
    user = Session(Path(sys.argv[1]))
    user.seen["platform"] = QApplication.platformName()
    user.seen["tensorflow here"] = "tensorflow" in sys.modules
    measure(user)
    user.window.setGeometry(0, 0, *SMALL)
    paint(user)
    survive(user)
    cancel_in_activity_dock(user)
    # Closing the window in the middle of a run must end both in peace.
    user.click(user.widget.panel.run_button)
    user.until(lambda: user.run.layer is not None, "a preview before the end")
    user.seen["engine"] = engine_process().pid
    user.viewer.close()
    print(json.dumps(user.seen))


if __name__ == "__main__":
    main()
