"""What differs between runs, in a few words."""

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
    """Return what differs from one run to the next, as in "style strength 0.5 -> 0.8".

    Of two presets the names are given, and not all the settings that they bring.

    Parameters
    ----------
    new, previous : Settings or record
        A record is what a result carries in ``layer.metadata["neural_style"]``; of two records the
        names of the inputs are compared as well.

    Returns
    -------
    str
        Empty if there is no previous one; "the same settings" if nothing differs.
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
    """Return what of the settings differs from the preset that they started from."""
    name = settings.preset if settings.preset in PRESETS else "balanced"
    usual = dataclasses.asdict(preset_settings(name))
    return {
        name: value
        for name, value in dataclasses.asdict(settings).items()
        if value != usual[name] and name != "preset"
    }


def varying(runs: Sequence[Settings | Mapping[str, Any]]) -> list[str]:
    """Return for each of several runs what tells it from the others, as in "seed 1".

    Parameters
    ----------
    runs : sequence of Settings or record

    Returns
    -------
    list of str
        Empty texts if they are all the same.
    """
    all_values = [_values(run) for run in runs]
    names = _varying(all_values)
    return [
        ", ".join(f"{in_one_line(titled(name))} {in_words(values.get(name))}" for name in names)
        for values in all_values
    ]


def _values(run: Settings | Mapping[str, Any]) -> dict[str, Any]:
    """Return settings, and of a record the inputs, as one mapping of names."""
    if isinstance(run, Settings):
        return dataclasses.asdict(run)
    record = checked_record(run)
    if record is None:
        return {}  # There is nothing in it to tell.
    # As they stand: settings of a later version can be told apart, if not used.
    values, inputs = parsed(record["settings"]), record.get("inputs")
    if isinstance(inputs, Mapping):
        # The fingerprint tells nobody anything that the other names do not; the result's own name
        # stands beside it.
        hidden = ("fingerprint", "name")
        values |= {name: value for name, value in inputs.items() if name not in hidden}
    return dict(values)


def _varying(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names whose values are not all the same, less those that follow from a preset."""
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
        return {}  # It is gone: what it meant cannot be told.
