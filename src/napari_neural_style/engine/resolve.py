"""From names in the settings to what extensions registered under them, loaded and checked."""

from __future__ import annotations

import math
import traceback
from collections.abc import Generator, Mapping
from functools import cache
from numbers import Real
from types import GeneratorType
from typing import Any, cast

import tensorflow as tf

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.statistic import ContentLoss, Statistic
from napari_neural_style.errors import ExtensionError, NeuralStyleError
from napari_neural_style.feature_layers import check_known, format_layers
from napari_neural_style.hooks.hookspecs import PROJECT
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.specs import FeatureNetworkSpec, NetworkRequest, resolved
from napari_neural_style.progress import Notice
from napari_neural_style.settings import Settings

__all__ = ["find_content_loss", "find_network", "find_statistic", "fit_layers"]

#: Size of the picture that a network of an extension is tried on.
_TRIAL_PIXELS = 32
_tried: list[FeatureNetwork] = []
_TRIED_KEPT = 8


@cache
def find_statistic(name: str) -> Statistic:
    """Return the style statistic registered under `name`.

    Raises
    ------
    ExtensionError
        If it cannot be loaded.
    """
    found = _loaded("style loss", name, extensions().style_losses)
    if not isinstance(found, Statistic):
        raise ExtensionError(
            f"The style loss {name!r} is {type(found).__name__!r} where a Statistic is needed: "
            f"choose another one."
        )
    return found


@cache
def find_content_loss(name: str) -> ContentLoss:
    """Return the content loss registered under `name`.

    Raises
    ------
    ExtensionError
        If it cannot be loaded.
    """
    found = _loaded("content loss", name, extensions().content_losses)
    if not callable(found):
        raise ExtensionError(f"The content loss {name!r} is no function: choose another one.")
    return cast(ContentLoss, found)


def find_network(name: str, request: NetworkRequest) -> Generator[Notice, None, FeatureNetwork]:
    """Load the feature network registered under `name`, telling of what takes long.

    Parameters
    ----------
    name : str
    request : NetworkRequest

    Yields
    ------
    Notice

    Returns
    -------
    FeatureNetwork

    Raises
    ------
    ExtensionError
        If the extension that brings it does not keep to what `FeatureNetwork` describes.
    NeuralStyleError
        Whatever the network itself has to say.
    """
    spec: FeatureNetworkSpec = _spec("feature network", name, extensions().feature_networks)
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
        if not _is_ours(spec):
            with tf.device(request.device):
                _try(network)
    except NeuralStyleError:
        raise
    except Exception as error:
        if _is_ours(spec):
            raise  # a fault of ours is not to be put down to an extension
        raise _unusable("feature network", name, error) from error
    return cast(FeatureNetwork, network)


def fit_layers(network: FeatureNetwork, settings: Settings) -> Generator[Notice, None, Settings]:
    """Settle which feature layers are used.

    Where the settings name none, the network's own choice is taken, as far as it has these layers:
    weights files may end early. Content layers for which the network has a stand-in give way to it.

    Yields
    ------
    Notice
        If something of that choice was left out, or something stands in.

    Returns
    -------
    Settings
        With all layers named.

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
    # Networks of extensions need not have any.
    stand_ins: Mapping[str, Mapping[str, float]] = getattr(network, "content_stand_ins", {})
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


def _spec(what: str, name: str, registered: dict[str, Any]) -> Any:
    if name in registered:
        return registered[name]
    problems = " ".join(problem.text for problem in extensions().problems)
    raise ExtensionError(
        f"The engine process knows no {what} {name!r}: install the extension that brings it, or "
        f"choose another one. {problems}".rstrip()
    )


def _loaded(what: str, name: str, registered: dict[str, Any]) -> Any:
    spec = _spec(what, name, registered)
    try:
        return resolved(spec.load)()
    except NeuralStyleError:
        raise
    except Exception as error:
        raise _unusable(what, name, error) from error


def _unusable(what: str, name: str, error: Exception) -> ExtensionError:
    text = str(error).splitlines()[0] if str(error) else ""
    return ExtensionError(
        f"The {what} {name!r} cannot be used ({type(error).__name__}: {text}): update the "
        f"extension that brings it, or choose another one.",
        traceback.format_exc(),
    )


def _is_ours(spec: FeatureNetworkSpec) -> bool:
    return isinstance(spec.load, str) and spec.load.startswith(f"{PROJECT}.")


def _try(network: Any) -> None:
    """See whether a network is what it should be, once.

    Raises
    ------
    AttributeError, TypeError, ValueError
        With the reason, if not.
    """
    if any(network is known for known in _tried):
        return
    for part in ("title", "style_loss"):
        if not isinstance(getattr(network, part), str):
            raise TypeError(f"its {part} is no text")
    if not network.layers or not all(isinstance(layer, str) for layer in network.layers):
        raise TypeError("its layers are no names")
    if network.style_loss not in extensions().style_losses:
        raise ValueError(f"its style_loss is {network.style_loss!r}, which is not registered")
    for part in ("content_layers", "style_layers"):
        weights = dict(getattr(network, part)).values()
        if not weights or min(weights) < 0 or not max(weights) > 0:
            raise ValueError(f"its {part} have no weight above 0")
    _try_optional(network)
    grey = tf.fill([1, _TRIAL_PIXELS, _TRIAL_PIXELS, 3], 0.5)
    wanted = [n for n in {**network.content_layers, **network.style_layers} if n in network.layers]
    features = network(grey, wanted or [network.layers[-1]])
    for layer, values in dict(features).items():
        if values.shape.rank != 4 or values.shape[0] != 1 or values.dtype != tf.float32:
            raise ValueError(
                f"its feature map {layer} is {values.dtype.name} of the shape {values.shape} where "
                f"float32 of (1, h, w, channels) is needed"
            )
    if missing := [layer for layer in wanted if layer not in features]:
        raise ValueError(f"it returns no feature map {missing[0]}")
    # As a run will trace it: with a branch on a tensor's values it works up to here only.
    tf.function(lambda image: network(image, list(features)), autograph=False)(grey)
    _tried.append(network)
    del _tried[:-_TRIED_KEPT]


def _try_optional(network: Any) -> None:
    """See whether what a network need not have is what it should be."""
    positive = {"content_gains": getattr(network, "content_gains", {})}
    for layer, weights in dict(getattr(network, "content_stand_ins", {})).items():
        positive[f"content_stand_ins for {layer}"] = weights
        if unknown := [name for name in weights if name not in network.layers]:
            raise ValueError(f"its content_stand_ins name {unknown[0]!r}, which is no layer of it")
    for part, factors in positive.items():
        for name, factor in dict(factors).items():
            if not (isinstance(factor, Real) and 0 < float(factor) < math.inf):
                raise ValueError(f"its {part} have {factor!r} for {name!r}, no number above 0")
