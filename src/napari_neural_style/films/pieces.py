"""A painted film in pieces: what is done stays done, whatever ends the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import FilmError
from napari_neural_style.file_faults import fault, remedy
from napari_neural_style.films.film import Film
from napari_neural_style.films.frames import FilmFrames
from napari_neural_style.films.pyav import library
from napari_neural_style.pictures.files import shown_name

__all__ = ["Pieces"]

#: Frames in a piece: as many are painted again after a kill, at most.
_LENGTH = 48
_SUFFIX, _PART = ".mp4", ".part"
#: Hardly to be told from the original; paintings have much fine detail.
_QUALITY = "17"


class Pieces:
    """The frames of a film as they are painted, in a folder of short films.

    Every frame is one packet, in their order, so that pieces can be joined without another
    encoding. Their times are put in when they are joined.

    Parameters
    ----------
    folder : Path
        Of the pieces; it must exist. Those that are whole are kept, a part of one is not.
    rate : Fraction
        Frames in a second.
    aspect : Fraction
        How much wider than high a pixel is shown.
    length : int
        Frames in a piece.

    Attributes
    ----------
    done : int
        How many frames are there, from the first on.
    """

    def __init__(
        self, folder: Path, rate: Fraction, aspect: Fraction = Fraction(1), length: int = _LENGTH
    ) -> None:
        self._folder, self._rate, self._aspect, self._length = folder, rate, aspect, length
        for part in folder.glob(f"*{_PART}{_SUFFIX}"):
            part.unlink(missing_ok=True)
        self.done = self._count()
        self._container: Any = None
        self._stream: Any = None
        self._first = self.done

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Add the next frame.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3)
            All of one shape. One of an odd width or height gets its last column or row twice.

        Raises
        ------
        FilmError
            If it cannot be written: the disk is full, for instance. What was whole stays.
        """
        av = library()
        height, width = picture.shape[:2]
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
        with self._telling():
            if self._container is None:
                self._open(even.shape[1], even.shape[0])
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
            frame = frame.reformat(format=self._stream.pix_fmt, dst_colorspace=1)  # BT.709
            frame.pts = self.done - self._first
            frame.time_base = 1 / self._rate
            self._container.mux(self._stream.encode(frame))
        self.done += 1
        if self.done - self._first >= self._length:
            self.close()

    def close(self) -> None:
        """Complete the piece that has been begun, if there is one.

        Raises
        ------
        FilmError
            If it cannot be written.
        """
        if self._container is None:
            return
        with self._telling():
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._container = None
            part = self._path(self._first, _PART)
            part.replace(self._path(self._first))
        self._first = self.done

    def paths(self) -> list[Path]:
        """Return the pieces that are whole, in their order."""
        found = (p for p in self._folder.glob(f"*{_SUFFIX}") if p.stem.isdecimal())
        return sorted(found, key=lambda path: int(path.stem))

    def last(self) -> NDArray[np.uint8]:
        """Return the last frame of the pieces that are whole, as it was encoded.

        Raises
        ------
        FilmError
            If it cannot be read.
        """
        film = Film.of(self.paths()[-1])
        with closing(FilmFrames(film)) as frames:
            return frames.read(len(film) - 1)

    def _path(self, first: int, mark: str = "") -> Path:
        return self._folder / f"{first:08d}{mark}{_SUFFIX}"

    def _count(self) -> int:
        """Return how many frames are there; a piece that is not whole ends them."""
        av = library()
        count = 0
        for path in self.paths():
            there = 0
            if int(path.stem) == count:
                try:
                    with av.open(str(path)) as container:
                        packets = container.demux(container.streams.video[0])
                        there = sum(1 for packet in packets if packet.size)
                except (av.FFmpegError, IndexError):
                    there = 0
            if not there:
                path.unlink()
            count += there
        return count

    def _open(self, width: int, height: int) -> None:
        av = library()
        self._first = self.done
        self._container = av.open(str(self._path(self._first, _PART)), "w", format="mp4")
        stream = self._stream = self._container.add_stream("libx264", rate=self._rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": _QUALITY}
        context = stream.codec_context
        # Frames that look ahead at others would be stored in another order than they are shown.
        context.max_b_frames = 0
        context.gop_size = self._length
        context.time_base = 1 / self._rate
        context.sample_aspect_ratio = self._aspect
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.color_range = 1  # that of television, as everywhere

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (library().FFmpegError, OSError, ValueError) as error:
            container, self._container = self._container, None
            self.done = self._first
            if container is not None:
                try:
                    container.close()
                except (library().FFmpegError, OSError, ValueError):
                    pass
            self._path(self._first, _PART).unlink(missing_ok=True)
            raise FilmError(
                f"Frame {self.done + 1} cannot be saved in {shown_name(self._folder)} "
                f"({fault(error)}): {remedy(error, 'make room there')}, and start it "
                f"again to go on."
            ) from error
