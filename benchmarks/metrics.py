"""How good a stylised picture is, by features it was not optimised on, and by its pixels.

All figures are relative, lower is better unless said otherwise:

=========  =========================================================================================
paint      Gaussian Wasserstein-2 distance to the style at layers that no recipe optimises, over the
           style's second moment; mean over full, half and quarter size. It orders pictures as the
           eye does.
patches    sliced Wasserstein distance of 7 x 7 pixel patches to the style's, over the style's own
           deviations; mean over full, half and quarter size (0 is the same, a photograph has about
           1). No network has a part in it. It sees palette and contrast, not shapes: a picture can
           only fail it.
edges      1 - SSIM of the luminances: how much of the content's structure is gone.
content    squared feature distance to the content at block3_conv4, over the content's energy.
structure  how much of the content's self-similarity is gone: at block3_conv1, for each of some
           places, the Kullback-Leibler divergence between what it is like in the content and in the
           picture (softmax of cosines; the CFSD of J. Chung et al., "Style Injection in Diffusion",
           arXiv:2312.09008, here with a temperature of 0.1).
hf         energy in the top octave, over the style's (1 is right).
checker    energy at the Nyquist corners of the spectrum, over their neighbours (1 is none).
border     distance of the 8 px frame's colours and contrast to those of the 8 px inside it, in
           deviations of the picture (0 is none).
=========  =========================================================================================
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from skimage.metrics import structural_similarity

from napari_neural_style.engine.losses import Transport, moments, wasserstein_loss
from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.pictures.images import FloatImage, fit, resize

__all__ = ["TOLD", "Judge"]

#: What comparisons of style losses print, in this order.
TOLD = ("paint", "patches", "edges", "content", "structure", "hf", "checker")

_HELD_OUT = ("block1_conv2", "block2_conv2", "block3_conv2", "block3_conv4")
_CONTENT = "block3_conv4"
_STRUCTURE = "block3_conv1"
_LUMINANCE = np.array([0.299, 0.587, 0.114])
_FRAME = 8
_PATCH = 7
_SLICES = 64
_LEVELS = np.linspace(0.0, 1.0, 257)


class Judge:
    """Judges pictures with the first three blocks of VGG19.

    Parameters
    ----------
    weights : VGGWeights
        Trained ones, or the figures mean nothing.
    """

    def __init__(self, weights: VGGWeights) -> None:
        self._network = VGG19(weights, pooling="max", padding="edge")

    def __call__(
        self, picture: FloatImage, content: FloatImage, style: FloatImage
    ) -> dict[str, float]:
        """Return the figures of a picture; content and style are brought to its size."""
        content = resize(content, picture.shape[:2])
        style = resize(style, fit(style.shape, min(max(picture.shape[:2]), max(style.shape[:2]))))
        scales = [
            [resize(i, fit(i.shape, max(i.shape[:2]) // k)) for i in (picture, style)]
            for k in (1, 2, 4)
        ]
        found, wanted = (self._features(i)[_CONTENT] for i in (picture, content))
        grey = content @ _LUMINANCE, picture @ _LUMINANCE
        ssim = structural_similarity(*grey, gaussian_weights=True, sigma=1.5, data_range=1.0)
        return {
            "paint": float(np.mean([self._style_distance(*pair) for pair in scales])),
            "patches": float(np.mean([_patch_distance(*pair) for pair in scales])),
            "edges": float(1 - ssim),
            "content": float(tf.reduce_sum((found - wanted) ** 2) / tf.reduce_sum(wanted**2)),
            "structure": self._structure_lost(picture, content),
            "hf": _top_octave(picture) / _top_octave(style),
            "checker": _checker(picture),
            "border": _border(picture),
        }

    def _features(self, image: FloatImage) -> dict[str, tf.Tensor]:
        return self._network(tf.constant(image[np.newaxis]), _HELD_OUT)

    def _structure_lost(self, picture: FloatImage, content: FloatImage) -> float:
        def likeness(image: FloatImage) -> tf.Tensor:
            found = self._network(tf.constant(image[np.newaxis]), [_STRUCTURE])[_STRUCTURE]
            some = tf.reshape(tf.image.resize(found, (32, 32), "area"), [32 * 32, -1])
            directions = some / (tf.norm(some, axis=1, keepdims=True) + 1e-6)
            return tf.nn.log_softmax(tf.matmul(directions, directions, transpose_b=True) / 0.1)

        wanted, there = likeness(content), likeness(picture)
        return float(tf.reduce_mean(tf.reduce_sum(tf.exp(wanted) * (wanted - there), 1)))

    def _style_distance(self, picture: FloatImage, style: FloatImage) -> float:
        found, wanted = self._features(picture), self._features(style)
        distances = []
        for layer in _HELD_OUT:
            now = moments(found[layer])
            target = Transport(moments(wanted[layer]))(now)
            distances.append(float(wasserstein_loss(now, target, relative=True)))
        return float(np.mean(distances))


def _patch_distance(picture: FloatImage, style: FloatImage) -> float:
    """Return the sliced Wasserstein distance of patches.

    A distribution of patches is told by its projections on random directions (Pitié, Kokaram and
    Dahyot 2005; Bonneel et al. 2015). On a line the distance is the mean difference of quantiles,
    here over the deviation of the style's projection. Half of the directions are blind to a patch's
    mean colour, which otherwise hides all that is finer.
    """
    directions = np.random.default_rng(0).normal(size=(_PATCH, _PATCH, 3, _SLICES))
    directions[..., ::2] -= directions[..., ::2].mean((0, 1), keepdims=True)
    directions = tf.constant(directions / np.linalg.norm(directions.reshape(-1, _SLICES), axis=0))
    found, wanted = (
        tf.reshape(
            tf.nn.conv2d(tf.cast(i[np.newaxis], directions.dtype), directions, 1, "VALID"),
            [-1, _SLICES],
        ).numpy()
        for i in (picture, style)
    )
    gaps = np.abs(np.quantile(found, _LEVELS, axis=0) - np.quantile(wanted, _LEVELS, axis=0))
    return float(np.mean(gaps.mean(0) / (wanted.std(0) + 1e-3)))


def _spectrum(image: FloatImage) -> tuple[np.ndarray, np.ndarray]:
    grey = image @ _LUMINANCE
    grey = (grey - grey.mean()) * np.outer(*(np.hanning(side) for side in grey.shape))
    power = np.abs(np.fft.fft2(grey)) ** 2 / grey.size
    radius = np.hypot(np.fft.fftfreq(grey.shape[0])[:, None], np.fft.fftfreq(grey.shape[1])[None])
    return power, radius


def _top_octave(image: FloatImage) -> float:
    power, radius = _spectrum(image)
    return float(power[radius > 0.25].mean())


def _checker(image: FloatImage) -> float:
    power, radius = _spectrum(image)
    height, width = power.shape
    corners = [power[height // 2, width // 2], power[height // 2, 0], power[0, width // 2]]
    return float(np.mean(corners) / power[np.abs(radius - 0.5) < 0.04].mean())


def _border(image: FloatImage) -> float:
    def ring(inset: int) -> FloatImage:
        inner = image[inset : image.shape[0] - inset, inset : image.shape[1] - inset]
        mask = np.ones(inner.shape[:2], bool)
        mask[_FRAME:-_FRAME, _FRAME:-_FRAME] = False
        return inner[mask]

    frame, inside = ring(0), ring(_FRAME)
    shift = np.abs(frame.mean(0) - inside.mean(0)).mean()
    contrast = np.abs(frame.std(0) - inside.std(0)).mean()
    return float((shift + contrast) / image.std())
