"""The two networks that come with the package, as the hooks want them."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from functools import cache, lru_cache

from napari_neural_style.engine.arithmetic import pick_winograd
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.calibration import calibrated
from napari_neural_style.engine.vgg import KERAS, VGG19, VGGWeights
from napari_neural_style.engine.weights import find_weights
from napari_neural_style.hooks.specs import NetworkRequest
from napari_neural_style.progress import Notice

__all__ = ["load_builtin", "load_vgg19"]


def load_vgg19(request: NetworkRequest) -> Generator[Notice, None, VGG19]:
    """Find the weights that are asked for, and make a network of them.

    They are calibrated, so that presets hold for all files. Absolute losses with kernels in Keras'
    own convention are the exception: they are the published method, and get the file's own scale.
    """
    weights = yield from find_weights(request.weights, request.control)
    if weights is builtin_weights():
        return load_builtin(request)
    if not (request.exact and weights.preprocessing is KERAS):
        weights = _calibrated(weights)
    return _network(weights, request.pooling, request.padding, request.precision, request.device)


def load_builtin(request: NetworkRequest) -> VGG19:
    """Make the built-in network.

    Relative losses take it as it is; absolute ones, whose weights and layers are published for
    ImageNet's file, want it at that file's scale, and the content where this network holds it.
    """
    weights = _as_published() if request.exact else builtin_weights()
    return _network(weights, request.pooling, request.padding, request.precision, request.device)


_calibrated = lru_cache(maxsize=2)(calibrated)


@cache
def _as_published() -> VGGWeights:
    return dataclasses.replace(
        calibrated(builtin_weights()), content_stand_ins={"block5_conv2": {"block3_conv2": 0.004}}
    )


@lru_cache(maxsize=2)
def _network(weights: VGGWeights, pooling: str, padding: str, precision: str, device: str) -> VGG19:
    """Return the network; the same one for the same question, wherever `device` keeps it."""
    return VGG19(
        weights,
        pooling=pooling,
        padding=padding,
        precision=precision,
        winograd=pick_winograd(precision, device),
    )
