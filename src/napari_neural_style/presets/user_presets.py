"""Presets of the user's own: to be kept, sent to a friend, and opened again."""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.file_faults import fault
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.hooks.specs import Preset
from napari_neural_style.presets.preset_files import (
    checked_name,
    files_of,
    preset_files,
    read_preset,
    write_preset,
)
from napari_neural_style.settings import Settings

__all__ = [
    "delete_preset",
    "export_preset",
    "import_preset",
    "save_preset",
    "user_presets",
]

#: Paths that a computer may follow into a network: \\host\share, //host/share, http://, file: ...
_IN_A_NETWORK = re.compile(r"[\\/]{2}|[a-z][a-z0-9+.-]+:", re.IGNORECASE)
#: What `Settings.weights` can be beside the path of a file.
_NO_FILES = ("auto", "imagenet")

_log = logging.getLogger("napari_neural_style")
_known: tuple[Any, dict[str, Preset]] = (None, {})


def user_presets() -> dict[str, Preset]:
    """Return the user's presets by name.

    A file that cannot be read, and one with the name of a preset that comes with the package or an
    extension, is left out.
    """
    global _known
    files = preset_files()
    registered = {name.casefold() for name in extensions().presets}
    state = (tuple(files.items()), frozenset(registered))
    if _known[0] != state:
        found: dict[str, Preset] = {}
        for file in files:
            try:
                name, preset = read_preset(file)
            except SettingsError:
                continue
            if name.casefold() not in registered:
                if _IN_A_NETWORK.match(str(preset.values.get("weights", ""))):
                    # A file put there by hand, of whoever's.
                    values = {n: v for n, v in preset.values.items() if n != "weights"}
                    preset = replace(preset, values=values)
                found[name] = preset
        _known = (state, dict(sorted(found.items(), key=lambda item: item[0].casefold())))
    return dict(_known[1])


def save_preset(name: str, settings: Settings, description: str = "") -> str:
    """Keep settings under a name; one of the user's own presets of that name is replaced.

    It is then a preset like any other, in the widget and in ``stylize(..., preset=name)``.

    Parameters
    ----------
    name : str
        60 characters at most.
    settings : Settings
        What differs from the preset "balanced" is kept.
    description : str, optional
        One line that says what it is good for; by default, what differs.

    Returns
    -------
    str
        The name, without spaces around it.

    Raises
    ------
    SettingsError
        If the name cannot be, the settings name something that is not registered, or nothing can
        be written.

    Examples
    --------
    >>> save_preset("thick oil", Settings(style_scale=2, tv_weight=0.5))
    'thick oil'
    >>> PRESETS["thick oil"].values
    {'tv_weight': 0.5, 'style_scale': 2.0}
    """
    name = checked_name(name)
    check_registered(settings)
    try:
        write_preset(name, settings, description)
    except OSError as error:
        raise SettingsError(f"The preset {name!r} cannot be saved: {fault(error)}.") from None
    return name


def delete_preset(name: str) -> None:
    """Delete one of the user's own presets.

    Raises
    ------
    SettingsError
        If there is none of that name.

    Examples
    --------
    >>> name = save_preset("dots", Settings(style_scale=0.5))
    >>> delete_preset("dots")
    >>> "dots" in PRESETS
    False
    """
    for path in _existing(name):
        try:
            path.unlink()
        except OSError as error:
            raise SettingsError(f"The preset {name!r} cannot be deleted: {fault(error)}.") from None


def export_preset(name: str, path: str | Path) -> Path:
    """Copy one of the user's own presets to a file, for others.

    Parameters
    ----------
    name : str
    path : str or Path
        ``.json`` is added where there is no ending.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SettingsError
        If there is no such preset, or nothing can be written there.

    Examples
    --------
    >>> name = save_preset("lines", Settings(style_scale=0.5))
    >>> export_preset("lines", "lines").name
    'lines.json'
    """
    target = Path(path)
    target = target if target.suffix else target.with_suffix(".json")
    try:
        shutil.copyfile(_existing(name)[0], target)
    except OSError as error:
        raise SettingsError(f"The preset cannot be written to {target}: {fault(error)}.") from None
    return target


def import_preset(path: str | Path) -> str:
    """Take in a preset from a file that `export_preset` has written.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str
        Its name.

    Raises
    ------
    SettingsError
        If the file is no such preset, its settings cannot be, or its name is taken. A weights file
        that it names is not taken over: it becomes "auto", and the description says so.

    Examples
    --------
    >>> path = export_preset(save_preset("wash", Settings(tv_weight=1)), "wash.json")
    >>> delete_preset("wash")
    >>> import_preset(path)
    'wash'
    """
    name, preset = read_preset(Path(path))
    settings, description = Settings(**preset.values), preset.description
    if settings.weights not in _NO_FILES:
        # It would be opened at the next run, and it is somebody else's path.
        settings = settings.replace(weights="auto")
        description = f"{description} (Its weights file was not taken over: choose one yourself.)"
        _log.warning("The preset %r names a weights file, which is not taken over.", name)
    if name.casefold() in {known.casefold() for known in user_presets()}:
        raise SettingsError(
            f"There is a preset {name!r} already: delete it first, or change the name in the file."
        )
    return save_preset(name, settings, description)


def _existing(name: str) -> list[Path]:
    if not (files := files_of(name)):
        own = ", ".join(map(repr, user_presets())) or "none"
        raise SettingsError(f"There is no preset {name!r} of your own; there are: {own}.")
    return files
