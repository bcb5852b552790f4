"""What the engine asks of a feature network, and whether that of an extension keeps to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, Protocol

import tensorflow as tf

from napari_neural_style.hooks.manager import extensions

__all__ = ["DividedNetwork", "FeatureNetwork", "checked_network"]

#: Size of the picture that a network of an extension is tried on.
_TRIAL_PIXELS = 32
_CHECKED_KEPT = 8
_checked: list[_ExtensionNetwork] = []


class FeatureNetwork(Protocol):
    """Anything that turns an image into named feature maps, differentiably.

    Extensions may leave out the last three parts. They may also bring ``receptive_field(layer)``,
    which returns a `napari_neural_style.engine.receptive_field.ReceptiveField` for each layer: then
    large pictures can be painted tile by tile. With ``stem(image, layers, joint)`` and
    ``rest(map, layers, joint)`` besides it is a `DividedNetwork`, whose tiles are cheaper;
    ``FeatureNetworkSpec.joints`` says where it can be taken apart.
    """

    #: What to call the network to the user.
    title: str
    #: The names of all its feature layers, from shallow to deep.
    layers: Sequence[str]
    #: The style statistic, and the layers with weights, that suit it where the user names none.
    style_loss: str
    content_layers: Mapping[str, float]
    style_layers: Mapping[str, float]
    #: For layers that presets name but that do not hold the content in this network: those that do
    #: so instead, with their weights.
    content_stand_ins: Mapping[str, Mapping[str, float]]
    #: For style losses that outweigh the content: factors on a relative content loss.
    content_gains: Mapping[str, float]
    #: Checksum of the file that its weights come from.
    weights_sha256: str

    def __call__(self, image: tf.Tensor, layers: Iterable[str]) -> dict[str, tf.Tensor]:
        """Return the feature maps of `layers`.

        Parameters
        ----------
        image : tensor of float32, shape (1, H, W, 3)
            RGB in [0, 1], at least 16 pixels high and wide.
        layers : iterable of str

        Returns
        -------
        dict of str to tensor of float32, shape (1, h, w, C)
        """
        ...


class DividedNetwork(FeatureNetwork, Protocol):
    """A network that can be taken apart before some of its layers."""

    def stem(
        self, image: tf.Tensor, layers: Iterable[str], joint: str
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Return the feature maps of layers before a joint, and the map that goes into it."""
        ...

    def rest(self, entering: tf.Tensor, layers: Iterable[str], joint: str) -> dict[str, tf.Tensor]:
        """Return the feature maps of layers from the joint on."""
        ...


class _ExtensionNetwork(FeatureNetwork):
    """The network of an extension, with what it leaves out filled in."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.title, self.layers = network.title, network.layers
        self.style_loss = network.style_loss
        self.content_layers, self.style_layers = network.content_layers, network.style_layers
        self.content_stand_ins = getattr(network, "content_stand_ins", {})
        self.content_gains = getattr(network, "content_gains", {})
        self.weights_sha256 = str(getattr(network, "weights_sha256", ""))
        for part in ("receptive_field", "stem", "rest"):
            if hasattr(network, part):
                setattr(self, part, getattr(network, part))

    def __call__(self, image: tf.Tensor, layers: Iterable[str]) -> dict[str, tf.Tensor]:
        found: dict[str, tf.Tensor] = self.network(image, layers)
        return found


def checked_network(network: Any) -> FeatureNetwork:
    """Return the network of an extension with what it leaves out, once it is known to work.

    It is the same one for the same network, so that objectives compiled for it are found again.

    Raises
    ------
    Exception
        Of any kind, with the reason, if it is not as `FeatureNetwork` describes.
    """
    for known in _checked:
        if known.network is network:
            return known
    found = _ExtensionNetwork(network)
    _check_parts(found)
    _try(found)
    _checked.append(found)
    del _checked[:-_CHECKED_KEPT]
    return found


def _check_parts(network: Any) -> None:
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
    factors = {"content_gains": network.content_gains}
    for layer, weights in dict(network.content_stand_ins).items():
        factors[f"content_stand_ins for {layer}"] = weights
        if unknown := [name for name in weights if name not in network.layers]:
            raise ValueError(f"its content_stand_ins name {unknown[0]!r}, which is no layer of it")
    for part, named in factors.items():
        for name, factor in dict(named).items():
            if not (isinstance(factor, Real) and 0 < float(factor) < math.inf):
                raise ValueError(f"its {part} have {factor!r} for {name!r}, no number above 0")


def _try(network: FeatureNetwork) -> None:
    """See whether a network returns what it should, and can be traced."""
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
