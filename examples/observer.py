"""Observe every run of this session through the hooks: here, its losses go into a CSV file.

A package does the same for good, by an entry point: see oriented-filters.
"""

import csv
import os
from pathlib import Path

from napari_neural_style import stylize
from napari_neural_style.hooks import extensions, hookimpl
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "128"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))


class Diary:
    """Notes what happens; any subset of a hook's arguments may be asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_text("preset,step,total,content,style\n")

    @hookimpl
    def run_progressed(self, run, progress) -> None:
        """Add a row."""
        losses = [progress.losses[term] for term in ("total", "content", "style")]
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerow([run.settings.preset, progress.step, *losses])

    @hookimpl
    def run_state_changed(self, state) -> None:
        """Say how it goes."""
        print(f"The run is {state}.")


extensions().register(Diary(Path("losses.csv")), "diary")
photo, painting = load("coffee"), load("pointillism")
stylize(photo, painting, features="builtin", size=SIZE, steps=STEPS, update_every=2)
print(Path("losses.csv").read_text())
