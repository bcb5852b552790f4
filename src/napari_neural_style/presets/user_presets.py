"""Presets of the user's own: one JSON file each, to be kept, sent to a friend, and opened again."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from napari_neural_style.errors import SettingsError
from napari_neural_style.file_faults import fault
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.hooks.specs import Preset
from napari_neural_style.one_line import in_one_line
from napari_neural_style.plain_values import read_json
from napari_neural_style.safe_files import write_json
from napari_neural_style.settings import Settings, check_setting_names

__all__ = [
    "delete_preset",
    "export_preset",
    "folder",
    "import_preset",
    "save_preset",
    "user_presets",
]

_VERSION = 1
_LONGEST_NAME = 60
_LONGEST_DESCRIPTION = 1000
#: More bytes than this are no preset.
_LARGEST_FILE = 100_000
#: Paths that a computer may follow into a network: \\host\share, //host/share, http://, file: ...
_IN_A_NETWORK = re.compile(r"[\\/]{2}|[a-z][a-z0-9+.-]+:", re.IGNORECASE)
#: What stands in a file, and is not a setting of the preset's own.
_NOT_KEPT = ("preset",)

#: What `Settings.weights` can be beside the path of a file.
_NO_FILES = ("auto", "imagenet")

_log = logging.getLogger("napari_neural_style")
_known: tuple[Any, dict[str, Preset]] = (None, {})


def folder() -> Path:
    """Return where the user's presets are kept."""
    return platformdirs.user_config_path("napari-neural-style") / "presets"


def user_presets() -> dict[str, Preset]:
    """Return the user's presets by name.

    A file that cannot be read, and one with the name of a preset that comes with the package or an
    extension, is left out.
    """
    global _known
    files = _files()
    registered = {name.casefold() for name in extensions().presets}
    state = (tuple(files.items()), frozenset(registered))
    if _known[0] != state:
        found: dict[str, Preset] = {}
        for file in files:
            try:
                name, preset = _read(file)
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
    name = _checked_name(name)
    check_registered(settings)
    values = _values(settings)
    description = " ".join(description.split()) or _described(values)
    content = {
        "napari-neural-style preset": _VERSION,
        "name": name,
        "description": description,
        "settings": values,
    }
    try:
        replaced = _files_of(name)
        write_json(_path(name), content)
        for old in replaced:
            if old != _path(name):
                old.unlink(missing_ok=True)
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
    name, preset = _read(Path(path))
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


def _values(settings: Settings) -> dict[str, Any]:
    """Return what differs from "balanced", as plain values."""
    values: dict[str, Any] = json.loads(settings.to_json())
    if values["init"] == "image":  # An image comes with a run.
        values["init"] = "content"
    standard = json.loads(Settings().to_json())
    return {
        name: value
        for name, value in values.items()
        if name not in _NOT_KEPT and value != standard[name]
    }


def _described(values: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
    return f"Your own: {said}."[:200] if said else "Your own: as balanced."


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise SettingsError("A preset needs a name.")
    name = " ".join(name.split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise SettingsError(f"The name of a preset may have {_LONGEST_NAME} printable characters.")
    for known in extensions().presets:
        if known.casefold() == name.casefold():
            raise SettingsError(
                f"{known!r} is a preset that comes with the package or an extension: choose "
                f"another name."
            )
    return name


def _read(path: Path) -> tuple[str, Preset]:
    """Return the name and the preset that a file holds.

    Raises
    ------
    SettingsError
        If it holds none.
    """
    wrong = f"{path} is no preset of napari-neural-style"
    try:
        content: Any = read_json(path, _LARGEST_FILE)
    except OSError as error:
        raise SettingsError(f"The preset {path} cannot be read: {fault(error)}.") from None
    except ValueError as error:
        raise SettingsError(f"{wrong}: {error}.") from None
    version = content.get("napari-neural-style preset") if isinstance(content, dict) else None
    if not isinstance(version, int):
        raise SettingsError(f"{wrong}.")
    if version > _VERSION:
        raise SettingsError(f"{path} was written by a later version: update napari-neural-style.")
    values, description = content.get("settings"), content.get("description", "")
    if not isinstance(values, dict) or not isinstance(description, str):
        raise SettingsError(f"{wrong}: it has no settings.")
    name = _checked_name(content.get("name"))
    try:
        values = {n: v for n, v in values.items() if n not in _NOT_KEPT}
        check_setting_names(values)
        settings = Settings(**values)
        check_registered(settings)
    except SettingsError as error:
        raise SettingsError(f"The preset {name!r} cannot be used here: {error}") from None
    own = _values(settings)
    return name, Preset(in_one_line(description, _LONGEST_DESCRIPTION) or _described(own), own)


def _path(name: str) -> Path:
    """Return a file name that every system takes, another one for every other name."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold())[:40].strip("-")
    digest = hashlib.sha256(name.casefold().encode()).hexdigest()[:8]
    return folder() / f"{plain or 'preset'}-{digest}.json"


def _files() -> dict[Path, tuple[int, int]]:
    """Return all files that may be presets, with what changes when they do."""
    found = {}
    try:
        for path in sorted(folder().glob("*.json")):
            if not path.name.startswith("."):
                status = path.stat()
                found[path] = status.st_mtime_ns, status.st_size
    except OSError:
        return {}
    return found


def _files_of(name: str) -> list[Path]:
    """Return the files that hold a preset of that name; a user may have put one there by hand."""
    found = []
    for path in _files():
        try:
            if _read(path)[0].casefold() == name.casefold():
                found.append(path)
        except SettingsError:
            continue
    return found


def _existing(name: str) -> list[Path]:
    if not (files := _files_of(name)):
        own = ", ".join(map(repr, user_presets())) or "none"
        raise SettingsError(f"There is no preset {name!r} of your own; there are: {own}.")
    return files
