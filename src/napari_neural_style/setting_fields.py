"""The fields of `Settings`: help text, limits and choices, and how values are checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import checked_layers
from napari_neural_style.one_line import brief

__all__ = ["checked", "default_of", "has_word_or_number", "setting"]


def setting(default: Any, help: str, **limits: Any) -> Any:  # noqa: A002 (argparse's word)
    """Return a dataclass field with a help text and limits in its metadata."""
    metadata = {"help": help, **limits}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def default_of(spec: dataclasses.Field[Any]) -> Any:
    """Return the default of a field."""
    if spec.default is not dataclasses.MISSING:
        return spec.default
    assert spec.default_factory is not dataclasses.MISSING
    return spec.default_factory()


def has_word_or_number(about: Mapping[str, Any]) -> bool:
    """Return whether a setting, of that metadata, is one of a few words or else a whole number."""
    return "choices" in about and "minimum" in about


def checked(spec: dataclasses.Field[Any], value: Any) -> Any:
    """Return `value` in the field's type; raise `SettingsError` if it is not allowed."""
    default = default_of(spec)
    if isinstance(default, dict):
        return checked_layers(spec.name, value)
    if has_word_or_number(spec.metadata):
        if isinstance(value, str) and value in spec.metadata["choices"]:
            return value
        if isinstance(value, str):
            raise SettingsError(
                f"{spec.name} is {brief(value)}: it must be "
                f"{' or '.join(map(repr, spec.metadata['choices']))}, or a whole number."
            )
        default = 0
    if isinstance(default, str):
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{spec.name} is {brief(value)}: it must be a text.")
        choices = spec.metadata.get("choices")
        # Names that extensions can register are checked in `hooks.registered`.
        if choices and "registered" not in spec.metadata and value not in choices:
            raise SettingsError(f"{spec.name} is {brief(value)}: it must be one of {choices}.")
        return value
    try:
        number = type(default)(value)
        wrong = isinstance(value, bool | str) or bool(number != value)
    except Exception:  # noqa: BLE001 (anybody's object)
        raise SettingsError(f"{spec.name} is {brief(value)}: it must be a number.") from None
    if wrong:
        kind = "whole number" if isinstance(default, int) else "finite number"
        raise SettingsError(f"{spec.name} is {brief(value)}: it must be a {kind}.")
    low, high = spec.metadata["minimum"], spec.metadata["maximum"]
    if not low <= number <= high:
        raise SettingsError(f"{spec.name} is {brief(value)}: it must lie between {low} and {high}.")
    return number
