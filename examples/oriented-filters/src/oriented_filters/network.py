"""The network: Gabor filters at five scales."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.hooks import NetworkRequest
from oriented_filters import LAYERS

_PIXELS = 9
_WAVELENGTH = 4.5
_SIGMA = 1.9
_ORIENTATIONS = 6
#: Brightness, red against green, blue against yellow.
_OPPONENTS = np.array([[1, 1, 1], [1, -1, 0], [-0.5, -0.5, 1]]) / np.array([[3], [2], [2]])


def gabor(angle: float, phase: float) -> NDArray[np.float64]:
    """Return a filter of shape (9, 9) that answers to waves across `angle`, and not to flat areas.

    J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation
    optimized by two-dimensional visual cortical filters" (JOSA A 2, 1985).
    """
    y, x = np.mgrid[:_PIXELS, :_PIXELS] - _PIXELS // 2
    window = np.exp(-(x**2 + y**2) / (2 * _SIGMA**2))
    along = x * np.cos(angle) + y * np.sin(angle)
    wave = np.cos(2 * np.pi * along / _WAVELENGTH + phase)
    wave -= (wave * window).sum() / window.sum()
    return wave * window / np.abs(wave * window).sum()


def bank() -> NDArray[np.float32]:
    """Return all filters on RGB, of shape (9, 9, 3, 36)."""
    spatial = [
        gabor(np.pi * k / _ORIENTATIONS, phase)
        for k in range(_ORIENTATIONS)
        for phase in (0, np.pi / 2)
    ]
    kernels = np.einsum("kyx,oc->yxcko", spatial, _OPPONENTS)
    return kernels.reshape(_PIXELS, _PIXELS, 3, -1).astype(np.float32)


class OrientedFilters:
    """Image to filter responses; see `napari_neural_style.engine.features.FeatureNetwork`."""

    title = "Oriented filters"
    style_loss = "moments"
    layers = LAYERS
    content_layers = {"scale2": 1.0}  # noqa: RUF012 (nobody changes it)
    style_layers = dict.fromkeys(LAYERS, 0.2)

    def __init__(self) -> None:
        self._bank = tf.constant(bank())

    def __call__(self, image: tf.Tensor, layers: Iterable[str]) -> dict[str, tf.Tensor]:
        """Return the responses at the scales asked for, each half as large as the one before.

        Positive and negative responses stand in channels of their own: rectified, as in the eye,
        they make Gram matrices tell light strokes on dark from dark ones on light. The last three
        channels are the colours themselves.
        """
        wanted = set(layers)
        features = {}
        for layer in LAYERS:
            if layer in wanted:
                response = tf.nn.conv2d(_with_margin(image), self._bank, 1, "VALID")
                features[layer] = tf.concat(
                    [10 * tf.nn.relu(response), 10 * tf.nn.relu(-response), image], -1
                )
            image = tf.nn.avg_pool2d(image, 2, 2, "SAME")
        return features


def _with_margin(image: tf.Tensor) -> tf.Tensor:
    """Repeat the border's values outwards, for a picture of any size."""
    for axis in (1, 2):
        end = tf.shape(image)[axis]
        reach = tf.range(-(_PIXELS // 2), end + _PIXELS // 2)
        image = tf.gather(image, tf.clip_by_value(reach, 0, end - 1), axis=axis)
    return image


@cache
def _network(device: str) -> OrientedFilters:
    return OrientedFilters()


def load(request: NetworkRequest) -> OrientedFilters:
    """Return the network; the same one on the same device, so that it is compiled once."""
    return _network(request.device)
