"""What a run will need, before it starts: memory, time, and whether it is painted in tiles."""

from __future__ import annotations

from dataclasses import dataclass

from napari_neural_style.costs.available import available_memory, total_memory
from napari_neural_style.costs.measured import finish_seconds, known_costs
from napari_neural_style.costs.model import padded, work
from napari_neural_style.costs.planning import largest_size, plan
from napari_neural_style.pictures.images import fit
from napari_neural_style.pyramid import schedule
from napari_neural_style.settings import Settings
from napari_neural_style.wording import duration

__all__ = ["Estimate", "estimate_for"]


@dataclass(frozen=True)
class Estimate:
    """What a run will need.

    Parameters
    ----------
    bytes : int or None
        Of memory, at the peak, beside TensorFlow itself; None if nothing is known of the network.
    available, total : int or None
        Bytes that are free now, and of the machine; None for a GPU, whose memory only the engine
        knows.
    seconds : float or None
        None until a run with this network has been measured on this machine.
    tile : int
        Side of the tiles in pixels; 0 if the picture is computed whole.
    size : int
        Longest side, in pixels, that is painted.
    fits : bool
        Whether the memory is enough.
    largest : int or None
        Where it is not: the largest size that fits.

    Examples
    --------
    >>> estimate(photo, painting, features="builtin", size=256).fits
    True
    """

    bytes: int | None
    available: int | None
    total: int | None
    seconds: float | None
    tile: int
    size: int
    fits: bool
    largest: int | None = None

    @property
    def time(self) -> str:
        """The time in words, without digits that nobody can foresee; empty if it is unknown."""
        return "" if self.seconds is None else _rounded(self.seconds)

    def __str__(self) -> str:
        parts = []
        if self.bytes is not None:
            of = f" of {self.total / 2**30:.0f} GB" if self.total else ""
            parts.append(f"about {self.bytes / 2**30:.1f} GB{of} memory")
        if self.seconds is not None:
            parts.append(f"about {self.time}")
        if self.tile:
            parts.append(f"in tiles of {self.tile} px")
        if not self.fits:
            parts.append(
                f"does not fit: {self.largest} px is the largest"
                if self.largest
                else "does not fit"
            )
        return ", ".join(parts) or "not known before the first run"


def estimate_for(shape: tuple[int, ...], settings: Settings) -> Estimate:
    """Return what it will take to paint a content of that height and width.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the content, in pixels; what follows is ignored.
    settings : Settings

    Examples
    --------
    >>> found = estimate_for((600, 800), Settings(features="builtin", size=640))
    >>> found.size, found.tile
    (640, 0)
    """
    size = min(settings.size, max(shape[:2]))
    on_gpu = settings.device.startswith("gpu")
    available, total = (None, None) if on_gpu else (available_memory(), total_memory())
    costs = known_costs(settings)
    if costs is None:
        return Estimate(None, available, total, None, 0, size, True)
    found = plan(padded(fit(shape, size), settings), settings, costs, available)
    seconds = None
    if costs.seconds_per_pixel is not None:
        seconds = 0.0
        for scale in schedule(size, settings.smallest_scale, settings.steps):
            inside = padded(fit(shape, scale.size), settings)
            there = plan(inside, settings, costs, available)
            each = work(there, inside, costs.margin)
            seconds += scale.steps * each * costs.seconds_per_pixel
        seconds += finish_seconds(padded(fit(shape, size), settings), settings)
    largest = None
    if not found.fits and available is not None:
        largest = largest_size(shape, settings, costs, available)
    return Estimate(found.bytes, available, total, seconds, found.side, size, found.fits, largest)


def _rounded(seconds: float) -> str:
    """Return a duration without digits that nobody can foresee."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 60:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return duration(600 * round(seconds / 600))
