"""What we compare with: the reference of the paper, and the recipe of the best program there is.

Both are written here from their published formulae, in float32, on Keras' VGG19, and take the
same weights as ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.vgg import VGGWeights
from napari_neural_style.pictures.images import fit, resize

__all__ = [
    "Frame",
    "crowson_frames",
    "keras_vgg19",
    "reference_frames",
    "reference_loss",
    "reference_step",
]

_MEAN_BGR = (103.939, 116.779, 123.68)
_REFERENCE_STYLE = [f"block{block}_conv1" for block in range(1, 6)]
_REFERENCE_CONTENT = "block5_conv2"


@dataclass(frozen=True)
class Frame:
    """A picture on the way, and how long it took to get there."""

    step: int
    seconds: float
    image: NDArray[np.float32]
    loss: float


def keras_vgg19(weights: VGGWeights, layers: list[str]) -> keras.Model:
    """Return Keras' own VGG19 with these weights, as a model with the given outputs."""
    vgg = keras.applications.VGG19(include_top=False, weights=None)
    for name, kernel in weights.kernels.items():
        vgg.get_layer(name).set_weights([kernel, weights.biases[name]])
    vgg.trainable = False
    return keras.Model(vgg.input, [vgg.get_layer(name).output for name in layers])


def _preprocess(image: tf.Tensor) -> tf.Tensor:
    return image[..., ::-1] * 255.0 - tf.constant(_MEAN_BGR)


def reference_loss(
    weights: VGGWeights,
    content: NDArray[np.float32],
    style: NDArray[np.float32],
    size: int,
    content_factor: float = 1.0,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Return the content at its working size, and the reference's loss of an image of that shape.

    The TensorFlow tutorial's program: Keras ``Model``, einsum Gram matrices, both images with a
    longest side of `size`. `content_factor` multiplies its content weight.
    """
    model = keras_vgg19(weights, [*_REFERENCE_STYLE, _REFERENCE_CONTENT])
    base, painted = (
        tf.constant(resize(image, fit(image.shape, size))[np.newaxis]) for image in (content, style)
    )

    def gram(features: tf.Tensor) -> tf.Tensor:
        positions = tf.cast(tf.shape(features)[1] * tf.shape(features)[2], tf.float32)
        return tf.einsum("bijc,bijd->bcd", features, features) / positions

    style_targets = [gram(f) for f in model(_preprocess(painted))[:-1]]
    content_target = model(_preprocess(base))[-1]

    def loss(image: tf.Tensor) -> tf.Tensor:
        *styles, features = model(_preprocess(image))
        total = content_factor * 1e4 * tf.reduce_mean((features - content_target) ** 2)
        for found, target in zip(styles, style_targets, strict=True):
            total += 1e-2 / len(styles) * tf.reduce_mean((gram(found) - target) ** 2)
        return total

    return base, loss


def reference_step(
    content: tf.Tensor, loss_of: Callable[[tf.Tensor], tf.Tensor]
) -> tuple[tf.Variable, Callable[[], tf.Tensor]]:
    """Return the reference's image variable and its compiled training step, with Keras' Adam."""
    image = tf.Variable(content)
    adam = keras.optimizers.Adam(0.02, beta_1=0.99, beta_2=0.999, epsilon=0.1)
    adam.build([image])

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(image)
        adam.apply_gradients([(tape.gradient(loss, image), image)])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        return loss

    return image, step


def reference_frames(
    weights: VGGWeights,
    content: NDArray[np.float32],
    style: NDArray[np.float32],
    size: int,
    steps: int,
    every: int,
    content_factor: float = 1.0,
) -> Iterator[Frame]:
    """Run the reference: one scale, `steps` steps, a frame after every `every` of them."""
    start = time.perf_counter()
    image, step = reference_step(*reference_loss(weights, content, style, size, content_factor))
    for count in range(1, steps + 1):
        loss = step()
        if count % every == 0 or count == steps:
            yield Frame(count, time.perf_counter() - start, image.numpy()[0], float(loss))


def _newton_schulz_root(matrix: tf.Tensor) -> tf.Tensor:
    """Return the square root of a positive matrix by twelve Newton-Schulz iterations."""
    norm = tf.norm(matrix)
    y, z, identity = matrix / norm, tf.eye(tf.shape(matrix)[0]), tf.eye(tf.shape(matrix)[0])
    for _ in range(12):
        t = 0.5 * (3.0 * identity - z @ y)
        y, z = y @ t, t @ z
    return y * tf.sqrt(norm)


def crowson_frames(
    weights: VGGWeights,
    content: NDArray[np.float32],
    style: NDArray[np.float32],
    size: int,
    first_steps: int = 1000,
    steps: int = 500,
    every: int = 50,
    content_factor: float = 1.0,
) -> Iterator[Frame]:
    """Run the recipe of K. Crowson's style-transfer-pytorch, from its published formulae.

    Scales √2 apart from 128 px; Gaussian Wasserstein-2 with a differentiated Newton-Schulz root at
    every step, weights 256:64:16:4:1, content 0.015 at block4_conv2, nine-point total variation 2;
    Adam (0.02, 0.9, 0.99), moments carried from scale to scale, iterates averaged with 0.99. The
    features are scaled to a mean of 0.5 for each layer, about what torchvision's weights have.
    """
    styles = [f"block{block}_conv1" for block in range(1, 6)]
    model = keras_vgg19(weights, [*styles, "block4_conv2"])
    probe = model(_preprocess(tf.constant(content[np.newaxis])))
    scales = [0.5 / float(tf.reduce_mean(f)) for f in probe]

    def features(x: tf.Tensor) -> list[tf.Tensor]:
        return [s * f for s, f in zip(scales, model(_preprocess(x)), strict=True)]

    def moments(f: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        flat = tf.reshape(f, [-1, f.shape[-1]])
        mean = tf.reduce_mean(flat, 0)
        second = tf.matmul(flat, flat, transpose_a=True) / tf.cast(tf.shape(flat)[0], tf.float32)
        return mean, second - mean[:, None] * mean + 1e-4 * tf.eye(f.shape[-1])

    sizes = [s for k in range(20) if (s := round(size / 2 ** (k / 2))) >= min(128, size)][::-1]
    start, done = time.perf_counter(), 0
    image = first = second = average = None
    for scale in sizes:
        shape = fit(content.shape, scale)
        base = tf.constant(resize(content, shape)[np.newaxis])
        painted = tf.constant(
            resize(style, fit(style.shape, min(scale, max(style.shape))))[np.newaxis]
        )
        *style_features, _ = features(painted)
        content_target = features(base)[-1]
        targets = [(m, c, _newton_schulz_root(c)) for m, c in map(moments, style_features)]
        if image is None:
            image, first, second = base, tf.zeros_like(base), tf.zeros_like(base)
        else:
            image = tf.clip_by_value(tf.image.resize(average, shape, "bicubic"), 0.0, 1.0)
            first = tf.image.resize(first, shape, "bicubic")
            second = tf.nn.relu(tf.image.resize(second, shape, "bilinear"))
        biased, weight = tf.zeros_like(image), 1.0

        @tf.function(reduce_retracing=False)
        def step(image, first, second, t, targets=targets, content_target=content_target):
            with tf.GradientTape() as tape:
                tape.watch(image)
                *found, deep = features(image)
                loss = content_factor * 0.015 * tf.reduce_mean((deep - content_target) ** 2)
                for share, f, (mean, cov, root) in zip(
                    (256, 64, 16, 4, 1), found, targets, strict=True
                ):
                    m, c = moments(f)
                    cross = _newton_schulz_root(root @ c @ root)
                    distance = tf.reduce_mean((m - mean) ** 2) + tf.linalg.trace(
                        cov + c - 2.0 * cross
                    ) / tf.cast(tf.size(m), tf.float32)
                    loss += share / 341 * distance
                loss += 2.0 * _nine_point_variation(image)
            g = tape.gradient(loss, image)
            first = 0.9 * first + 0.1 * g
            second = 0.99 * second + 0.01 * g**2
            unbiased = first / (1 - 0.9**t), tf.sqrt(second / (1 - 0.99**t))
            image = tf.clip_by_value(image - 0.02 * unbiased[0] / (unbiased[1] + 1e-8), 0.0, 1.0)
            return image, first, second, loss

        for k in range(1, (first_steps if scale == sizes[0] else steps) + 1):
            done += 1
            image, first, second, loss = step(image, first, second, tf.constant(float(done)))
            biased, weight = 0.99 * biased + 0.01 * image, 0.99 * weight
            average = tf.clip_by_value(biased / (1 - weight), 0.0, 1.0)
            if scale == sizes[-1] and (k % every == 0 or k == steps):
                yield Frame(done, time.perf_counter() - start, average.numpy()[0], float(loss))


def _nine_point_variation(image: tf.Tensor) -> tf.Tensor:
    x = tf.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    straight = tf.reduce_mean((x[:, 1:] - x[:, :-1]) ** 2)
    straight += tf.reduce_mean((x[:, :, 1:] - x[:, :, :-1]) ** 2)
    diagonal = tf.reduce_mean((x[:, 1:, 1:] - x[:, :-1, :-1]) ** 2)
    diagonal += tf.reduce_mean((x[:, 1:, :-1] - x[:, :-1, 1:]) ** 2)
    return 2.0 * (straight / 3.0 + diagonal / 12.0)
