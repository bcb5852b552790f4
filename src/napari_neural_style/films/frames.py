"""The frames of a film as pixels: one at a time, from anywhere in it; as a lazy stack of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import FilmError
from napari_neural_style.file_faults import fault
from napari_neural_style.films.film import Film, pictures_of
from napari_neural_style.films.pyav import library

if TYPE_CHECKING:
    import dask.array

__all__ = ["FilmFrames", "film_stack"]

#: Up to so many frames ahead, decoding those between is no slower than to look for another start.
_AHEAD = 24
#: Without a word of its own about its colours, a film of this height or more has those of HD.
_HD = 720
_UNKNOWN, _BT709, _BT601 = 2, 1, 6


class FilmFrames:
    """The frames of a film, decoded when they are asked for; none is kept.

    They can be sliced as an array of shape (n, H, W, 3). A frame that is damaged is shown as the
    one before it. Any thread may ask.

    Parameters
    ----------
    film : Film
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, film: Film) -> None:
        self.film = film
        #: Frames that were asked for and are damaged.
        self.damaged: set[int] = set()
        self._lock = threading.Lock()
        self._container: Any = None
        self._stream: Any = None
        self._decoded: Iterator[Any] = iter(())
        #: The last decoded frame up to the one that was asked for, and the first after it.
        self._behind: Any = None
        self._ahead: Any = None

    def __reduce__(self) -> tuple[type[FilmFrames], tuple[Film]]:
        return type(self), (self.film,)

    def __len__(self) -> int:
        return len(self.film)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """That of the whole: frames, height, width, 3."""
        return (len(self.film), *self.film.shape, 3)

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis:
            first, rest = slice(None), [Ellipsis, *rest]
        if isinstance(first, slice):
            numbers = range(*first.indices(len(self)))
            stack = np.empty((len(numbers), *self.shape[1:]), np.uint8)
            for place, number in enumerate(numbers):
                stack[place] = self.read(number)
            return np.asarray(stack[(slice(None), *rest)])
        return np.asarray(self.read(range(len(self))[first])[tuple(rest)])

    def read(self, number: int) -> NDArray[np.uint8]:
        """Return a frame, upright.

        Parameters
        ----------
        number : int
            From 0.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)

        Raises
        ------
        FilmError
            If the film cannot be read any more.
        """
        av = library()
        target = int(self.film.times[number])
        with self._lock:
            try:
                if self._is_elsewhere(number):
                    self._seek(target)
                frame = self._forward(target)
                if frame is None or (frame.pts > target and number):
                    # A place to start from that lies too late, or beyond the damage.
                    self._seek(int(self.film.times[0]))
                    frame = self._forward(target)
            except (av.FFmpegError, OSError) as error:
                self.close()
                raise FilmError(
                    f"Frame {number + 1} of {self.film.name} cannot be read ({fault(error)}): "
                    f"check that the file is still there, and whole."
                ) from error
            if frame is None:
                raise FilmError(
                    f"Frame {number + 1} of {self.film.name} cannot be read: the film is damaged."
                )
            if frame.pts != target:
                self.damaged.add(number)
            return self._pixels(frame)

    def close(self) -> None:
        """Close the file; it is opened again when a frame is asked for."""
        if self._container is not None:
            self._container.close()
        self._container = self._behind = self._ahead = None

    def _is_elsewhere(self, number: int) -> bool:
        """Whether a frame is not among those that are decoded next."""
        times = self.film.times
        if self._container is None or self._behind is None:
            return True
        before = int(np.searchsorted(times, self._behind.pts))
        return not before <= number <= before + _AHEAD

    def _seek(self, target: int) -> None:
        if self._container is None:
            self._container = library().open(str(self.film.path), metadata_errors="replace")
            self._stream = pictures_of(self._container, self.film.path)
            self._stream.thread_type = "SLICE"  # Threads that decode ahead lose frames at a damage.
        self._container.seek(target, stream=self._stream, backward=True)
        self._behind = self._ahead = None
        self._decoded = self._decoding()

    def _forward(self, target: int) -> Any:
        """Return the last frame up to a time; failing that, the first after it."""
        while True:
            if self._ahead is not None and self._ahead.pts <= target:
                self._behind, self._ahead = self._ahead, None
            there = self._behind is not None and self._behind.pts == target
            if there or self._ahead is not None:
                break
            self._ahead = next(self._decoded, None)
            if self._ahead is None:
                break
        return self._ahead if self._behind is None else self._behind

    def _decoding(self) -> Iterator[Any]:
        av = library()
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                return  # The file ends in the middle.
            if packet is None:
                return
            try:
                for frame in packet.decode():
                    if frame.pts is None:
                        frame.pts = frame.dts
                    if frame.pts is not None and not frame.is_corrupt:
                        yield frame
            except av.error.InvalidDataError:
                continue  # The frame before it is shown in its place.

    def _pixels(self, frame: Any) -> NDArray[np.uint8]:
        film = self.film
        height, width = film.shape if film.turn % 2 == 0 else film.shape[::-1]
        if frame.colorspace == _UNKNOWN:
            frame.colorspace = _BT709 if height >= _HD else _BT601
        pixels = frame.reformat(width, height, "rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, film.turn))


def film_stack(path: Path) -> dask.array.Array:
    """Return a film as a dask array of shape (n, H, W, 3), uint8: frames are read when needed.

    Raises
    ------
    FilmError
        If the film cannot be read.
    """
    import dask.array

    frames = FilmFrames(Film.of(path))
    chunks = ((1,) * len(frames), *((side,) for side in frames.shape[1:]))
    stack: dask.array.Array = dask.array.from_array(  # type: ignore[no-untyped-call]
        frames, chunks=chunks, name=False, asarray=False, fancy=False
    )
    return stack
