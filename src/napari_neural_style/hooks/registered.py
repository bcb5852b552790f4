"""Check that the networks and losses in settings are registered. Qt-free."""

from __future__ import annotations

import dataclasses
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import check_known
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.one_line import brief
from napari_neural_style.settings import Settings

__all__ = ["check_registered", "choices_of"]


def check_registered(settings: Settings) -> None:
    """Raise `SettingsError` if settings name an unknown network, loss or feature layer.

    `Settings` itself is a plain value that does not know the registry.
    """
    for field in dataclasses.fields(settings):
        if "registered" in field.metadata:
            value, choices = getattr(settings, field.name), choices_of(field)
            if value not in choices:
                raise SettingsError(f"{field.name} is {brief(value)}: it must be one of {choices}.")
    network = extensions().feature_networks[settings.features]
    if network.layers:  # else the engine checks them when it has loaded the network
        for name in ("content_layers", "style_layers"):
            check_known(name, getattr(settings, name), network.title, network.layers)


def choices_of(field: dataclasses.Field[Any]) -> tuple[str, ...]:
    """Return the choices of a field of `Settings`, registered names included."""
    choices: tuple[str, ...] = field.metadata.get("choices", ())
    if kind := field.metadata.get("registered"):
        choices += tuple(getattr(extensions(), kind))
    return choices
