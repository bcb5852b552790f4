"""Crisp brushwork at the end: the patches of the picture become, as a whole, those of the style.

No network has a part in it. Seen along a random direction, patches of pixels have a distribution;
that of the picture is brought to that of the style, direction after direction: the sliced
Wasserstein distance of patches (A. Elnekave and Y. Weiss, "Generating Natural Images with Direct
Patch Distribution Matching", arXiv:2203.11862). On a line, the optimal transport is the map from
each quantile to the same one of the style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from napari_neural_style.engine import adam
from napari_neural_style.engine.iterates import averaged_iterate
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.engine.targets import StyleInput

__all__ = ["finished"]

#: Side of a patch, in pixels, and directions looked along in each step.
_PATCH, _DIRECTIONS = 7, 32
#: Step after step, the picture is looked at in full, at half and at a quarter of its size.
_SHRINKS = (1, 2, 4)
#: How many patches distributions are told from, and in how many quantiles.
_SAMPLES, _QUANTILES = 2**16, 512
#: How many pixels are worked on at a time.
_BAND_PIXELS = 2**20
_RATE, _BETA_1, _BETA_2, _EPSILON, _AVERAGING = 0.01, 0.9, 0.99, 1e-8, 0.5
#: A patch belongs to a region where the guide is above this in its middle.
_WITHIN = 0.5
_TINY = 1e-3


class _Transport(NamedTuple):
    """For each direction, the quantiles of the picture's patches and those of the style's."""

    found: tf.Tensor
    wanted: tf.Tensor


def finished(
    image: tf.Tensor,
    inputs: ScaleInputs,
    steps: int,
    seed: int,
    between: Callable[[], object] = lambda: None,
) -> tf.Tensor:
    """Return a picture with patches as the styles have them.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
        In [0, 1].
    inputs : ScaleInputs
        Of the scale that the picture was painted at last.
    steps : int
        Of Adam, with a learning rate that falls to 0; at 0 the picture stays as it is.
    seed : int
    between : callable
        Called before each step: here a run can pause or be cancelled.
    """
    draw = np.random.default_rng(seed)
    state = adam.init(image)
    for step in range(steps):
        between()
        directions = _drawn(draw)
        # Of every second row and column, others each time: no grid comes of it.
        corner = tuple(int(offset) for offset in draw.integers(0, 2, 2))
        gradient = _gradient(state.image, inputs, directions, corner, _SHRINKS[step % 3])
        for free in inputs.free:
            gradient *= free
        state = adam.step(
            state,
            gradient,
            learning_rate=tf.constant(_RATE * (1 - step / steps)),
            beta_1=_BETA_1,
            beta_2=_BETA_2,
            epsilon=_EPSILON,
            averaging=_AVERAGING,
        )
    return averaged_iterate(state)


def _drawn(draw: np.random.Generator) -> tf.Tensor:
    directions = draw.normal(size=(_PATCH, _PATCH, 3, _DIRECTIONS))
    # Half of them are blind to a patch's mean colour, which otherwise hides all that is finer.
    directions[..., ::2] -= directions[..., ::2].mean((0, 1), keepdims=True)
    directions /= np.linalg.norm(directions.reshape(-1, _DIRECTIONS), axis=0)
    return tf.constant(directions, tf.float32)


def _gradient(
    image: tf.Tensor,
    inputs: ScaleInputs,
    directions: tf.Tensor,
    corner: tuple[int, ...],
    shrink: int,
) -> tf.Tensor:
    """Return the gradient of the squared distance from where each patch is to where it belongs."""
    guides = inputs.guides or (tf.ones_like(image[..., :1]),)
    transports = [
        _transport(image, guide, styles, directions, shrink)
        for guide, styles in zip(guides, inputs.regions, strict=True)
    ]
    height, width = image.shape[1:3]
    band = 8 * (1 + _BAND_PIXELS // (8 * width))
    gradient = np.zeros(image.shape, np.float32)
    for start in range(0, height, band):
        # As far as the patches reach that begin in the band.
        rows = slice(start + corner[0], start + band + (_PATCH - 1) * shrink)
        there = (slice(None), rows, slice(corner[1], None))
        for guide, transport in zip(guides, transports, strict=True):
            gradient[there] += _pulled(
                image[there], guide[there], directions, transport, shrink
            ).numpy()
    return tf.constant(gradient)


def _transport(
    image: tf.Tensor,
    guide: tf.Tensor,
    styles: Sequence[StyleInput],
    directions: tf.Tensor,
    shrink: int,
) -> _Transport:
    found = _quantiles(_samples(image, guide, directions, shrink), _QUANTILES)
    total = sum(style.weight for style in styles)
    wanted = tf.concat(
        [
            _quantiles(
                _samples(style.image, *(style.guides or (None,)), directions, shrink),
                max(2, round(_QUANTILES * style.weight / total)),
            )
            for style in styles
        ],
        1,
    )
    return _Transport(found, _quantiles(tf.transpose(wanted), _QUANTILES))


def _samples(
    image: tf.Tensor, guide: tf.Tensor | None, directions: tf.Tensor, shrink: int
) -> tf.Tensor:
    """Return evenly chosen patches along each direction, of shape (n, directions)."""
    count = image.shape[1] * image.shape[2] // shrink**2
    stride = max(1, round((count / _SAMPLES) ** 0.5))
    values = _along(image, directions, shrink, stride)
    flat = tf.reshape(values, [-1, _DIRECTIONS])
    if guide is None:
        return flat
    within = tf.reshape(_middles(guide, shrink, stride, values), [-1]) > _WITHIN
    some = tf.boolean_mask(flat, within)
    return some if some.shape[0] else flat


def _quantiles(values: tf.Tensor, count: int) -> tf.Tensor:
    """Return as many quantiles, evenly spaced, of shape (directions, count)."""
    ordered = tf.sort(tf.transpose(values))
    places = np.linspace(0, ordered.shape[1] - 1, count).round().astype(np.int32)
    return tf.gather(ordered, places, axis=1)


@tf.function(reduce_retracing=True, autograph=False)
def _pulled(
    image: tf.Tensor, guide: tf.Tensor, directions: tf.Tensor, transport: _Transport, shrink: int
) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(image)
        values = _along(image, directions, shrink, 2)
        within = tf.cast(_middles(guide, shrink, 2, values) > _WITHIN, tf.float32)
        flat = tf.transpose(tf.reshape(values, [-1, _DIRECTIONS]))
        goal = tf.stop_gradient(_carried(flat, transport))
        spread = tf.math.reduce_std(transport.wanted, 1, keepdims=True) + _TINY
        loss = tf.reduce_sum(tf.reshape(within, [-1]) * tf.square((flat - goal) / spread))
    return tape.gradient(loss, image)


def _carried(values: tf.Tensor, transport: _Transport) -> tf.Tensor:
    """Return where each value belongs: at the same quantile among the style's."""
    found, wanted = transport
    above = tf.clip_by_value(tf.searchsorted(found, values), 1, _QUANTILES - 1)
    low, high = (tf.gather(found, above - k, batch_dims=1) for k in (1, 0))
    share = tf.clip_by_value((values - low) / tf.maximum(high - low, 1e-9), 0.0, 1.0)
    start, end = (tf.gather(wanted, above - k, batch_dims=1) for k in (1, 0))
    return start + share * (end - start)


def _along(image: tf.Tensor, directions: tf.Tensor, shrink: int, stride: int) -> tf.Tensor:
    if shrink > 1:
        image = tf.nn.avg_pool2d(image, shrink, shrink, "VALID")
    return tf.nn.conv2d(image, directions, stride, "VALID")


def _middles(guide: tf.Tensor, shrink: int, stride: int, values: tf.Tensor) -> tf.Tensor:
    """Return a guide in the middle of each patch."""
    if shrink > 1:
        guide = tf.nn.avg_pool2d(guide, shrink, shrink, "VALID")
    middle = _PATCH // 2
    found = guide[:, middle::stride, middle::stride]
    return found[:, : tf.shape(values)[1], : tf.shape(values)[2]]
