"""Every module of the package is tested, by a file of its own name or by one that is named here."""

from __future__ import annotations

import re
from pathlib import Path

import napari_neural_style
from quick_files import QUICK_FILES

TESTS = Path(__file__).parent
SOURCE = Path(napari_neural_style.__file__).parent

#: Modules that no test imports, for they are tested through what uses them: which file does.
THROUGH = {
    "_qt/asking.py": "_qt/test_widget.py",
    "_qt/brush.py": "_qt/test_window.py",
    "_qt/docks.py": "_qt/test_history_dock.py",
    "_qt/feature_choice.py": "_qt/test_controls.py",
    "_qt/layer_actions.py": "_qt/test_presets_and_memory.py",
    "_qt/learning_row.py": "_qt/test_looks_dock.py",
    "_qt/loss_details.py": "_qt/test_loss_plot.py",
    "_qt/mask_following.py": "_qt/test_window.py",
    "_qt/number_box.py": "_qt/test_controls.py",
    "_qt/opening.py": "_qt/test_first_minute.py",
    "_qt/pair.py": "_qt/test_first_minute.py",
    "_qt/picture_tile.py": "_qt/test_first_minute.py",
    "_qt/preset_cards.py": "_qt/test_forecast.py",
    "_qt/queue_list.py": "_qt/test_panel.py",
    "_qt/reset.py": "_qt/test_controls.py",
    "_qt/result_list.py": "_qt/test_compare_dock.py",
    "_qt/run_words.py": "_qt/test_panel.py",
    "_qt/section.py": "_qt/test_sections.py",
    "_qt/setting_control.py": "_qt/test_controls.py",
    "_qt/slices.py": "_qt/test_stack_run_in_dock.py",
    "_qt/sweep_values.py": "_qt/test_sweep_dock.py",
    "_qt/text_choice.py": "_qt/test_controls.py",
    "_qt/thumbnails.py": "_qt/test_first_minute.py",
    "_qt/variations_bar.py": "_qt/test_history_dock.py",
    "_qt/welcome.py": "_qt/test_first_minute.py",
    "batch_items.py": "test_batches.py",
    "command_requests.py": "test_main.py",
    "comparing/common_pixels.py": "comparing/test_comparison.py",
    "comparing/layer_sweep.py": "comparing/test_sweeps.py",
    "costs/available.py": "_qt/test_forecast.py",
    "costs/measured.py": "_qt/test_forecast.py",
    "costs/model.py": "costs/test_costs.py",
    "costs/planning.py": "costs/test_costs.py",
    "engine/clock.py": "engine/test_run.py",
    "engine/features.py": "engine/test_loading.py",
    "engine/job_checks.py": "engine/test_run.py",
    "engine/look_start.py": "engine/test_look_learning.py",
    "engine/peak_memory.py": "engine/test_tiled.py",
    "engine/scale_objective.py": "engine/test_tiled.py",
    "engine/terms.py": "engine/test_tiled.py",
    "engine/tile_choice.py": "engine/test_tiled.py",
    "engine/tile_terms.py": "engine/test_tiled.py",
    "engine/tileable.py": "engine/test_tiled.py",
    "engine/traced_tiles.py": "engine/test_tiled.py",
    "engine/vgg_loading.py": "engine/test_vgg.py",
    "estimating.py": "test_docstrings.py",
    "films/key_frames.py": "test_film_painting.py",
    "films/work_folder.py": "test_film_painting.py",
    "following.py": "running/test_live_look.py",
    "forks.py": "process/test_forks.py",
    "headless_film.py": "test_film_painting.py",
    "histories/entry.py": "histories/test_history.py",
    "hooks/builtin.py": "hooks/test_registered.py",
    "hooks/hookspecs.py": "hooks/test_manager.py",
    "hooks/import_guard.py": "hooks/test_manager.py",
    "hooks/recipes.py": "presets/test_catalogue.py",
    "lazy_painting.py": "test_painting_with_looks.py",
    "learn_pairs.py": "running/test_learn_run.py",
    "learning.py": "running/test_learn_run.py",
    "looks/look.py": "test_painting_with_looks.py",
    "one_line.py": "presets/test_strangers_presets.py",
    "pictures/decoding.py": "pictures/test_reading.py",
    "pictures/deep.py": "pictures/test_reading.py",
    "pictures/deep_pnm.py": "pictures/test_reading.py",
    "pictures/profiles.py": "pictures/test_reading.py",
    "pictures/tiff_files.py": "pictures/test_reading.py",
    "plain_values.py": "records/test_schema.py",
    "running/bare_run.py": "running/test_learn_run.py",
    "running/flat_place.py": "running/test_live_look.py",
    "running/napari_worker.py": "_qt/test_awaiting_window.py",
    "running/notebook.py": "running/test_awaiting.py",
    "running/plain_thread.py": "running/test_threads.py",
    "running/run.py": "running/test_style_run.py",
    "running/stack_layer.py": "running/test_stack_run.py",
    "running/states.py": "running/test_style_run.py",
    "setting_fields.py": "test_settings.py",
    "tasks/style_regions.py": "tasks/test_array_tasks.py",
    "tasks/reading_again.py": "histories/test_memory.py",
    "viewing/showing.py": "viewing/test_lazy_layers.py",
    "viewing/stack_slices.py": "running/test_stack_run.py",
}


def _modules() -> list[Path]:
    # A room's `__init__` says what the room shows to others.
    return [
        file.relative_to(SOURCE)
        for file in sorted(SOURCE.rglob("*.py"))
        if file.name != "__init__.py"
    ]


def _imported_by_a_test() -> set[str]:
    """Return the names that tests import or patch, with dots."""
    found = set()
    for file in TESTS.rglob("*.py"):
        text = file.read_text("utf-8")
        found |= set(re.findall(r"napari_neural_style(?:\.\w+)+", text))
        for room, names in re.findall(
            r"from (napari_neural_style[\w.]*) import (\([^)]*\)|.*)", text
        ):
            found |= {f"{room}.{name}" for name in re.findall(r"\w+", names)}
    return found


def test_every_module_has_a_test_or_is_tested_through_what_uses_it() -> None:
    imported = _imported_by_a_test()
    missing = []
    for module in _modules():
        own = TESTS / module.parent / f"test_{module.stem}.py"
        name = ".".join(("napari_neural_style", *module.with_suffix("").parts))
        used = any(other == name or other.startswith(f"{name}.") for other in imported)
        if not own.is_file() and not used and module.as_posix() not in THROUGH:
            missing.append(module.as_posix())
    assert not missing, "give it a test, or name in THROUGH the one that it is tested through"


def test_what_is_named_is_there_and_still_needs_to_be_named() -> None:
    modules = {module.as_posix() for module in _modules()}
    for module, test in THROUGH.items():
        assert module in modules, f"there is no {module} any more"
        assert (TESTS / test).is_file(), test


def test_the_quick_command_takes_something_from_every_room() -> None:
    for name in QUICK_FILES:
        assert (TESTS / name).is_file(), name
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").is_file()}
    rooms &= {path.name for path in TESTS.iterdir()}
    missing = rooms - {name.partition("/")[0] for name in QUICK_FILES}
    assert not missing, "name in tests/quick_files.py a file of theirs that takes a second or two"
