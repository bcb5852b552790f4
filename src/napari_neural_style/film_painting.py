"""`stylize_film`: a film in a file, painted into another with the help of a look."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_neural_style.errors import Cancelled, FilmError, SettingsError
from napari_neural_style.film_stages import Callback, FilmProgress, FilmStages, Stoppable
from napari_neural_style.films.film import Film
from napari_neural_style.films.frames import FilmFrames
from napari_neural_style.films.joining import WRITTEN, join
from napari_neural_style.films.pieces import Pieces
from napari_neural_style.films.pyav import library
from napari_neural_style.films.work_folder import finished_with, work_folder
from napari_neural_style.job import Engine
from napari_neural_style.learn_job import LEARNING_STEPS
from napari_neural_style.looks.look import Look
from napari_neural_style.one_line import brief
from napari_neural_style.pictures.files import home_expanded, shown_name
from napari_neural_style.process import engine_process
from napari_neural_style.progress import Notice
from napari_neural_style.records.records import versions
from napari_neural_style.settings import LARGEST_SIZE, Settings
from napari_neural_style.tasks.request import Request
from napari_neural_style.tasks.style_regions import read_styles

__all__ = ["FilmProgress", "PaintedFilm", "film_request", "paint_film", "stylize_film"]

_MOST_KEY_FRAMES = 32


@dataclass(frozen=True)
class PaintedFilm:
    """A painted film.

    Parameters
    ----------
    path : Path
        Where it is.
    frames, total : int
        How many frames are painted, and how many the original has.
    look : Look or None
        What has painted them; None if it was stopped before there was one.
    key_frames : tuple of int
        The numbers of the frames that the look was learnt from, from 0.
    damaged : tuple of int
        Frames that could not be read: the ones before them are shown in their place.

    Examples
    --------
    >>> painted = stylize_film("film.mp4", "night.look", "painted.mp4")
    >>> painted.complete, painted.damaged, painted.look.name
    (True, (), 'night')
    """

    path: Path
    frames: int
    total: int
    look: Look | None = None
    key_frames: tuple[int, ...] = ()
    damaged: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all frames are painted."""
        return self.frames == self.total


def stylize_film(
    film: str | Path,
    style: Any,
    output: str | Path,
    *,
    preset: str = "balanced",
    key_frames: int = 3,
    learning_steps: int = LEARNING_STEPS,
    temporal_consistency: float = 1.0,
    callback: Callback | None = None,
    engine: Engine | None = None,
    **settings: Any,
) -> PaintedFilm:
    """Paint a film; times of the frames, size, pixel aspect and sound stay as they are.

    With a style image, some frames are chosen and painted by optimisation, a look is learnt from
    them, and paints every frame. With a look, it begins at once. What is done is kept beside
    the output: the same call, after an interruption, goes on from there. Interrupted (Ctrl+C), it
    saves the frames that are done as a film.

    Parameters
    ----------
    film : path
        A video file.
    style : image, path, list of these, Look, or path of a look
        As for `stylize`.
    output : path
        Where to save it, as .mp4, .m4v, .mov or .mkv (H.264).
    preset : str
        The recipe for the key frames.
    key_frames : int
        How many frames are optimised, 1 to 32; more make the look surer, and take longer.
    learning_steps : int
        As ``steps`` of `learn`.
    temporal_consistency : float
        How firmly each frame is held to the one before, moved along with the motion: 0 lets every
        frame go its own way, which is sharper and flickers; 1 is calm.
    callback : callable, optional
        Called with each `FilmProgress` and each `Notice`; what it raises ends the painting.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    **settings
        Fields of `Settings` that shall differ from the preset. Frames are painted at ``size`` and
        brought to their own afterwards; with a look, by default, at their own.

    Returns
    -------
    PaintedFilm

    Raises
    ------
    FilmError
        If the film cannot be read or saved, or PyAV is missing.
    ImageError, LookError, SettingsError, WeightsError
        If it cannot be painted like this.

    Examples
    --------
    >>> painted = stylize_film("film.mp4", "night.look", "painted.mp4")
    >>> painted.frames, painted.path.name
    (2, 'painted.mp4')
    """
    chosen = Request.of_arrays(None, preset=preset, **settings).settings
    request = film_request(
        style, chosen, own_size="size" in settings, temporal_consistency=temporal_consistency
    )
    return paint_film(
        home_expanded(film),
        request,
        home_expanded(output),
        key_frames=key_frames,
        learning_steps=learning_steps,
        callback=callback,
        engine=engine,
    )


def film_request(
    style: Any, settings: Settings, *, own_size: bool, temporal_consistency: float = 1.0
) -> Request:
    """Return the request for a film's frames, with its styles read.

    Unless a size was asked for, a look paints frames at their own.
    """
    styles = read_styles(style)
    if isinstance(styles, Look) and not own_size:
        settings = settings.replace(size=LARGEST_SIZE)
    return Request(
        content=None, styles=styles, settings=settings, temporal_consistency=temporal_consistency
    )


def paint_film(
    path: Path,
    request: Request,
    output: Path,
    *,
    key_frames: int = 3,
    learning_steps: int = LEARNING_STEPS,
    callback: Callback | None = None,
    stop: Callable[[], object] = lambda: False,
    engine: Engine | None = None,
) -> PaintedFilm:
    """Do what `stylize_film` does, given the request, whose styles are read.

    `stop` is asked often; when it says so, what is done is saved and returned.
    """
    if not 1 <= key_frames <= _MOST_KEY_FRAMES:
        raise SettingsError(
            f"key_frames is {brief(key_frames)}: it must lie between 1 and {_MOST_KEY_FRAMES}."
        )
    library()
    check_output(output, path)
    film = Film.of(path)
    tell = callback or (lambda _: None)
    if film.shape[0] % 2 or film.shape[1] % 2:
        tell(Notice(_odd(film), important=True))
    frames = FilmFrames(film)
    asked = Stoppable(engine_process() if engine is None else engine, stop)
    about = _about(film, request, key_frames, learning_steps)
    with work_folder(output, about) as folder, contextlib.closing(frames):
        pieces = Pieces(folder, film.rate, film.aspect)
        work = FilmStages(frames, request, folder, pieces, tell, asked)

        def outcome(count: int) -> PaintedFilm:
            damaged = tuple(sorted(frames.damaged))
            return PaintedFilm(output, count, len(film), work.look, work.key_frames, damaged)

        try:
            work.find_look(key_frames, learning_steps)
            work.paint()
        except BaseException as error:
            there = _saved_so_far(film, pieces, output, tell)
            if isinstance(error, Cancelled) and stop():
                return outcome(there)
            raise
        join(film, pieces.paths(), output, work.comment())
        finished_with(folder)
    if frames.damaged:
        tell(Notice(f"{len(frames.damaged)} damaged frames show the ones before them."))
    return outcome(len(film))


def check_output(output: Path, film: Path) -> None:
    """Raise an error now if a film could not be saved there later.

    Raises
    ------
    FilmError
    """
    shown = shown_name(output)
    if output.suffix.lower() not in WRITTEN:
        raise FilmError(
            f"{shown} does not end like a film that can be written: call it, say, painted.mp4; "
            f"there are {', '.join(WRITTEN)}."
        )
    if not output.absolute().parent.is_dir():
        raise FilmError(f"There is no folder {shown_name(output.absolute().parent)}: make it.")
    if output.is_dir():
        raise FilmError(f"{shown} is a folder: add the name of a file.")
    with contextlib.suppress(OSError):
        if output.samefile(film):
            raise FilmError(f"{shown} is the film that is painted from: choose another name.")


def _saved_so_far(film: Film, pieces: Pieces, output: Path, tell: Callback) -> int:
    """Save what is painted as a film that can be played; return how many frames it has."""
    count = 0
    with contextlib.suppress(FilmError):  # What has ended it is told.
        pieces.close()
    with contextlib.suppress(FilmError):
        if paths := pieces.paths():
            count = join(film, paths, output, "Painted in part with napari-neural-style")
            text = f"{count} of {len(film)} frames are painted and saved in {shown_name(output)}"
            tell(Notice(f"{text}: start it again to go on.", important=True))
    return count


def _odd(film: Film) -> str:
    height, width = film.shape
    return (
        f"The film has {width} x {height} pixels, and players want even numbers: it is saved with "
        f"{width + width % 2} x {height + height % 2}, the last ones twice."
    )


def _about(film: Film, request: Request, key_frames: int, learning_steps: int) -> dict[str, Any]:
    """Return what tells one film that is to be painted from another."""
    status = film.path.stat()
    about: dict[str, Any] = {
        "film": [film.path.name, status.st_size, status.st_mtime_ns, len(film)],
        "style": _fingerprint(request.styles),
        "settings": dataclasses.asdict(request.settings),
        "temporal_consistency": request.temporal_consistency,
        # Pieces of several encoders do not fit together.
        "versions": {**versions(), "av": str(library().__version__)},
    }
    if not isinstance(request.styles, Look):
        about |= {"key_frames": key_frames, "learning_steps": learning_steps}
    return about


def _fingerprint(styles: Any) -> str:
    if isinstance(styles, Look):
        return styles.network.fingerprint
    digest = hashlib.sha256()
    for image, weight in styles if isinstance(styles, list) else [(styles, 1.0)]:
        array = np.ascontiguousarray(image)
        digest.update(repr((array.shape, array.dtype.str, float(weight))).encode())
        digest.update(array.data)
    return digest.hexdigest()
