"""Crisp brushwork at the end: the patches of the picture become, as a whole, those of the style.

No network has a part in it. Seen along a random direction, patches of pixels have a distribution;
that of the picture is brought to that of the style, direction after direction: the sliced
Wasserstein distance of patches (A. Elnekave and Y. Weiss, "Generating Natural Images with Direct
Patch Distribution Matching", arXiv:2203.11862). On a line, the optimal transport is the map from
each quantile to the same one of the style.

Some of the directions are gratings, as fine as pixels allow and turned at random. The convolutions
of VGG19 hardly see fine detail at 45 degrees to the pixels (a tenth of what they see along the
axes), so there is hardly any in what was optimised with them, and along random directions it is
lost among what is coarse. Their pooling leaves a faint pattern of two pixels, which is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from napari_neural_style.engine.adam_in_place import AdamInPlace
from napari_neural_style.engine.iterates import strips
from napari_neural_style.engine.patches import PATCH, along, least_side, middles, spread_back
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.engine.targets import StyleInput
from napari_neural_style.settings import Settings

__all__ = ["Finisher"]

#: Directions looked along in each step.
_DIRECTIONS = 16
#: How many of them are gratings, at full size, of how many waves per pixel, and how coloured.
_GRATINGS, _FREQUENCIES, _COLOURED = 4, (0.3, 0.6), 0.3
#: A pattern of two pixels is told from chance over about so many pixels.
_PATTERN = 112
#: In turn, patches are looked at in full, at half and at a quarter of the size.
_SHRINKS = (1, 2, 4)
#: How many patches distributions are told from, and in how many quantiles.
_SAMPLES, _QUANTILES = 2**16, 512
#: In how many levels the map from quantiles to quantiles is looked up.
_LEVELS = 4096
#: How many pixels are worked on at a time.
_BAND_PIXELS = 2**20
_ADAM = Settings(learning_rate=0.005, beta_1=0.9, beta_2=0.99, epsilon=1e-8, averaging=0.0)
#: A patch belongs to a region where the guide is above this in its middle.
_WITHIN = 0.5
_TINY = 1e-3


class _Transport(NamedTuple):
    """For each direction, what pulls a patch to where it belongs, by its value along it.

    Parameters
    ----------
    low, step : tensor of float32, shape (directions,)
        The values that the table is for: from the lowest one on, so far apart.
    pulls : tensor of float32, shape (directions * levels,)
        The gradient with respect to those, direction after direction.
    """

    low: tf.Tensor
    step: tf.Tensor
    pulls: tf.Tensor


class Finisher:
    """Brings the patches of a picture to those of the styles, step by step.

    Of a large picture it holds five, itself included: what is computed is computed band by band.

    Parameters
    ----------
    image : ndarray of float32, shape (1, H, W, 3)
        In [0, 1]; each step changes it.
    inputs : ScaleInputs
        Of the scale that the picture was painted at last.
    steps : int
        Of Adam, with a learning rate that falls to 0.
    seed : int
    """

    def __init__(
        self, image: NDArray[np.float32], inputs: ScaleInputs, steps: int, seed: int
    ) -> None:
        self._inputs, self.steps, self.done = inputs, steps, 0
        images = [image, *(style.image for styles in inputs.regions for style in styles)]
        smallest = min(side for some in images for side in some.shape[1:3])
        self._shrinks = [shrink for shrink in _SHRINKS if least_side(shrink) <= smallest]
        self._draw = np.random.default_rng(seed)
        self._adam = AdamInPlace(_ADAM)
        self._image, self._state = image, self._adam.taking_over(image)

    def step(self) -> None:
        """Take a step, at full, at half or at a quarter of the size in turn."""
        shrink = self._shrinks[self.done % len(self._shrinks)]
        gradient = _gradient(self._image, self._inputs, _drawn(self._draw, shrink), shrink)
        rate = tf.constant(_ADAM.learning_rate * (1 - self.done / self.steps))
        for rows in strips(slice(0, self._image.shape[1])):
            for free in self._inputs.free:
                gradient[:, rows] *= free[:, rows].numpy()
            self._adam.change(self._state, rows, gradient[:, rows], rate)
        self._state = self._adam.stepped(self._state)
        self.done += 1

    def picture(self) -> NDArray[np.float32]:
        """Return what has come of the picture, in [0, 1], of shape (1, H, W, 3); the last call."""
        del self._state
        for channel in range(3):
            values = self._image[0, ..., channel]
            pattern = _pattern_of_two(values)
            for free in self._inputs.free:
                pattern *= free[0, ..., 0].numpy()  # in place, which a tensor would not be
            values -= pattern
        return np.clip(self._image, 0, 1, out=self._image)


def _drawn(draw: np.random.Generator, shrink: int) -> tf.Tensor:
    directions = draw.normal(size=(PATCH, PATCH, 3, _DIRECTIONS))
    # Half of them are blind to a patch's mean colour, which otherwise hides all that is finer.
    directions[..., ::2] -= directions[..., ::2].mean((0, 1), keepdims=True)
    if shrink == 1:
        directions[..., :_GRATINGS] = _gratings(draw, _GRATINGS)
    directions /= np.linalg.norm(directions.reshape(-1, _DIRECTIONS), axis=0)
    return tf.constant(directions, tf.float32)


def _gratings(draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return waves that fade out towards the patch's border, of shape (side, side, 3, count)."""
    # Spread evenly over the frequencies that pixels can have, most of which are oblique.
    y, x = draw.uniform(-0.5, 0.5, (2, 32 * count))
    low, high = _FREQUENCIES
    y, x = np.stack([y, x])[:, (np.hypot(y, x) > low) & (np.hypot(y, x) < high)][:, :count]
    rows, columns = np.mgrid[:PATCH, :PATCH, :1][:2]
    waves = np.cos(2 * np.pi * (y * rows + x * columns + draw.uniform(size=count)))
    window = np.outer(*2 * [np.hanning(PATCH + 2)[1:-1]])[:, :, np.newaxis]
    waves = window * waves
    waves -= window * (waves.sum((0, 1)) / window.sum())
    # What is fine is grey for the most part.
    colours = 1 + _COLOURED * draw.normal(size=(3, count))
    return np.asarray(waves[:, :, np.newaxis] * colours)


def _pattern_of_two(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what changes its sign from each row, or column, to the next one, over some length."""
    found = np.zeros_like(values)
    for signs in np.ix_(*((-1.0) ** np.arange(side, dtype=np.float32) for side in values.shape)):
        steady = values * signs
        for _ in range(2):
            steady = uniform_filter(steady, _PATTERN)
        found += steady * signs
    return found


def _gradient(
    image: NDArray[np.float32], inputs: ScaleInputs, directions: tf.Tensor, shrink: int
) -> NDArray[np.float32]:
    """Return the gradient of the squared distance from where each patch is to where it belongs."""
    guides = inputs.guides or (None,)
    transports = [
        _transport(image, guide, styles, directions, shrink)
        for guide, styles in zip(guides, inputs.regions, strict=True)
    ]
    gradient = np.zeros(image.shape, np.float32)
    for rows in _bands(image, shrink):
        for guide, transport in zip(guides, transports, strict=True):
            part = None if guide is None else guide[:, rows]
            gradient[:, rows] += _pulled(
                tf.constant(image[:, rows]), part, directions, transport, shrink
            ).numpy()
    return gradient


def _bands(image: tf.Tensor | NDArray[np.float32], shrink: int) -> Iterator[slice]:
    """Yield some rows at a time: as far as the patches reach that begin in a band of them."""
    height, width = image.shape[1:3]
    band = 8 * (1 + _BAND_PIXELS // (8 * width))
    for start in range(0, height, band):
        rows = slice(start, min(height, start + band + PATCH * shrink - 1))
        if rows.stop - rows.start >= least_side(shrink):
            yield rows


def _transport(
    image: NDArray[np.float32],
    guide: tf.Tensor | None,
    styles: Sequence[StyleInput],
    directions: tf.Tensor,
    shrink: int,
) -> _Transport:
    found = _quantiles(_samples(image, guide, directions, shrink), _QUANTILES)
    total = sum(style.weight for style in styles)
    wanted = np.concatenate(
        [
            _quantiles(
                _samples(style.image, next(iter(style.guides), None), directions, shrink),
                max(2, round(_QUANTILES * style.weight / total)),
            )
            for style in styles
        ],
        1,
    )
    wanted = np.sort(wanted, 1)[:, np.linspace(0, wanted.shape[1] - 1, _QUANTILES).astype(int)]
    low, high = found[:, 0], np.maximum(found[:, -1], found[:, 0] + _TINY)
    step = (high - low) / (_LEVELS - 1)
    levels = low[:, np.newaxis] + step[:, np.newaxis] * np.arange(_LEVELS)
    goals = np.stack([np.interp(*values) for values in zip(levels, found, wanted, strict=True)])
    # Over the squared deviation, directions of little contrast would lead.
    pulls = 2 * (levels - goals) / (wanted.std(1, keepdims=True) + _TINY)
    return _Transport(*(tf.constant(v, tf.float32) for v in (low, step, pulls.ravel())))


def _samples(
    image: tf.Tensor | NDArray[np.float32],
    guide: tf.Tensor | None,
    directions: tf.Tensor,
    shrink: int,
) -> NDArray[np.float32]:
    """Return evenly chosen patches along each direction, of shape (n, directions)."""
    stride = max(1, round((image.shape[1] * image.shape[2] / _SAMPLES) ** 0.5))
    found, within = [], []
    for rows in _bands(image, shrink):
        # Every so many rows of the whole, wherever the band begins.
        first = -(rows.start // shrink) % stride
        part = image[:, rows.start + first * shrink : rows.stop]
        if part.shape[1] >= least_side(shrink):
            along_them = along(tf.constant(part), directions, shrink, stride)
            found.append(tf.reshape(along_them, [-1, _DIRECTIONS]).numpy())
            if guide is not None:
                there = guide[:, rows.start + first * shrink : rows.stop]
                within.append(np.ravel(middles(there, shrink, stride)) > _WITHIN)
    flat = np.concatenate(found)
    some = flat[np.concatenate(within)] if within else flat
    return some if len(some) else flat


def _quantiles(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return as many quantiles, evenly spaced, of shape (directions, count)."""
    ordered = np.sort(values.T)
    return ordered[:, np.linspace(0, ordered.shape[1] - 1, count).round().astype(int)]


def _trace_pulled(
    image: tf.Tensor,
    guide: tf.Tensor | None,
    directions: tf.Tensor,
    transport: _Transport,
    shrink: int,
) -> tf.Tensor:
    low, step, pulls = transport
    # The half is for rounding. Its errors vanish with the pull itself.
    place = along(image, directions / step, shrink) + (0.5 - low / step)
    level = tf.cast(tf.clip_by_value(place, 0.0, _LEVELS - 1.0), tf.int32)
    pulled = tf.gather(pulls, level + _LEVELS * tf.range(_DIRECTIONS))
    if guide is not None:
        pulled *= tf.cast(middles(guide, shrink) > _WITHIN, tf.float32)
    return spread_back(pulled, directions, shrink, tf.shape(image)[1:3])


_pulled = tf.function(_trace_pulled, reduce_retracing=True, autograph=False)
