"""The recipe of Neural Neighbor Style Transfer, written from its description, with any network.

N. Kolkin, M. Kucera, S. Paris, D. Sýkora, E. Shechtman and G. Shakhnarovich (arXiv:2203.13215): its
optimising variant. Hypercolumns of feature maps at a quarter of the size; scales from 64 pixels on,
each twice the one before; the variables are the levels of a Laplacian pyramid; at each scale every
place has one target for 200 steps of Adam, found by centred cosines in the style and the style
turned by quarter turns; then 200 steps in which each layer finds its own neighbours on grids that
change from step to step; then the result's lightness with the content's colours, matched to the
style's. No statistic of features and no content loss takes part.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from baselines import Frame
from skimage.color import lab2rgb, rgb2lab

from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.pictures.images import FloatImage, fit, resize

__all__ = ["nnst_frames"]

_LEVELS, _SMALLEST, _RATE, _STEPS = 8, 64, 2e-3, 200
#: The weight of the style in what is matched, "alpha" in the paper.
_ALPHA = 0.75
#: How many of the finest levels of the content the picture starts without.
_BLURRED = 3
_GRID, _ROWS, _TINY = 64, 2048, 1e-6


def nnst_frames(
    network: FeatureNetwork, content: FloatImage, style: FloatImage, size: int
) -> Iterator[Frame]:
    """Paint, and return the picture after each scale and at the end.

    Parameters
    ----------
    network : FeatureNetwork
        Its layers up to the fourth block's third are compared.
    content, style : ndarray of float32, shape (h, w, 3)
    size : int
        Longest side of the result, in pixels.
    """
    layers = tuple(n for n in network.layers if n < "block4_conv4")
    sizes = [size // 2**k for k in range(20) if size // 2**k >= min(_SMALLEST, size)][::-1]
    clock, pyramid, step = Clock(1), [], 0
    for number, side in enumerate(sizes):
        c, s = (
            _batch(resize(i, fit(i.shape, min(side, max(i.shape[:2]))))) for i in (content, style)
        )
        levels = _pyramid(c)
        if number == 0:
            levels = [tf.zeros_like(x) if k < _BLURRED else x for k, x in enumerate(levels)]
        else:
            # What was painted, with the content's finest level as far as it is to be matched.
            levels = _pyramid(tf.image.resize(_collapsed(pyramid), c.shape[1:3]))
        alpha = _ALPHA if number else 1.0
        query = (1 - alpha) * c + alpha * _collapsed([_pyramid(c)[0], *levels[1:]])
        pool = tf.concat(
            [_columns(network, layers, tf.image.rot90(s, turn)) for turn in range(4)], 0
        )
        targets = tf.gather(pool, _nearest(_columns(network, layers, query if number else c), pool))
        pyramid = [tf.Variable(x) for x in levels]

        def matched(
            variables: list[tf.Variable] = pyramid, targets: tf.Tensor = targets
        ) -> tf.Tensor:
            found = _columns(network, layers, _collapsed(variables))
            return tf.reduce_mean(1 - _cosines(found, targets))

        _descend(matched, pyramid)
        step += _STEPS
        clock.tick(1)
        yield Frame(step, clock.seconds, _picture(pyramid), float("nan"))

    found = network(s, layers)

    def split() -> tf.Tensor:
        own = network(_collapsed(pyramid), layers)
        return tf.add_n([_apart(own[n], found[n]) for n in layers])

    _descend(split, pyramid)
    painted = _coloured(_picture(pyramid), c.numpy()[0], s.numpy()[0])
    clock.tick(1)
    yield Frame(step + _STEPS, clock.seconds, painted, float("nan"))


def _batch(image: FloatImage) -> tf.Tensor:
    return tf.constant(image[np.newaxis], tf.float32)


def _pyramid(image: tf.Tensor) -> list[tf.Tensor]:
    levels = []
    for _ in range(_LEVELS):
        shape = image.shape[1:3]
        small = tf.image.resize(image, [max(1, side // 2) for side in shape], antialias=True)
        levels.append(image - tf.image.resize(small, shape))
        image = small
    return [*levels, image]


def _collapsed(levels: list[tf.Tensor]) -> tf.Tensor:
    image = levels[-1]
    for level in levels[-2::-1]:
        image = tf.image.resize(image, level.shape[1:3]) + level
    return image


def _picture(levels: list[tf.Tensor]) -> FloatImage:
    return np.asarray(tf.clip_by_value(_collapsed(levels)[0], 0, 1).numpy())


def _columns(network: FeatureNetwork, layers: tuple[str, ...], image: tf.Tensor) -> tf.Tensor:
    """Return hypercolumns at a quarter of the size, each layer divided by its channels."""
    shape = [max(1, side // 4) for side in image.shape[1:3]]
    found = network(image, layers)
    maps = [tf.image.resize(found[n], shape)[0] / found[n].shape[3] for n in layers]
    return tf.reshape(tf.concat(maps, 2), [shape[0] * shape[1], -1])


def _cosines(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(_directions(one) * _directions(other), 1)


def _directions(vectors: tf.Tensor) -> tf.Tensor:
    return vectors / (tf.sqrt(tf.reduce_sum(tf.square(vectors), 1, keepdims=True)) + _TINY)


def _nearest(places: tf.Tensor, pool: tf.Tensor) -> tf.Tensor:
    one, other = (_directions(x - tf.reduce_mean(x, 0)) for x in (places, pool))
    return tf.concat(
        [
            tf.argmax(tf.matmul(one[k : k + _ROWS], other, transpose_b=True), 1)
            for k in range(0, one.shape[0], _ROWS)
        ],
        0,
    )


def _apart(found: tf.Tensor, style: tf.Tensor) -> tf.Tensor:
    """Return the mean distance to the nearest neighbour, on grids with an offset by chance."""
    stride = max(1, max(found.shape[1:3]) // _GRID)
    top, left = (tf.random.uniform([], 0, stride, tf.int32) for _ in range(2))
    one, other = (
        tf.reshape(x[0, top::stride, left::stride], [-1, x.shape[3]]) for x in (found, style)
    )
    one, other = (_directions(x - tf.reduce_mean(x, 0)) for x in (one, other))
    return tf.reduce_mean(tf.reduce_min(1 - tf.matmul(one, other, transpose_b=True), 1))


def _descend(loss: object, variables: list[tf.Variable]) -> None:
    optimizer = tf.keras.optimizers.Adam(_RATE)
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step() -> None:
        with tf.GradientTape() as tape:
            value = loss()  # type: ignore[operator]
        optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))

    for _ in range(_STEPS):
        step()


def _coloured(painted: FloatImage, content: FloatImage, style: FloatImage) -> FloatImage:
    """Return the picture's lightness with the content's colours, matched to the style's.

    In CIELAB where the paper has OKLab, and without its bilateral filter.
    """
    lab, of_content, of_style = (rgb2lab(x) for x in (painted, content, style))
    a, b = (x[..., 1:].reshape(-1, 2) for x in (of_content, of_style))
    whiten, paint = (np.linalg.cholesky(np.cov(x.T) + 0.1 * np.eye(2)) for x in (a, b))
    matched = (a - a.mean(0)) @ np.linalg.inv(whiten).T @ paint.T + b.mean(0)
    for channel, low, high in zip(matched.T, b.min(0), b.max(0), strict=True):
        np.clip(channel, low, high, out=channel)
    lab[..., 1:] = matched.reshape(lab.shape[0], lab.shape[1], 2)
    lab[..., 0] = np.clip(lab[..., 0], of_style[..., 0].min(), of_style[..., 0].max())
    return np.clip(lab2rgb(lab), 0, 1).astype(np.float32)
