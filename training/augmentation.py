"""Crops as the network sees them: turned, scaled, recoloured, blurred and noisy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import tensorflow as tf
from material import PATCH

__all__ = ["CROP", "Augmentation"]

#: Side of a training crop.
CROP = 64


@dataclass(frozen=True)
class Augmentation:
    """How far crops stray from their patches.

    Parameters
    ----------
    noise : float
        Largest standard deviation of the Gaussian noise, on the scale 0 to 1. Each crop draws its
        own between 0 and this.
    turn : float
        Largest rotation in degrees, either way.
    zoom : float
        Largest factor of enlargement or reduction.
    blur : float
        Share of crops that are blurred.
    colour : float
        Strength of the change of contrast, brightness and colour.
    """

    noise: float = 45 / 255
    turn: float = 30.0
    zoom: float = 1.4
    blur: float = 0.25
    colour: float = 0.25

    def __call__(self, patches: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return crops without and with noise.

        Parameters
        ----------
        patches : tensor of uint8, shape (B, PATCH, PATCH, 3)
        seed : tensor of int32, shape (2,)

        Returns
        -------
        clean, noisy : tensor of float32, shape (B, CROP, CROP, 3)
            RGB, about 0 to 1. Both have the same geometry and colours.
        """
        seeds = tf.unstack(tf.random.split(seed, 8), num=8)
        count = tf.shape(patches)[0]
        x = tf.cast(patches, tf.float32) / 255.0
        x = self._geometry(x, count, seeds[0])
        x = self._blurred(x, count, seeds[1])
        clean = self._recoloured(x, count, seeds[2])
        sigma = tf.random.stateless_uniform([count, 1, 1, 1], seeds[3]) * self.noise
        # Some noise is coarser than a pixel: a network that sees through grain makes no speckle.
        grain = tf.random.stateless_normal(tf.shape(clean), seeds[4])
        coarse = tf.random.stateless_normal([count, CROP // 2, CROP // 2, 3], seeds[5])
        coarse = tf.repeat(tf.repeat(coarse, 2, 1), 2, 2)
        pick = tf.random.stateless_uniform([count, 1, 1, 1], seeds[6]) < 0.25
        return clean, clean + sigma * tf.where(pick, coarse, grain)

    def _geometry(self, x: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        draws = tf.random.stateless_uniform([6, count], seed, -1.0, 1.0)
        angle = draws[0] * math.radians(self.turn)
        zoom = tf.exp(draws[1] * math.log(self.zoom))
        aspect = tf.exp(draws[2] * 0.15)
        flip = tf.where(draws[3] < 0, -1.0, 1.0)
        cos, sin = tf.cos(angle), tf.sin(angle)
        a, b = cos * zoom * aspect * flip, -sin * zoom / aspect
        c, d = sin * zoom * aspect * flip, cos * zoom / aspect
        # Output pixel (x, y) is taken from the patch at (a x + b y + e, c x + d y + f).
        middle, half = (PATCH - 1) / 2, (CROP - 1) / 2
        e = middle - (a + b) * half + draws[4] * 8
        f = middle - (c + d) * half + draws[5] * 8
        zero = tf.zeros_like(a)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=x,
            transforms=tf.stack([a, b, e, c, d, f, zero, zero], 1),
            output_shape=[CROP, CROP],
            interpolation="BILINEAR",
            fill_mode="REFLECT",
            fill_value=0.0,
        )

    def _blurred(self, x: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        soft = tf.nn.avg_pool2d(padded, 3, 1, "VALID")
        pick = tf.random.stateless_uniform([count, 1, 1, 1], seed) < self.blur
        return tf.where(pick, soft, x)

    def _recoloured(self, x: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        draws = tf.random.stateless_normal([8, count, 1, 1, 1], seed)
        contrast = tf.exp(draws[0] * self.colour)
        saturation = tf.exp(draws[1] * self.colour)
        cast = tf.concat([draws[2], draws[3], draws[4]], -1) * 0.06 + draws[5] * 0.08
        grey = tf.reduce_mean(x, -1, keepdims=True)
        level = tf.reduce_mean(x, [1, 2], keepdims=True)
        x = grey + (x - grey) * saturation
        return tf.clip_by_value(level + (x - level) * contrast + cast, 0.0, 1.0)
