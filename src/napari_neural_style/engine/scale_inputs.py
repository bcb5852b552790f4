"""A job at one scale: content, styles, regions and anchor as tensors of that size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.guides import free_mask
from napari_neural_style.engine.margins import Margins, as_tensor
from napari_neural_style.engine.targets import Anchor, StyleInput
from napari_neural_style.job import Job, Style
from napari_neural_style.pictures.images import FloatImage, fit, resize

__all__ = ["ScaleInputs", "style_shape"]

#: A style is not shrunk below this: its deepest feature maps would have no statistics left.
_SMALLEST_STYLE = 64
#: Nor is it enlarged more than this, which would only blur it ...
_MOST_ENLARGED = 2.0
#: ... nor beyond this by `style_scale`, for the sake of memory.
_LARGEST_STYLE = 2048


@dataclass(frozen=True)
class ScaleInputs:
    """What a run works with at one scale, with the margins around the picture.

    Parameters
    ----------
    image : ndarray of float32, shape (height, width, 3)
        The content as the job has it.
    margins : Margins
    regions : tuple of tuple of StyleInput
        For each region, the styles that are blended there.
    guides : tuple of tensor of float32, shape (1, H, W, 1)
        How far each pixel belongs to each region; none where there is but one, of everything.
    anchors : tuple of Anchor
        One, or none.
    """

    image: FloatImage
    margins: Margins
    regions: tuple[tuple[StyleInput, ...], ...]
    guides: tuple[tf.Tensor, ...]
    anchors: tuple[Anchor, ...]

    @classmethod
    def of(cls, job: Job, margins: Margins, size: int, *, anchored: bool) -> ScaleInputs:
        """Return the inputs of a job; `size` is the longest side of the picture."""
        regions = tuple(
            tuple(_style_input(style, size, job) for style in region.styles)
            for region in job.regions
        )
        anchors = (_anchor(job, margins),) if anchored else ()
        return cls(job.content, margins, regions, _guides(job, margins), anchors)

    def guided_by(self, job: Job) -> ScaleInputs:
        """Return the same with the guides that the regions of the job have now."""
        return replace(self, guides=_guides(job, self.margins))

    @property
    def content(self) -> NDArray[np.float32]:
        """The content at this scale, of shape (1, H, W, 3); made anew, for it is seldom needed."""
        return self.margins.padded(resize(self.image, self.margins.shape))

    @property
    def free(self) -> tuple[tf.Tensor, ...]:
        """What may change, as `free_mask` returns it."""
        return free_mask(self.guides)

    def kept(self, image: tf.Tensor) -> tf.Tensor:
        """Return an image with the content wherever there is no region."""
        for free in self.free:
            content = self.content
            image = content + free * (image - content)
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


def _style_input(style: Style, size: int, job: Job) -> StyleInput:
    shape = style_shape(style.image.shape, size, job.settings.style_scale)
    image = as_tensor(resize(style.image, shape))
    if not job.guided:
        return StyleInput(image, style.weight)
    guide = as_tensor(_guide(style.guide, style.image.shape, shape))
    return StyleInput(image, style.weight, (guide,))


def _guides(job: Job, margins: Margins) -> tuple[tf.Tensor, ...]:
    if not job.guided:
        return ()
    guides = [_guide(region.guide, job.content.shape, margins.shape) for region in job.regions]
    return tuple(map(margins.pad, guides))


def _guide(
    guide: NDArray[np.float32] | None, whole: tuple[int, ...], shape: tuple[int, int]
) -> NDArray[np.float32]:
    if guide is None:
        guide = np.ones(whole[:2], np.float32)
    return resize(guide[..., np.newaxis], shape)


def _anchor(job: Job, margins: Margins) -> Anchor:
    assert job.anchor is not None
    weight = _guide(job.anchor_weight, job.anchor.shape, margins.shape)
    return Anchor(*map(margins.pad, (resize(job.anchor, margins.shape), weight)))
