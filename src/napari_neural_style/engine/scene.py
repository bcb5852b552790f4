"""A job at one scale: content, styles, regions and anchor as tensors of that size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.canvas import Canvas, as_tensor
from napari_neural_style.engine.guides import within
from napari_neural_style.engine.targets import Anchor, Source
from napari_neural_style.job import Job, Style
from napari_neural_style.pictures.images import fit, resize

__all__ = ["Scene", "style_shape"]

#: A style is not shrunk below this: its deepest feature maps would have no statistics left.
_SMALLEST_STYLE = 64
#: Nor is it enlarged more than this, which would only blur it ...
_MOST_ENLARGED = 2.0
#: ... nor beyond this by `style_scale`, for the sake of memory.
_LARGEST_STYLE = 2048


@dataclass(frozen=True)
class Scene:
    """What a run works with at one scale.

    Parameters
    ----------
    content : tensor of float32, shape (1, H, W, 3)
    regions : tuple of tuple of Source
        For each region, the styles that are blended there.
    guides : tuple of tensor of float32, shape (1, H, W, 1)
        How far each pixel belongs to each region; none where there is but one, of everything.
    anchors : tuple of Anchor
        One, or none.
    """

    content: tf.Tensor
    regions: tuple[tuple[Source, ...], ...]
    guides: tuple[tf.Tensor, ...]
    anchors: tuple[Anchor, ...]

    @classmethod
    def of(cls, job: Job, canvas: Canvas, size: int, *, anchored: bool) -> Scene:
        """Return the scene of a job on a canvas; `size` is the longest side of the picture."""
        content = canvas.stretched(resize(job.content, canvas.shape))
        regions = tuple(
            tuple(_source(style, size, job.settings.style_scale, job.guided) for style in r.styles)
            for r in job.regions
        )
        guides = [_guide(region.guide, job.content.shape, canvas.shape) for region in job.regions]
        return cls(
            content,
            regions,
            tuple(map(canvas.stretched, guides)) if job.guided else (),
            (_anchor(job, canvas),) if anchored else (),
        )

    @property
    def free(self) -> tuple[tf.Tensor, ...]:
        """What may change, as `within` returns it."""
        return within(self.guides)

    def kept(self, image: tf.Tensor) -> tf.Tensor:
        """Return an image with the content wherever there is no region."""
        for free in self.free:
            image = self.content + free * (image - self.content)
        return image


def style_shape(shape: tuple[int, ...], size: int, scale: float) -> tuple[int, int]:
    """Return height and width that a style image is brought to.

    At a scale of 1 its longest side is that of the picture, or its own if that is less; other
    scales make it, and so its strokes, larger or smaller in proportion, as far as there is sense
    in it: at least 64 pixels where it has them, at most twice its own size and 2048 pixels.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the style image as it is.
    size : int
        Longest side of the picture, in pixels.
    scale : float
        `Settings.style_scale`.
    """
    own = max(shape[:2])
    plain = min(size, own)
    least = min(plain, _SMALLEST_STYLE)
    most = max(plain, min(_MOST_ENLARGED * own, _LARGEST_STYLE))
    return fit(shape, round(min(max(scale * plain, least), most)))


def _source(style: Style, size: int, scale: float, guided: bool) -> Source:
    shape = style_shape(style.image.shape, size, scale)
    image = as_tensor(resize(style.image, shape))
    if not guided:
        return Source(image, style.weight)
    guide = as_tensor(_guide(style.guide, style.image.shape, shape))
    return Source(image, style.weight, (guide,))


def _guide(
    guide: NDArray[np.float32] | None, whole: tuple[int, ...], shape: tuple[int, int]
) -> NDArray[np.float32]:
    if guide is None:
        guide = np.ones(whole[:2], np.float32)
    return resize(guide[..., np.newaxis], shape)


def _anchor(job: Job, canvas: Canvas) -> Anchor:
    assert job.anchor is not None
    weight = _guide(job.anchor_weight, job.anchor.shape, canvas.shape)
    return Anchor(*map(canvas.stretched, (resize(job.anchor, canvas.shape), weight)))
