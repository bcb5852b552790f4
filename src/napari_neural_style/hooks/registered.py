"""Whether what settings name is there: networks and losses are known once extensions are loaded."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from napari_neural_style.errors import SettingsError
from napari_neural_style.feature_layers import check_known
from napari_neural_style.hooks.manager import extensions

if TYPE_CHECKING:
    from napari_neural_style.settings import Settings

__all__ = ["check_registered"]


def check_registered(settings: Settings) -> None:
    """Refuse names that nobody has registered in this process.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    SettingsError
        If the feature network or a loss is not registered, or the network is known to lack a layer.
    """
    known = extensions()
    for field in dataclasses.fields(settings):
        if kind := field.metadata.get("registered"):
            value = getattr(settings, field.name)
            choices = (*field.metadata.get("choices", ()), *getattr(known, kind))
            if value not in choices:
                raise SettingsError(f"{field.name} is {value!r}: it must be one of {choices}.")
    network = known.feature_networks[settings.features]
    if network.layers:  # else the engine checks them, once the network is loaded
        for name in ("content_layers", "style_layers"):
            check_known(name, getattr(settings, name), network.title, network.layers)
