"""The files that take longest, the longest first: whatever begins late is waited for at the end."""

from __future__ import annotations

__all__ = ["LONG_FILES"]

LONG_FILES = (
    "_qt/test_window.py",
    "test_endings.py",
    "_qt/test_panel.py",
    "engine/test_tiled.py",
    "test_main.py",
    "_qt/test_small_windows.py",
    "engine/test_paper.py",
    "records/test_schema.py",
    "process/test_client.py",
    "engine/test_regions.py",
    "test_reliability.py",
    "engine/test_look_learning.py",
    "engine/test_run.py",
    "_qt/test_widget.py",
    "_qt/test_sections.py",
    "test_reproduction.py",
    "engine/test_objective.py",
    "_qt/test_compare_dock.py",
    "training/test_distillation.py",
    "histories/test_autosave.py",
    "test_docstrings.py",
    "test_examples.py",
    "test_batches.py",
    "running/test_style_run.py",
    "viewing/test_placement.py",
    "engine/test_calibration.py",
    "_qt/test_history_dock.py",
    "_qt/test_sweep_dock.py",
    "running/test_queue.py",
    "_qt/test_first_minute.py",
    "engine/test_look_start.py",
    "test_benchmarks.py",
)
