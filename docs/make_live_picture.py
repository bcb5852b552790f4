"""Make the screenshot of a run that is steered while others wait: docs/pictures/live_window.jpg.

xvfb-run -s "-screen 0 1366x768x24" python docs/make_live_picture.py    # without a screen
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import argparse
from pathlib import Path

import napari
from PIL import Image
from waiting import until

from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.sample_data import load

#: Steps; the steering is not at a change of scale, so that it can be told apart in the plot.
_STEERED, _TAKEN = 100, 135


def main() -> None:
    """Start three runs, steer the first, and look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).parent / "pictures" / "live_window.jpg"
    parser.add_argument("--output", type=Path, default=default)
    given = parser.parse_args()
    viewer = napari.Viewer()
    viewer.window.resize(1366, 768)
    viewer.add_image(load("harbour_town"), name="harbour town")
    viewer.add_image(load("swirling_night"), name="swirling night", visible=False)
    _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    assert isinstance(dock, NeuralStyleWidget)
    dock.form.restore_defaults()
    dock.form.features.value = "Built-in (small, offline)"
    chosen = {"style_strength": 0.3, "size": 256, "steps": 150, "update_every": 5}
    for name, value in chosen.items():
        dock.form.controls[name].value = value
    dock.panel.details_button.click()
    run = dock.run()
    assert run is not None
    for seed in (1, 2):
        dock.form.controls["seed"].value = seed
        dock.run()
    until(lambda: run.progress is not None and run.progress.step >= _STEERED)
    strength = dock.form.controls["style_strength"]
    strength.value = 0.8
    until(lambda: run.progress is not None and run.progress.step >= _TAKEN)
    shot = viewer.screenshot(canvas_only=False, flash=False)
    Image.fromarray(shot).convert("RGB").save(given.output, quality=85)
    viewer.close()


if __name__ == "__main__":
    main()
