"""The files that take longest, the longest first: whatever begins late is waited for at the end."""

from __future__ import annotations

__all__ = ["LONG_FILES"]

LONG_FILES = (
    "_qt/test_window.py",
    "engine/test_tiled.py",
    "test_endings.py",
    "_qt/test_panel.py",
    "engine/test_paper.py",
    "engine/test_regions.py",
    "test_main.py",
    "test_examples.py",
    "test_docstrings.py",
    "engine/test_run.py",
    "test_reliability.py",
    "test_reproduction.py",
    "process/test_client.py",
    "training/test_distillation.py",
    "engine/test_look_learning.py",
    "engine/test_objective.py",
    "test_batches.py",
    "records/test_schema.py",
    "engine/test_neighbors.py",
    "running/test_style_run.py",
    "test_package.py",
    "engine/test_finisher.py",
    "pictures/test_reading.py",
    "_qt/test_widget.py",
    "viewing/test_placement.py",
    "_qt/test_compare_dock.py",
    "_qt/test_sections.py",
    "running/test_queue.py",
    "test_tutorial.py",
    "test_sample_data.py",
    "training/test_look_training.py",
    "engine/test_calibration.py",
    "engine/test_look_start.py",
)
