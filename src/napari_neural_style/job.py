"""The input of the engine: plain records of numpy arrays."""

from __future__ import annotations

import zlib
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.control import Control, Guides
from napari_neural_style.look_network import LookNetwork
from napari_neural_style.progress import Steering, Update
from napari_neural_style.settings import Settings

__all__ = ["Begun", "Engine", "Job", "Place", "Region", "Style"]


@dataclass(frozen=True)
class Style:
    """A style image, or the part of one that a guide selects.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, 3)
        RGB in [0, 1].
    weight : float
        Its share in the blend, above 0, relative to the other styles of its region.
    guide : ndarray of float32, shape (h, w), optional
        Weight of each pixel, in [0, 1]; by default 1.
    """

    image: NDArray[np.float32]
    weight: float = 1.0
    guide: NDArray[np.float32] | None = None

    @property
    def pixels(self) -> NDArray[np.float32]:
        """The colours that the guide selects, as an array of shape (..., 3)."""
        return self.image if self.guide is None else self.image[self.guide > 0]


@dataclass(frozen=True)
class Region:
    """A part of the content, and the styles that are blended there.

    Parameters
    ----------
    styles : tuple of Style
    guide : ndarray of float32, shape (H, W), optional
        How far each pixel of the content belongs to the region, in [0, 1]; by default 1.
    """

    styles: tuple[Style, ...]
    guide: NDArray[np.float32] | None = None


class Place(NamedTuple):
    """Where a part of a larger picture lies, to be painted with a look as it would be in the whole.

    Parameters
    ----------
    row, column : int
        Of the first pixel to paint, in the whole; whole tiles, as
        `napari_neural_style.look_network.TILE` has them.
    above, below, left, right : int
        How many pixels around those to paint are there, for the look to see: its margin, or 0 at
        the border of the whole.
    """

    row: int = 0
    column: int = 0
    above: int = 0
    below: int = 0
    left: int = 0
    right: int = 0


class Begun(NamedTuple):
    """Where a run stood whose engine is no more, for another one to go on from.

    Parameters
    ----------
    step : int
        Steps done by then.
    image : ndarray of float32, shape (h, w, 3)
        The picture after them, RGB in [0, 1], at the size of its scale.
    seconds : float
        What they took.
    """

    step: int
    image: NDArray[np.float32]
    seconds: float = 0.0


@dataclass(frozen=True)
class Job:
    """One stylisation.

    Parameters
    ----------
    content : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1], at any size; the engine resizes it to its working size.
    style : ndarray of float32, shape (h, w, 3), or tuple of Region
        One style for the whole content, or which styles go where. Outside all regions the content
        is kept, but for a few pixels around them.
    settings : Settings
    init : ndarray of float32, shape (H, W, 3), optional
        The image to start from, needed when ``settings.init == "image"``.
    anchor : ndarray of float32, shape (h, w, 3), optional
        A picture to stay close to, RGB in [0, 1], at any size: for a film, the painting of the
        previous frame, warped by optical flow. Its weight is ``settings.temporal_weight``.
    anchor_weight : ndarray of float32, shape (h, w), optional
        Weight of each pixel of the anchor, in [0, 1]: the validity of the flow; by default 1.
    steering : tuple of (int, dict of str to float)
        Settings that change during the run, each with the number of steps done by then: how an
        earlier run was steered, to repeat it.
    look : LookNetwork, optional
        In place of a style: a network that paints the content at once, in one step.
    place : Place, optional
        For a look: where the content lies in a larger picture of which it is a part.
    graded : bool
        Whether the guides of the content's regions are strengths: where they are less than 1, the
        content is held more firmly, rather than that less of the place belongs to the region.
    begun : Begun, optional
        How far it has been done already: the first steps are left out, and the others are those
        that they would have been.
    """

    content: NDArray[np.float32]
    style: NDArray[np.float32] | tuple[Region, ...]
    settings: Settings = field(default_factory=Settings)
    init: NDArray[np.float32] | None = None
    anchor: NDArray[np.float32] | None = None
    anchor_weight: NDArray[np.float32] | None = None
    steering: Steering = ()
    look: LookNetwork | None = None
    place: Place | None = None
    graded: bool = False
    begun: Begun | None = None

    @property
    def regions(self) -> tuple[Region, ...]:
        """Which styles go where; a single style is one region that covers everything."""
        return self.style if isinstance(self.style, tuple) else (Region((Style(self.style),)),)

    @property
    def guided(self) -> bool:
        """Whether there are several regions, or any region or style has a guide."""
        guides = [region.guide for region in self.regions]
        guides += [style.guide for region in self.regions for style in region.styles]
        return len(self.regions) != 1 or any(guide is not None for guide in guides)

    def guided_by(self, guides: Guides) -> Job:
        """Return the job with other guides of its regions, one for each."""
        regions = tuple(
            replace(region, guide=guide) for region, guide in zip(self.regions, guides, strict=True)
        )
        return replace(self, style=regions)

    @property
    def arrays(self) -> list[NDArray[np.float32]]:
        """All pictures, masks and guides that go in."""
        styles = [style for region in self.regions for style in region.styles]
        found = [self.content, self.init, self.anchor, self.anchor_weight]
        found += [region.guide for region in self.regions]
        found += [array for style in styles for array in (style.image, style.guide)]
        return [array for array in found if array is not None]

    def fingerprint(self) -> str:
        """Return a checksum of all images and weights, to tell whether the inputs changed."""
        checksum = 0  # CRC-32: five times as fast as a cryptographic hash

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
        if self.graded:
            checksum = zlib.crc32(b"graded", checksum)
        if self.look:
            checksum = zlib.crc32(self.look.fingerprint.encode(), checksum)
        return f"{checksum:08x}"


@runtime_checkable
class Engine(Protocol):
    """Anything that can do a job: the engine process, or a replacement.

    Runs of one engine line up, so an engine is hashable and takes weak references.

    Examples
    --------
    >>> from napari_neural_style.process import engine_process
    >>> isinstance(engine_process(), Engine)
    True
    """

    def warm_up(self) -> None:
        """Begin the slow part of starting up, and return at once."""

    def stylize_steps(
        self, job: Job, control: Control | None = None
    ) -> Generator[Update | None, None, None]:
        """Stylise step by step, as `napari_neural_style.engine.stylize_steps` does.

        Parameters
        ----------
        job : Job
        control : Control, optional
            Lets another thread pause, steer or cancel the run.

        Yields
        ------
        Progress, Notice or None
            None when there is nothing new, so that the caller never waits long.
        """
        ...
