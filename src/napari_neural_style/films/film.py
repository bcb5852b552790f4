"""`Film`: what is known of a film in a file before its pictures are decoded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import FilmError
from napari_neural_style.file_faults import fault
from napari_neural_style.films.pyav import library
from napari_neural_style.pictures.files import shown_name

__all__ = ["Film", "opened_film", "pictures_of"]


@dataclass(frozen=True, eq=False)
class Film:
    """A film in a file: its frames' number, size and times.

    Parameters
    ----------
    path : Path
    shape : (int, int)
        Height and width of a frame in pixels, as it is shown: turned upright.
    turn : int
        By how many quarters of a turn, counterclockwise, the stored frames are turned upright.
    aspect : Fraction
        How much wider than high a pixel is shown.
    times : ndarray of int64, shape (n,)
        When each frame is shown, in units of `unit`; no two are the same, but their distances may
        differ.
    last : int
        How long the last frame is shown.
    unit : Fraction
        Seconds.
    rate : Fraction
        Frames in a second, on average.
    """

    path: Path
    shape: tuple[int, int]
    turn: int
    aspect: Fraction
    times: NDArray[np.int64]
    last: int
    unit: Fraction
    rate: Fraction

    @classmethod
    def of(cls, path: Path) -> Film:
        """Return what there is to know of a file, whose first frame is decoded for that.

        Raises
        ------
        FilmError
            If it is no film, has no pictures, or is damaged.
        """
        av = library()
        with opened_film(path) as container:
            stream = pictures_of(container, path)
            times, last = _times(av, container, stream)
        with opened_film(path) as container:
            stream = pictures_of(container, path)
            frame = _first(av, container, stream)
            if frame is None or not len(times):
                raise FilmError(
                    f"No picture of the film {shown_name(path)} can be read: it is damaged, or "
                    f"empty."
                )
            turn = round(frame.rotation / 90) % 4
            shape = (frame.height, frame.width)
            aspect = Fraction(stream.sample_aspect_ratio or 1)
            unit = Fraction(stream.time_base)
            rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        if turn % 2:
            shape, aspect = shape[::-1], 1 / aspect
        return cls(path, shape, turn, aspect, times, last, unit, rate)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def name(self) -> str:
        """Its file's name, as it can be shown."""
        return shown_name(Path(self.path.name))

    def durations(self) -> NDArray[np.int64]:
        """Return how long each frame is shown, in units of `unit`."""
        return np.append(np.diff(self.times), np.int64(self.last))


@contextlib.contextmanager
def opened_film(path: Path) -> Iterator[Any]:
    """Open a file to read.

    Yields
    ------
    av.container.InputContainer

    Raises
    ------
    FilmError
        If it cannot be opened.
    """
    av = library()
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise FilmError(
            f"{shown_name(path)} cannot be read as a film ({fault(error)}): check that it is one, "
            f"and whole."
        ) from error
    with container:
        yield container


def pictures_of(container: Any, path: Path) -> Any:
    """Return the stream of a file's pictures; that of a cover is none.

    Raises
    ------
    FilmError
        If there is none.
    """
    av = library()
    for stream in container.streams.video:
        if stream.disposition & av.stream.Disposition.attached_pic:
            continue
        if stream.codec_context is not None:
            return stream
    raise FilmError(f"{shown_name(path)} has no pictures, so there is nothing to paint in it.")


def _times(av: Any, container: Any, stream: Any) -> tuple[NDArray[np.int64], int]:
    """Return when the frames are shown, and for how long the last is, without decoding any."""
    found: dict[int, int] = {}
    with contextlib.suppress(av.FFmpegError):  # What comes before the damage counts.
        for packet in container.demux(stream):
            time = packet.dts if packet.pts is None else packet.pts
            if time is not None and packet.size and not packet.is_discard:
                found[time] = packet.duration or 0
    times = np.array(sorted(found), np.int64)
    if not len(times):
        return times, 0
    usual = int(np.median(np.diff(times))) if len(times) > 1 else 0
    one = round(1 / (Fraction(stream.average_rate or 25) * Fraction(stream.time_base)))
    return times, found[int(times[-1])] or usual or max(one, 1)


def _first(av: Any, container: Any, stream: Any) -> Any:
    """Return the first frame that can be decoded, if there is any."""
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(stream):
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    return frame
    return None
