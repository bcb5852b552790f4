"""Crisp brushwork at the end: the patches of the picture become those of the style, as a whole.

No network has a part in it. Patches of pixels, seen along random directions, are brought to the
distribution that the style's have there: the sliced Wasserstein distance of A. Elnekave and
Y. Weiss, "Generating Natural Images with Direct Patch Distribution Matching" (arXiv:2203.11862).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from napari_neural_style.engine import adam
import os

_PATCH = 7
_DIRECTIONS = 32


def finished(image, styles, steps, seed, between=lambda: None):
    rate = float(os.environ.get("FIN_RATE", 0.01))
    stay = float(os.environ.get("FIN_STAY", 0.0))
    mode = os.environ.get("FIN_SCALES", "1")
    draw = np.random.default_rng(seed)
    state = adam.init(image)
    start = image
    for step in range(steps):
        between()
        shrink = int(mode.split(",")[step % len(mode.split(","))])
        directions = draw.normal(size=(_PATCH, _PATCH, 3, _DIRECTIONS))
        directions[..., ::2] -= directions[..., ::2].mean((0, 1), keepdims=True)
        directions /= np.linalg.norm(directions.reshape(-1, _DIRECTIONS), axis=0)
        y, x = draw.integers(0, 2, 2)
        gradient = _gradient(state.image, int(y), int(x), styles[0], start, tf.constant(directions, tf.float32), shrink, tf.constant(stay))
        r = rate * (1 - step / steps)
        state = adam.step(state, gradient, learning_rate=tf.constant(r), beta_1=0.9, beta_2=0.99, epsilon=1e-8, averaging=0.5)
    from napari_neural_style.engine.iterates import averaged_iterate
    return averaged_iterate(state)


@tf.function(reduce_retracing=True, autograph=False)
def _gradient(image, top, left, style, start, directions, shrink, stay):
    with tf.GradientTape() as tape:
        tape.watch(image)
        found = _projected(image[:, top:, left:], directions, shrink)
        wanted = _projected(style, directions, shrink)
        count = tf.shape(found)[0]
        a = tf.sort(tf.transpose(found))
        b = tf.sort(tf.transpose(wanted))
        index = tf.cast(tf.round(tf.linspace(0.0, tf.cast(tf.shape(wanted)[0] - 1, tf.float32), count)), tf.int32)
        b = tf.gather(b, index, axis=1)
        spread = tf.math.reduce_std(b, 1, keepdims=True) + 1e-3
        loss = tf.reduce_mean(tf.square((a - b) / spread)) * tf.cast(tf.size(image), tf.float32)
        loss += stay * tf.reduce_sum(tf.square(image - start))
    return tape.gradient(loss, image)


def _projected(image, directions, shrink):
    image = tf.nn.avg_pool2d(image, shrink, shrink, "VALID") if shrink > 1 else image
    return tf.reshape(tf.nn.conv2d(image, directions, [1, 2, 2, 1], "VALID"), [-1, _DIRECTIONS])
