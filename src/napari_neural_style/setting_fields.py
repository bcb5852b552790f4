"""What a field of `Settings` carries with it, help, limits and choices, and how that is checked."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import checked_layers
from napari_neural_style.one_line import brief

__all__ = ["checked", "default_of", "setting"]


def setting(default: Any, help: str, **limits: Any) -> Any:  # noqa: A002 (argparse's word)
    """Return a field of a dataclass with a help text and its limits."""
    metadata = {"help": help, **limits}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def default_of(spec: dataclasses.Field[Any]) -> Any:
    """Return what a field is where nothing is said."""
    if spec.default is not dataclasses.MISSING:
        return spec.default
    assert spec.default_factory is not dataclasses.MISSING
    return spec.default_factory()


def checked(spec: dataclasses.Field[Any], value: Any) -> Any:
    """Return `value` in the field's own type, or say in one sentence why it cannot be."""
    default = default_of(spec)
    if isinstance(default, dict):
        return checked_layers(spec.name, value)
    if isinstance(default, str):
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{spec.name} is {brief(value)}: it must be a text.")
        choices = spec.metadata.get("choices")
        # What may also be registered by name is for those to check who know the registry.
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
