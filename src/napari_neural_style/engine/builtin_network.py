"""The built-in feature network: a narrow VGG19 that was distilled from the real one; no download.

It is a VGG19 in all but width, so everything works with it as with the published weights. Its first
three blocks learnt to see what those of VGG19 see (Visual Geometry Group, Oxford, CC BY 4.0); the
others are random orthogonal. ``training/`` makes the weights; ``training/README.md`` says from
what, and what else was tried.
"""

from __future__ import annotations

import hashlib
import io
from functools import cache
from importlib import resources

import numpy as np

from napari_neural_style.engine.vgg import VGGWeights
from napari_neural_style.errors import WeightsError
from napari_neural_style.feature_layers import FEATURE_LAYERS

__all__ = ["TITLE", "builtin_weights"]

TITLE = "Built-in (distilled from VGG19)"

_FILE = "builtin_weights.npz"
_SHA256 = "9f7905ced769eeb76169f7fde47b2e8ea7eb7512c84cc5411d406be85078a2ad"


@cache
def builtin_weights() -> VGGWeights:
    """Return the weights of the built-in network; the same ones on every machine.

    Raises
    ------
    WeightsError
        If the file in the package is missing or damaged.
    """
    try:
        data = resources.files(__package__).joinpath(_FILE).read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The built-in network's weights cannot be read ({error}): "
            f"reinstall napari-neural-style."
        ) from error
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise WeightsError(
            "The built-in network's weights are damaged: reinstall napari-neural-style."
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        kernels = {n: file[f"{n}.kernel"].astype(np.float32) for n in FEATURE_LAYERS}
        biases = {n: file[f"{n}.bias"].astype(np.float32) for n in FEATURE_LAYERS}
    # Chosen by eye and by figures: see the table in training/README.md.
    return VGGWeights(
        TITLE,
        kernels,
        biases,
        content_layers={"block3_conv2": 0.6},
        style_layers={
            "block1_conv1": 1.0,
            "block2_conv1": 0.25,
            "block3_conv1": 0.16,
            "block4_conv1": 0.1,
            "block5_conv1": 0.09,
        },
        pooling="blur",
        style_loss="moments",
        sha256=_SHA256,
    )
