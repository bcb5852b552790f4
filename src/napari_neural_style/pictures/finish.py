"""From what the engine paints to the picture that is wanted: colours, size, mask."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.pictures.colour import (
    Palette,
    grey,
    is_grey,
    recoloured,
    to_oklab,
    with_brightness,
)
from napari_neural_style.pictures.images import FloatImage, resize
from napari_neural_style.pictures.upsample import Upsampler
from napari_neural_style.settings import Settings

__all__ = ["Finish"]


class Finish:
    """Completes the pictures of one job; previews and the result alike.

    Parameters
    ----------
    content : ndarray of float32, shape (H, W, 3)
        The content as it was given, RGB in [0, 1].
    settings : Settings
    mask : ndarray of float32, shape (H, W), optional
        How much of the painting to show, in [0, 1]; where it is 0 the content stays exactly.
    visible : ndarray of bool, shape (H, W), optional
        Which pixels of the content can be seen: the others have no part in its palette.
    """

    def __init__(
        self,
        content: FloatImage,
        settings: Settings,
        mask: FloatImage | None = None,
        visible: NDArray[np.bool_] | None = None,
    ) -> None:
        self._visible = visible
        self._content = content
        self._settings = settings
        self._mask = mask
        self._upsample = Upsampler(content)

    def __call__(self, image: FloatImage) -> FloatImage:
        """Return a picture of the engine's as the user shall see it.

        Parameters
        ----------
        image : ndarray of float32, shape (h, w, 3)
            RGB in [0, 1].

        Returns
        -------
        ndarray of float32, shape (H, W, 3)
            RGB in [0, 1], at the content's size; or at the size of `image`, if
            ``settings.result_size`` is ``"painted"``.
        """
        color, strength = self._settings.color, np.float32(self._settings.color_strength)
        if color == "content" and strength:
            image = image + strength * (self._in_its_colours(image) - image)
        content, mask = self._content, self._mask
        if self._settings.result_size == "content":
            image = self._upsample(image)
        else:
            content = resize(content, image.shape[:2])
            mask = None if mask is None else resize(mask[..., np.newaxis], image.shape[:2])[..., 0]
        if color == "luminance" and strength:
            image = image + strength * (with_brightness(content, image) - image)
        if mask is not None:
            # In this form, a share of 0 or 1 leaves nothing of the other.
            share = mask[..., np.newaxis]
            image = (1 - share) * content + share * image
        return image

    def masked(self, mask: FloatImage | None) -> Finish:
        """Return the same with another mask."""
        return Finish(self._content, self._settings, mask, self._visible)

    @property
    def arrays(self) -> list[FloatImage]:
        """What it needs of the content for as long as it is there."""
        return [self._content] if self._mask is None else [self._content, self._mask]

    def release(self) -> None:
        """Free what is kept from picture to picture."""
        self._upsample.release()

    def _in_its_colours(self, image: FloatImage) -> FloatImage:
        """Return an image in the colours of the content; within the mask, if there is one."""
        own = None if self._mask is None else image[self._mask_at(image.shape[:2])]
        matched = recoloured(image, self._palette, own)
        return grey(matched) if self._grey else matched

    def _mask_at(self, shape: tuple[int, int]) -> FloatImage:
        assert self._mask is not None
        small = resize(self._mask[..., np.newaxis], shape)[..., 0]
        return np.asarray(small >= min(0.5, float(small.max())))

    @cached_property
    def _palette(self) -> Palette:
        there = None if self._mask is None else self._mask > 0
        if self._visible is not None:
            seen = self._visible if there is None else there & self._visible
            there = seen if seen.any() else there
        return Palette.of(to_oklab(self._content if there is None else self._content[there]))

    @cached_property
    def _grey(self) -> bool:
        return is_grey(self._content)
