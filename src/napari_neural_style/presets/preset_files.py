"""The files that hold the user's presets: where they are, and what stands in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
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

__all__ = ["checked_name", "files_of", "folder", "preset_files", "read_preset", "write_preset"]

_VERSION = 1
_LONGEST_NAME = 60
_LONGEST_DESCRIPTION = 1000
#: More bytes than this are no preset.
_LARGEST_FILE = 100_000
#: What stands in a file, and is not a setting of the preset's own.
_NOT_KEPT = ("preset",)


def folder() -> Path:
    """Return where the user's presets are kept."""
    return platformdirs.user_config_path("napari-neural-style") / "presets"


def preset_files() -> dict[Path, tuple[int, int]]:
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


def files_of(name: str) -> list[Path]:
    """Return the files that hold a preset of that name; a user may have put one there by hand."""
    found = []
    for path in preset_files():
        try:
            if read_preset(path)[0].casefold() == name.casefold():
                found.append(path)
        except SettingsError:
            continue
    return found


def write_preset(name: str, settings: Settings, description: str) -> None:
    """Write settings under a name, in place of all files that hold a preset of that name.

    Raises
    ------
    OSError
    """
    values = _own_values(settings)
    content = {
        "napari-neural-style preset": _VERSION,
        "name": name,
        "description": " ".join(description.split()) or _described(values),
        "settings": values,
    }
    replaced = files_of(name)
    write_json(_path(name), content)
    for old in replaced:
        if old != _path(name):
            old.unlink(missing_ok=True)


def read_preset(path: Path) -> tuple[str, Preset]:
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
    name = checked_name(content.get("name"))
    try:
        values = {n: v for n, v in values.items() if n not in _NOT_KEPT}
        check_setting_names(values)
        settings = Settings(**values)
        check_registered(settings)
    except SettingsError as error:
        raise SettingsError(f"The preset {name!r} cannot be used here: {error}") from None
    own = _own_values(settings)
    return name, Preset(in_one_line(description, _LONGEST_DESCRIPTION) or _described(own), own)


def checked_name(name: object) -> str:
    """Return the name of a preset without spaces around it.

    Raises
    ------
    SettingsError
        If it cannot be, or is that of a preset that comes with the package or an extension.
    """
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


def _own_values(settings: Settings) -> dict[str, Any]:
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


def _path(name: str) -> Path:
    """Return a file name that every system takes, another one for every other name."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold())[:40].strip("-")
    digest = hashlib.sha256(name.casefold().encode()).hexdigest()[:8]
    return folder() / f"{plain or 'preset'}-{digest}.json"
