"""From names in the settings to what is registered under them, loaded and checked."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Mapping
from functools import cache
from types import GeneratorType
from typing import Any, cast

import tensorflow as tf

from napari_neural_style.engine.features import FeatureNetwork, checked_network
from napari_neural_style.engine.statistic import ContentLoss, Statistic
from napari_neural_style.errors import ExtensionError, NeuralStyleError
from napari_neural_style.feature_layers import check_known, format_layers
from napari_neural_style.hooks.hookspecs import PROJECT
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.specs import (
    ContentLossSpec,
    FeatureNetworkSpec,
    NetworkRequest,
    StyleLossSpec,
    resolved,
)
from napari_neural_style.progress import Notice
from napari_neural_style.settings import Settings

__all__ = ["load_content_loss", "load_network", "load_statistic", "fit_layers"]


@cache
def load_statistic(name: str) -> Statistic:
    """Return the style statistic registered under `name`.

    Raises
    ------
    ExtensionError
        If it cannot be loaded.
    """
    found = _loaded("style loss", extensions().style_losses[name])
    if not isinstance(found, Statistic):
        raise ExtensionError(
            f"The style loss {name!r} is {type(found).__name__!r} where a Statistic is needed: "
            f"choose another one."
        )
    return found


@cache
def load_content_loss(name: str) -> ContentLoss:
    """Return the content loss registered under `name`.

    Raises
    ------
    ExtensionError
        If it cannot be loaded.
    """
    found = _loaded("content loss", extensions().content_losses[name])
    if not callable(found):
        raise ExtensionError(f"The content loss {name!r} is no function: choose another one.")
    return cast(ContentLoss, found)


def load_network(name: str, request: NetworkRequest) -> Generator[Notice, None, FeatureNetwork]:
    """Load the feature network registered under `name`, telling of what takes long.

    Raises
    ------
    ExtensionError
        If the extension that brings it does not keep to what `FeatureNetwork` describes.
    NeuralStyleError
        Whatever the network itself has to say.
    """
    spec = extensions().feature_networks[name]
    try:
        with tf.device(request.device):
            network: Any = resolved(spec.load)(request)
        while isinstance(network, GeneratorType):
            try:
                # Never across a yield: the device would become the caller's.
                with tf.device(request.device):
                    notice = next(network)
            except StopIteration as end:
                network = end.value
            else:
                yield notice
        if _is_ours(spec):
            return cast(FeatureNetwork, network)
        with tf.device(request.device):
            return checked_network(network)
    except NeuralStyleError:
        raise
    except Exception as error:
        if _is_ours(spec):
            raise  # a fault of ours is not to be put down to an extension
        raise _unusable("feature network", name, error) from error


def fit_layers(network: FeatureNetwork, settings: Settings) -> Generator[Notice, None, Settings]:
    """Return the settings with all feature layers named.

    Where the settings name none, the network's own choice is taken, as far as it has these layers:
    weights files may end early. Content layers for which the network has a stand-in give way to it.

    Yields
    ------
    Notice
        If something of that choice was left out, or something stands in.

    Raises
    ------
    SettingsError
        If the settings name layers that the network does not have.
    """
    chosen: dict[str, dict[str, float]] = {}
    for name in ("content_layers", "style_layers"):
        named = getattr(settings, name)
        check_known(name, named, network.title, network.layers)
        if name == "content_layers":
            named = yield from _stood_in(network, named)
        own = dict(getattr(network, name))
        chosen[name] = named or {n: w for n, w in own.items() if n in network.layers}
        if not chosen[name]:  # the deepest one comes closest
            chosen[name] = {network.layers[-1]: max(own.values())}
        if not named and chosen[name] != own:
            missing = ", ".join(layer for layer in own if layer not in network.layers)
            yield Notice(
                f"{network.title} has no {missing}: the "
                f"{name.replace('_', ' ')} are {format_layers(chosen[name])}.",
                important=True,
            )
    return settings.replace(**chosen)


def _stood_in(
    network: FeatureNetwork, named: Mapping[str, float]
) -> Generator[Notice, None, dict[str, float]]:
    stand_ins = network.content_stand_ins
    layers: dict[str, float] = {}
    for layer, weight in named.items():
        for stand_in, share in stand_ins.get(layer, {layer: 1.0}).items():
            layers[stand_in] = layers.get(stand_in, 0.0) + weight * share
    if gone := [layer for layer in named if layer in stand_ins]:
        yield Notice(
            f"{network.title} does not hold the content in {', '.join(gone)}: the content layers "
            f"are {format_layers(layers)}."
        )
    return layers


def _loaded(what: str, spec: StyleLossSpec | ContentLossSpec) -> Any:
    try:
        return resolved(spec.load)()
    except NeuralStyleError:
        raise
    except Exception as error:
        raise _unusable(what, spec.name, error) from error


def _unusable(what: str, name: str, error: Exception) -> ExtensionError:
    text = str(error).splitlines()[0] if str(error) else ""
    return ExtensionError(
        f"The {what} {name!r} cannot be used ({type(error).__name__}: {text}): update the "
        f"extension that brings it, or choose another one.",
        traceback.format_exc(),
    )


def _is_ours(spec: FeatureNetworkSpec) -> bool:
    return isinstance(spec.load, str) and spec.load.startswith(f"{PROJECT}.")
