"""Pieces of a painted film become one, with the times and the sound of the original."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from napari_neural_style.errors import FilmError
from napari_neural_style.file_faults import fault, remedy
from napari_neural_style.films.film import Film, opened_film
from napari_neural_style.films.pyav import library
from napari_neural_style.pictures.files import shown_name
from napari_neural_style.safe_files import whole_file

__all__ = ["WRITTEN", "join"]

#: Endings of the files that painted films are saved as.
WRITTEN = (".mp4", ".m4v", ".mov", ".mkv")
#: What players cannot all play, or this kind of file cannot hold, becomes this.
_SOUND = "aac"
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_LARGEST_SCALE = 2**31 - 1

_Timed = tuple[Fraction, int, Any]


def join(film: Film, pieces: Iterable[Path], output: Path, comment: str = "") -> int:
    """Save pieces as one film, whole or not at all.

    Pictures and sound are taken over as they are; only sound that the file cannot hold is encoded
    again. Where the pieces end before the film does, the sound ends with them.

    Parameters
    ----------
    film : Film
        Where the times and the sound are from.
    pieces : iterable of Path
    output : Path
        Its ending, one of `WRITTEN`, says which kind of file.
    comment : str
        Kept in the file.

    Returns
    -------
    int
        How many frames it has.

    Raises
    ------
    FilmError
        If it cannot be saved; a file that was there before is still there then.
    """
    av = library()
    try:
        with whole_file(output) as part:
            return _join(film, list(pieces), part, comment)
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, FilmError):
            raise
        raise FilmError(
            f"The film cannot be saved as {shown_name(output)} ({fault(error)}): "
            f"{remedy(error, 'make room there')}, and start it again to go on."
        ) from error


def _join(film: Film, pieces: list[Path], part: Path, comment: str) -> int:
    av = library()
    options = {}
    if part.suffix != ".mkv":
        options["movflags"] = "+faststart"
        if film.unit.denominator <= _LARGEST_SCALE:
            options["video_track_timescale"] = str(film.unit.denominator)
    with opened_film(film.path) as source, av.open(str(part), "w", options=options) as target:
        target.metadata.update({**source.metadata, "comment": comment or "painted"})
        with av.open(str(pieces[0])) as first:
            pictures = target.add_stream_from_template(first.streams.video[0])
        pictures.time_base = film.unit
        sounds = [(stream, *_sound(target, stream)) for stream in source.streams.audio]
        counted = _Counted(_pictures(film, pieces, pictures))
        end = _end(film, pieces)
        timed = heapq.merge(counted, *_sounds(source, sounds, end), key=lambda item: item[0])
        for _, _, packet in timed:
            target.mux(packet)
    return counted.number


class _Counted:
    """Counts what is taken from an iterator."""

    def __init__(self, items: Iterator[_Timed]) -> None:
        self._items, self.number = items, 0

    def __iter__(self) -> Iterator[_Timed]:
        for item in self._items:
            self.number += 1
            yield item


def _pictures(film: Film, pieces: list[Path], stream: Any) -> Iterator[_Timed]:
    av = library()
    number, durations = 0, film.durations()
    for path in pieces:
        with av.open(str(path)) as piece:
            for packet in piece.demux(piece.streams.video[0]):
                if not packet.size or number >= len(film):
                    continue
                packet.stream = stream
                packet.time_base = film.unit
                packet.pts = packet.dts = int(film.times[number])
                packet.duration = int(durations[number])
                yield packet.pts * film.unit, 0, packet
                number += 1


def _end(film: Film, pieces: list[Path]) -> Fraction | None:
    """Return when the pieces end, in seconds; None if they hold the whole film."""
    av = library()
    with av.open(str(pieces[-1])) as piece:
        last = sum(1 for packet in piece.demux(piece.streams.video[0]) if packet.size)
    done = int(pieces[-1].stem) + last
    return int(film.times[done]) * film.unit if done < len(film) else None


def _sound(target: Any, stream: Any) -> tuple[Any, bool]:
    """Return the stream that a sound goes into, and whether it is taken over as it is."""
    if stream.codec_context.name in target.supported_codecs:
        return target.add_stream_from_template(stream), True
    context = stream.codec_context
    layout = context.layout
    # Old files say how many channels they have, but not where these are heard.
    named = _LAYOUTS.get(layout.nb_channels, "stereo") if " " in layout.name else layout.name
    return target.add_stream(_SOUND, rate=context.sample_rate, layout=named), False


def _sounds(
    source: Any, sounds: list[tuple[Any, Any, bool]], end: Fraction | None
) -> list[Iterator[_Timed]]:
    """Return the packets of all sounds, in one iterator: they are read from the file together."""
    return [_read_sounds(source, sounds, end)] if sounds else []


def _read_sounds(
    source: Any, sounds: list[tuple[Any, Any, bool]], end: Fraction | None
) -> Iterator[_Timed]:
    av = library()
    kept = {stream.index: (there, as_it_is) for stream, there, as_it_is in sounds}
    now = Fraction(0)
    packets = source.demux([stream for stream, _, _ in sounds])
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None  # The file ends in the middle.
        if packet is None:
            break
        there, as_it_is = kept[packet.stream.index]
        if packet.dts is not None:
            now = packet.dts * Fraction(packet.time_base)
            if end is not None and now >= end:
                continue
        if as_it_is:
            if packet.dts is not None:  # The last, an empty one, is for decoders.
                packet.stream = there
                yield now, 1, packet
            continue
        try:
            for frame in packet.decode():
                for encoded in there.encode(frame):
                    yield now, 1, encoded
        except av.error.InvalidDataError:
            continue
    for there, as_it_is in kept.values():
        if not as_it_is:
            for encoded in there.encode(None):
                yield now, 1, encoded
