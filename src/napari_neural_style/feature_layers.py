"""The names of VGG19's layers, and feature layers with weights as users write them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from napari_neural_style.errors import SettingsError
from napari_neural_style.one_line import brief

__all__ = ["FEATURE_LAYERS", "WEIGHTS_ENDINGS", "check_known", "checked_layers"]
__all__ += ["format_layers", "parse_layers"]

#: The convolutional layers of VGG19, in order, as named in `Settings.style_layers`.
FEATURE_LAYERS = tuple(
    f"block{block}_conv{conv}"
    for block, convs in enumerate((2, 2, 4, 4, 4), start=1)
    for conv in range(1, convs + 1)
)
#: File name extensions of weights files.
WEIGHTS_ENDINGS = (".h5", ".hdf5", ".keras", ".npz", ".safetensors")


def parse_layers(text: str) -> dict[str, float]:
    """Return the layers and weights in a text such as ``block1_conv1: 0.5, block2_conv1: 1``.

    Raises
    ------
    SettingsError
        If the text does not have that form.
    """
    layers = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, weight = part.partition(":")
        try:
            layers[name.strip()] = float(weight or 1)
        except ValueError:
            raise SettingsError(
                f"Cannot read the layer weight {brief(part)}: write, say, block4_conv2: 1."
            ) from None
    return layers


def format_layers(layers: Mapping[str, float]) -> str:
    """Return layers and weights as a text that `parse_layers` reads."""
    return ", ".join(f"{name}: {weight:g}" for name, weight in layers.items())


def checked_layers(name: str, value: Any) -> dict[str, float]:
    """Return layers and weights as a new dict; `name` is the setting, for the error.

    Raises
    ------
    SettingsError
        If `value` is not a mapping from names, or a weight is negative or not a finite number.
    """
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name} is {brief(value)}: it must map feature layers to weights.")
    layers: dict[str, float] = {}
    for layer, weight in value.items():
        if not isinstance(layer, str) or not layer:
            raise SettingsError(f"{name} names {brief(layer)}: a feature layer's name is a text.")
        try:
            number = float(weight)
        except Exception:  # noqa: BLE001 (whatever is no number, or too large for one)
            number = math.nan
        if not (math.isfinite(number) and number >= 0):
            raise SettingsError(
                f"{name}: the weight of {layer} is {brief(weight)}: it must be 0 or more."
            )
        layers[layer] = number
    return layers


def check_known(name: str, wanted: Collection[str], title: str, layers: Collection[str]) -> None:
    """Raise `SettingsError` if a setting names a layer that its feature network does not have.

    Parameters
    ----------
    name : str
        The setting.
    wanted : collection of str
        The layers it names.
    title : str
        The network's title, for the error.
    layers : collection of str
        The layers of the network.
    """
    for layer in wanted:
        if layer not in layers:
            raise SettingsError(
                f"{name} names {brief(layer)}, which {title} does not have; its layers are: "
                f"{', '.join(layers)}."
            )
