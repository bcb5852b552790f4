"""What is asked of the engine: plain records of numpy arrays."""

from __future__ import annotations

import zlib
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.control import Control
from napari_neural_style.progress import Steering, Update
from napari_neural_style.settings import Settings

__all__ = ["Engine", "Job", "Region", "Style"]


@dataclass(frozen=True)
class Style:
    """A style image, or a part of one, among others.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, 3)
        RGB in [0, 1].
    weight : float
        Its share in the blend, above 0, in proportion to the others of its region.
    guide : ndarray of float32, shape (h, w), optional
        How far each pixel counts, in [0, 1]; without it, all count in full.
    """

    image: NDArray[np.float32]
    weight: float = 1.0
    guide: NDArray[np.float32] | None = None

    @property
    def pixels(self) -> NDArray[np.float32]:
        """The colours that count, as an array of the shape (..., 3)."""
        return self.image if self.guide is None else self.image[self.guide > 0]


@dataclass(frozen=True)
class Region:
    """A part of the content, and the styles that are blended there.

    Parameters
    ----------
    styles : tuple of Style
    guide : ndarray of float32, shape (H, W), optional
        How far each pixel of the content belongs to it, in [0, 1]; without it, all do in full.
    """

    styles: tuple[Style, ...]
    guide: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Job:
    """One stylisation.

    Parameters
    ----------
    content : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1], at any size; the engine brings it to the size it works at.
    style : ndarray of float32, shape (h, w, 3), or tuple of Region
        One style for the whole content, or which styles go where. What belongs to no region stays
        as it is in the content, but for a few pixels around the regions.
    settings : Settings
    init : ndarray of float32, shape (H, W, 3), optional
        The image to start from, needed when ``settings.init == "image"``.
    anchor : ndarray of float32, shape (h, w, 3), optional
        A picture to stay close to, RGB in [0, 1], at any size: for a film, the painting of the
        frame before, moved along by optical flow. How firmly, ``settings.temporal_weight`` says.
    anchor_weight : ndarray of float32, shape (h, w), optional
        How far each pixel of the anchor can be relied upon, in [0, 1]: the validity of the flow.
        Without it, every pixel counts in full.
    steering : tuple of (int, dict of str to float)
        Settings that change on the way, each with the number of steps that are done by then: how
        an earlier run was steered, to repeat it.
    """

    content: NDArray[np.float32]
    style: NDArray[np.float32] | tuple[Region, ...]
    settings: Settings = field(default_factory=Settings)
    init: NDArray[np.float32] | None = None
    anchor: NDArray[np.float32] | None = None
    anchor_weight: NDArray[np.float32] | None = None
    steering: Steering = ()

    @property
    def regions(self) -> tuple[Region, ...]:
        """Which styles go where: one region of everything, if there is one style."""
        return self.style if isinstance(self.style, tuple) else (Region((Style(self.style),)),)

    @property
    def guided(self) -> bool:
        """Whether any region, or any style, is less than the whole image."""
        guides = [region.guide for region in self.regions]
        guides += [style.guide for region in self.regions for style in region.styles]
        return len(self.regions) != 1 or any(guide is not None for guide in guides)

    @property
    def arrays(self) -> list[NDArray[np.float32]]:
        """All pictures, masks and guides that go in."""
        styles = [style for region in self.regions for style in region.styles]
        found = [self.content, self.init, self.anchor, self.anchor_weight]
        found += [region.guide for region in self.regions]
        found += [array for style in styles for array in (style.image, style.guide)]
        return [array for array in found if array is not None]

    def fingerprint(self) -> str:
        """Return a short text that is another one, in all likelihood, if any pixel is."""
        checksum = 0  # CRC-32: large pictures take a tenth of a second, not half of one

        def add(array: NDArray[np.float32] | None, weight: float = 1.0) -> None:
            nonlocal checksum
            shape = None if array is None else array.shape
            checksum = zlib.crc32(repr((shape, float(weight))).encode(), checksum)
            if array is not None:
                checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)

        for array in (self.content, self.init, self.anchor, self.anchor_weight):
            add(array)
        for region in self.regions:
            add(region.guide)
            for style in region.styles:
                add(style.image, style.weight)
                add(style.guide)
        return f"{checksum:08x}"


class Engine(Protocol):
    """Whatever can do a job: the engine process, or another in its place."""

    def warm_up(self) -> None:
        """Start what takes a while to start, without waiting for it."""

    def stylize_steps(
        self, job: Job, control: Control | None = None
    ) -> Generator[Update | None, None, None]:
        """Stylise, step by step, as `napari_neural_style.engine.stylize_steps`.

        Yields
        ------
        Progress, Notice or None
            None whenever there is nothing new, so that the caller is never held for long.
        """
        ...
