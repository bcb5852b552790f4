"""Crops as the networks see them: moved, mixed, recoloured, blurred, grainy and with checks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import tensorflow as tf
from material import PATCH

__all__ = ["Augmentation"]


@dataclass(frozen=True)
class Augmentation:
    """How far crops stray from their patches.

    Teacher and student see the same crop, so whatever is done to it is allowed: the student has to
    see as the teacher does wherever the optimisation of a picture may go.

    Parameters
    ----------
    crop : int
        Side of a crop in pixels.
    turned : float
        Share of crops that are turned, scaled and stretched; the others keep their pixels.
    mixed : float
        Share of crops that get a share of another one.
    recoloured : float
        Share of crops with other contrast, brightness, saturation, cast and order of channels.
    blurred, grainy, checked : float
        Share of crops that are blurred, get noise, or get one-pixel stripes or checks.
    noise, checks : float
        Largest deviation of the noise, and largest amplitude of the checks, on the scale 0 to 1.
    """

    crop: int = 64
    turned: float = 0.4
    mixed: float = 0.2
    recoloured: float = 0.6
    blurred: float = 0.1
    grainy: float = 0.5
    checked: float = 0.15
    noise: float = 45 / 255
    checks: float = 30 / 255

    def __call__(self, patches: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return crops: RGB of float32, 0 to 1, shape (B, crop, crop, 3).

        Parameters
        ----------
        patches : tensor of uint8, shape (B, PATCH, PATCH, 3)
        seed : tensor of int32, shape (2,)
        """
        seeds = tf.unstack(tf.random.split(seed, 6), num=6)
        x = tf.cast(patches, tf.float32) / 255.0
        x = self._moved(x, seeds[0])
        x = self._mixture(x, seeds[1])
        x = self._softened(x, seeds[2])
        x = self._in_other_colours(x, seeds[3])
        x = self._with_grain(x, seeds[4])
        return tf.clip_by_value(self._with_checks(x, seeds[5]), 0.0, 1.0)

    def _moved(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        count = tf.shape(x)[0]
        draws = tf.random.stateless_uniform([7, count], seed, -1.0, 1.0)
        turn = draws[6] < 2 * self.turned - 1
        quarter = tf.floor(draws[0] * 2) * (math.pi / 2)
        angle = tf.where(turn, draws[0] * math.pi, quarter)
        zoom = tf.where(turn, tf.exp(draws[1] * math.log(1.4)), 1.0)
        aspect = tf.where(turn, tf.exp(draws[2] * 0.15), 1.0)
        flip = tf.where(draws[3] < 0, -1.0, 1.0)
        cos, sin = tf.cos(angle), tf.sin(angle)
        a, b = cos * zoom * aspect * flip, -sin * zoom / aspect
        c, d = sin * zoom * aspect * flip, cos * zoom / aspect
        # Output pixel (x, y) is taken from the patch at (a x + b y + e, c x + d y + f).
        middle, half = (PATCH - 1) / 2, (self.crop - 1) / 2
        reach = (PATCH - self.crop) // 2
        e = middle - (a + b) * half + tf.round(draws[4] * reach)
        f = middle - (c + d) * half + tf.round(draws[5] * reach)
        zero = tf.zeros_like(a)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=x,
            transforms=tf.stack([a, b, e, c, d, f, zero, zero], 1),
            output_shape=[self.crop, self.crop],
            interpolation="BILINEAR",
            fill_mode="REFLECT",
            fill_value=0.0,
        )

    def _mixture(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        share = _draws(seed, 1, x, 0.3, 0.7)[0]
        return tf.where(_some(seed, x, self.mixed), x + share * (tf.roll(x, 1, 0) - x), x)

    def _softened(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        soft = tf.nn.avg_pool2d(padded, 3, 1, "VALID")
        return tf.where(_some(seed, x, self.blurred), soft, x)

    def _in_other_colours(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        draws = tf.random.stateless_normal([6, tf.shape(x)[0], 1, 1, 1], seed)
        shuffle = tf.random.stateless_uniform([tf.shape(x)[0], 3], seed + 1)
        shuffled = tf.gather(x, tf.argsort(shuffle), axis=3, batch_dims=1)
        y = tf.where(draws[0] < -0.25, shuffled, x)  # two fifths
        grey = tf.reduce_mean(y, -1, keepdims=True)
        y = grey + (y - grey) * tf.exp(0.5 * draws[1])
        level = tf.reduce_mean(y, [1, 2], keepdims=True)
        cast = 0.06 * tf.random.stateless_normal([tf.shape(x)[0], 1, 1, 3], seed + 2)
        y = level + (y - level) * tf.exp(0.45 * draws[2]) + cast + 0.06 * draws[3]
        return tf.where(_some(seed, x, self.recoloured), y, x)

    def _with_grain(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        fine = tf.random.stateless_normal(tf.shape(x), seed)
        coarse = tf.repeat(tf.repeat(fine[:, ::2, ::2], 2, 1), 2, 2)[:, : self.crop, : self.crop]
        draws = _draws(seed, 3, x)
        grain = tf.where(draws[0] < 0.4, coarse, fine)
        # A third is grey: grain as film has it.
        grain = tf.where(draws[1] < 0.33, 1.5 * tf.reduce_mean(grain, -1, keepdims=True), grain)
        return x + tf.where(_some(seed, x, self.grainy), self.noise * draws[2] * grain, 0.0)

    def _with_checks(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        sign = tf.where(tf.range(self.crop) % 2 == 0, 1.0, -1.0)
        rows, columns = sign[:, tf.newaxis, tf.newaxis], sign[:, tf.newaxis]
        kind, strength = _draws(seed, 2, x)
        waves = tf.where(kind < 1 / 3, rows, tf.where(kind < 2 / 3, columns, rows * columns))
        colour = tf.random.stateless_uniform([tf.shape(x)[0], 1, 1, 3], seed, -1.0, 1.0)
        checks = self.checks * strength * colour * waves
        return x + tf.where(_some(seed, x, self.checked), checks, 0.0)


def _draws(
    seed: tf.Tensor, count: int, x: tf.Tensor, low: float = 0.0, high: float = 1.0
) -> list[tf.Tensor]:
    """Return uniform numbers, one for each crop."""
    shape = [count, tf.shape(x)[0], 1, 1, 1]
    return tf.unstack(tf.random.stateless_uniform(shape, seed + 7, low, high), num=count)


def _some(seed: tf.Tensor, x: tf.Tensor, share: float) -> tf.Tensor:
    return tf.random.stateless_uniform([tf.shape(x)[0], 1, 1, 1], seed + 3) < share
