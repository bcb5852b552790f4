"""The built-in feature network: VGG19 at half width with seeded random kernels; no download.

Random convolutions already separate colour, grain and orientation, and the statistics of their
responses carry a texture (Ustyuzhaninov et al., "Texture Synthesis Using Shallow Convolutional
Networks with Random Filters", arXiv:1606.00021; He, Wang and Hopcroft, arXiv:1606.04801). They know
nothing of objects, so the content is held less well than by the trained network.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.engine.vgg import VGGWeights
from napari_neural_style.settings import FEATURE_LAYERS

__all__ = ["TITLE", "builtin_weights"]

TITLE = "built-in network (random, offline)"

_WIDTHS = {1: 32, 2: 64, 3: 128, 4: 256, 5: 256}
_SEED = 19


@cache
def builtin_weights() -> VGGWeights:
    """Return the weights of the built-in network; the same ones on every machine.

    The kernels of a layer are orthogonal to each other, which keeps its channels as different as
    can be, and scaled by √2, which keeps the energy of the feature maps from layer to layer
    (He et al., arXiv:1502.01852).
    """
    rng = np.random.Generator(np.random.PCG64(_SEED))
    kernels: dict[str, NDArray[np.float32]] = {}
    biases: dict[str, NDArray[np.float32]] = {}
    inputs = 3
    for layer in FEATURE_LAYERS:
        outputs = _WIDTHS[int(layer[5])]
        kernels[layer] = _orthogonal(rng, inputs, outputs)
        biases[layer] = np.zeros(outputs, np.float32)
        inputs = outputs
    # Deep random features hold no objects: the content is held at a shallow layer, and the style's
    # weights are flatter than the trained network's.
    return VGGWeights(
        TITLE,
        kernels,
        biases,
        content_layers={"block2_conv2": 2.5},
        style_layers={
            "block1_conv1": 0.31,
            "block2_conv1": 0.31,
            "block3_conv1": 0.15,
            "block4_conv1": 0.15,
            "block5_conv1": 0.08,
        },
        pooling="average",
    )


def _orthogonal(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float32]:
    size = 9 * inputs
    normal = rng.standard_normal((max(size, outputs), min(size, outputs)))
    basis, _ = np.linalg.qr(normal)
    if size < outputs:
        # More channels than inputs to them: directions can only be spread, on unit length.
        basis = basis.T * np.sqrt(outputs / size)
    kernel = (basis * np.sqrt(2.0)).reshape(3, 3, inputs, outputs)
    return np.asarray(kernel, np.float32)
