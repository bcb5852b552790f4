"""What ``--quick`` runs: files from every room that cover the core in less than a minute."""

from __future__ import annotations

__all__ = ["QUICK_FILES"]

QUICK_FILES = frozenset(
    {
        "_qt/test_controls.py",
        "_qt/test_parts.py",
        "comparing/test_sweep_plan.py",
        "costs/test_costs.py",
        "engine/test_adam.py",
        "engine/test_loading.py",
        "engine/test_losses.py",
        "engine/test_scale_inputs.py",
        "films/test_joining.py",
        "histories/test_history.py",
        "hooks/test_manager.py",
        "looks/test_look_files.py",
        "pictures/test_arrays.py",
        "pictures/test_colour.py",
        "pictures/test_files.py",
        "pictures/test_finish.py",
        "pictures/test_images.py",
        "pictures/test_masks.py",
        "pictures/test_writing.py",
        "presets/test_catalogue.py",
        "presets/test_user_presets.py",
        "process/test_messages.py",
        "records/test_records.py",
        "running/test_layer_runs.py",
        "running/test_pacing.py",
        "running/test_stack_run.py",
        "tasks/test_array_tasks.py",
        "tasks/test_request.py",
        "test_api.py",
        "test_docs.py",
        "test_errors.py",
        "test_job.py",
        "test_modules.py",
        "test_package.py",
        "test_publishing.py",
        "test_settings.py",
        "viewing/test_layers.py",
        "viewing/test_placement.py",
    }
)
