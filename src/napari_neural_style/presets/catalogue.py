"""The catalogue of presets; names and values from outside become `Settings` here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.registered import check_registered, choices_of
from napari_neural_style.hooks.specs import Preset
from napari_neural_style.presets.user_presets import user_presets
from napari_neural_style.setting_fields import default_of
from napari_neural_style.settings import Settings, check_setting_names

__all__ = ["PRESETS", "Preset", "describe", "settings"]


class _Presets(Mapping[str, Preset]):
    """The registered presets, without those with bad values, and the user's own.

    Examples
    --------
    >>> PRESETS["faithful"].values
    {'style_strength': 0.3}
    """

    def __getitem__(self, name: str) -> Preset:
        return self._usable()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._usable())

    def __len__(self) -> int:
        return len(self._usable())

    def _usable(self) -> dict[str, Preset]:
        known = extensions()
        for name, preset in list(known.presets.items()):
            if name not in known.checked_presets:
                try:
                    _made(name, preset)
                except SettingsError as error:
                    known.leave_out_preset(name, str(error))
                else:
                    known.checked_presets.add(name)
        return {**known.presets, **user_presets()}


#: The presets by name: those of the package, of extensions, and the user's own.
PRESETS: Mapping[str, Preset] = _Presets()


def settings(preset: str = "balanced", **changes: Any) -> Settings:
    """Return the settings of a preset, with `changes`.

    Parameters
    ----------
    preset : str
        A name in `PRESETS`.
    **changes
        Fields of `Settings` that differ from the preset.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        If there is no such preset or setting, a value is not allowed, or a network, loss or layer
        does not exist.

    Examples
    --------
    >>> settings("paper", steps=20).beta_1
    0.99
    """
    found = PRESETS.get(preset)
    if found is None:
        raise SettingsError(f"There is no preset {preset!r}; there are: {', '.join(PRESETS)}.")
    return _made(preset, found, **changes)


def _made(name: str, preset: Preset, **changes: Any) -> Settings:
    values = {**preset.values, **changes}
    check_setting_names(values)
    made = Settings(**{"preset": name, **values})
    check_registered(made)
    return made


def describe(name: str) -> Mapping[str, Any]:
    """Describe the setting `name`.

    Returns
    -------
    mapping
        ``help``, ``default`` and, where they apply, ``minimum``, ``maximum`` and ``choices``,
        those of extensions included.

    Raises
    ------
    SettingsError
        If there is no such setting.

    Examples
    --------
    >>> describe("size")["minimum"], describe("color")["choices"]
    (16, ('style', 'content', 'luminance'))
    """
    for field in dataclasses.fields(Settings):
        if field.name == name:
            about = {"default": default_of(field), **field.metadata}
            if choices := choices_of(field):
                about["choices"] = choices
            return about
    raise SettingsError(f"There is no setting {name!r}.")
