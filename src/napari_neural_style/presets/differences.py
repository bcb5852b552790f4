"""The differences between the settings of runs, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.one_line import in_one_line
from napari_neural_style.plain_values import parsed
from napari_neural_style.presets.catalogue import PRESETS
from napari_neural_style.presets.catalogue import settings as preset_settings
from napari_neural_style.records.schema import checked_record
from napari_neural_style.settings import Settings
from napari_neural_style.wording import in_words, titled

__all__ = ["changes", "differences", "varying"]


def differences(
    new: Settings | Mapping[str, Any], previous: Settings | Mapping[str, Any] | None
) -> str:
    """Return the differences between two runs, such as "style strength 0.5 -> 0.8".

    If the presets differ, their names are given without the settings that follow from them. Runs
    are given by settings or by the record in ``layer.metadata["neural_style"]``; records are also
    compared by the names of their inputs. Without a previous run, the text is empty; if nothing
    differs, it is "the same settings".
    """
    if previous is None:
        return ""
    now, before = _values(new), _values(previous)
    parts = [
        f"{in_one_line(titled(name))} {in_words(before.get(name))} -> {in_words(now.get(name))}"
        for name in _varying([before, now])
    ]
    return ", ".join(parts) or "the same settings"


def changes(settings: Settings) -> dict[str, Any]:
    """Return the settings that differ from their preset."""
    name = settings.preset if settings.preset in PRESETS else "balanced"
    usual = dataclasses.asdict(preset_settings(name))
    return {
        name: value
        for name, value in dataclasses.asdict(settings).items()
        if value != usual[name] and name != "preset"
    }


def varying(runs: Sequence[Settings | Mapping[str, Any]]) -> list[str]:
    """Return for each run the settings in which the runs differ, such as "seed 1"."""
    all_values = [_values(run) for run in runs]
    names = _varying(all_values)
    return [
        ", ".join(f"{in_one_line(titled(name))} {in_words(values.get(name))}" for name in names)
        for values in all_values
    ]


def _values(run: Settings | Mapping[str, Any]) -> dict[str, Any]:
    """Return settings and, for a record, the inputs, by name."""
    if isinstance(run, Settings):
        return dataclasses.asdict(run)
    record = checked_record(run)
    if record is None:
        return {}  # There is nothing in it to tell.
    # Unchecked: settings of a later version can be compared even if they cannot be used.
    values, inputs = parsed(record["settings"]), record.get("inputs")
    if isinstance(inputs, Mapping):
        # The fingerprint means nothing to users, and the result's name is shown anyway.
        hidden = ("fingerprint", "name")
        values |= {name: value for name, value in inputs.items() if name not in hidden}
    return dict(values)


def _varying(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names whose values differ, without those that follow from the presets."""
    names = [
        name
        for name in dict.fromkeys(name for values in runs for name in values)
        if any(values.get(name) != runs[0].get(name) for values in runs)
    ]
    if "preset" not in names:
        return names
    recipes = [_recipe(values.get("preset")) for values in runs]
    return [
        name
        for name in names
        if name == "preset"
        or any(
            values.get(name) != recipe.get(name)
            for values, recipe in zip(runs, recipes, strict=True)
        )
    ]


def _recipe(preset: Any) -> dict[str, Any]:
    if not isinstance(preset, str):
        return {}
    try:
        return dataclasses.asdict(preset_settings(preset))
    except SettingsError:
        return {}  # The preset was deleted.
