"""A window of napari with the sample pair and the dock, for screenshots: `sample_window`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import napari

__all__ = ["asked_output", "sample_window"]


def asked_output(description: str) -> Path:
    """Return the folder for pictures that the command line says, or that of the documents."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "pictures")
    folder: Path = parser.parse_args().output
    return folder


def sample_window() -> tuple[napari.Viewer, Any]:
    """Return a viewer and its dock Style transfer, ready to run with the built-in network."""
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 1366, 768)
    _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    viewer.open_sample("napari-neural-style", "town_in_swirling_night")
    dock.form.features.value = "Built-in (small, offline)"
    return viewer, dock
