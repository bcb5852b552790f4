"""The settings that the widget showed last, from one start of napari to the next. Qt-free."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs

from napari_neural_style.errors import SettingsError
from napari_neural_style.plain_values import read_json
from napari_neural_style.safe_files import write_json
from napari_neural_style.settings import Settings

__all__ = ["forget", "remember", "remembered", "remembered_preset"]


def _path() -> Path:
    return platformdirs.user_config_path("napari-neural-style") / "last_settings.json"


def remember(settings: Settings, standard: Settings) -> None:
    """Keep settings for the next start; where nothing can be written, they are not kept.

    Parameters
    ----------
    settings : Settings
    standard : Settings
        What the same preset gives: only what differs is kept, so that the rest follows later
        versions of the preset, and the user's preferences.
    """
    shown, usual = json.loads(settings.to_json()), json.loads(standard.to_json())
    changes = {name: value for name, value in shown.items() if value != usual[name]}
    with suppress(OSError):
        write_json(_path(), {"preset": settings.preset, "changes": changes})


def remembered_preset() -> str | None:
    """Return the name of the preset that was chosen last; None if nothing is known."""
    preset = _content().get("preset")
    return preset if isinstance(preset, str) else None


def remembered(standard: Settings) -> Settings:
    """Return the settings that `remember` kept, given what the same preset gives now.

    What can no longer be read, or no longer be, is left out.
    """
    changes = _content().get("changes")
    if not isinstance(changes, Mapping):
        return standard
    with suppress(SettingsError):
        return standard.replace(**changes)
    settings = standard
    for name, value in changes.items():
        with suppress(SettingsError):
            settings = settings.replace(**{name: value})
    return settings


def forget() -> None:
    """Keep nothing any more."""
    with suppress(OSError):
        _path().unlink(missing_ok=True)


def _content() -> dict[str, Any]:
    try:
        content = read_json(_path())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
