"""The stages of painting a film: key frames, a look learnt from them, all frames."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.api import paint
from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled
from napari_neural_style.films.frames import FilmFrames
from napari_neural_style.films.key_frames import key_frames as chosen_frames
from napari_neural_style.films.pieces import Pieces
from napari_neural_style.films.steadying import Frame, steadied
from napari_neural_style.job import Job
from napari_neural_style.learning import learn
from napari_neural_style.looks.look import Look
from napari_neural_style.pictures.files import read_image, write_image
from napari_neural_style.pictures.images import fit, from_rgb, resize, to_rgb
from napari_neural_style.progress import Notice, Progress, Update
from napari_neural_style.records.records import versions
from napari_neural_style.tasks.request import Request

__all__ = ["Callback", "FilmProgress", "FilmStages", "Stoppable"]

_POLL_SECONDS = 0.1
#: Frames whose time says how long the others will take.
_REMEMBERED = 20


@dataclass(frozen=True)
class FilmProgress:
    """How far a film has come.

    Parameters
    ----------
    stage : {"key frames", "learning", "painting"}
    done, total : int
        Key frames, learning steps or frames.
    fraction : float
        Share of the stage that is done, in [0, 1].
    remaining : float or None
        Estimated seconds to the end of the stage; None until there is an estimate.
    image : ndarray of uint8, shape (h, w, 3), or None
        What has been painted last.

    Examples
    --------
    >>> def tell(news):
    ...     if isinstance(news, FilmProgress):
    ...         print(news.stage, news.done, "of", news.total)
    >>> painted = stylize_film("film.mp4", "night.look", "painted.mp4", callback=tell)
    painting 1 of 2
    painting 2 of 2
    """

    stage: Literal["key frames", "learning", "painting"]
    done: int
    total: int
    fraction: float
    remaining: float | None = None
    image: NDArray[np.uint8] | None = field(default=None, repr=False)


Callback = Callable[[FilmProgress | Notice], object]


class FilmStages:
    """The stages, each of which goes on from what the folder has.

    Parameters
    ----------
    frames : FilmFrames
        The film.
    request : Request
        Its styles are read; its content is put in frame by frame.
    folder : Path
        Keeps the painted key frames and the look.
    pieces : Pieces
        Keeps the painted frames.
    tell : callable
        Hears how it goes.
    engine : Stoppable

    Attributes
    ----------
    look : Look or None
        What paints the frames.
    key_frames : tuple of int
        What it was learnt from.
    """

    def __init__(
        self,
        frames: FilmFrames,
        request: Request,
        folder: Path,
        pieces: Pieces,
        tell: Callback,
        engine: Stoppable,
    ) -> None:
        self._frames, self._request, self._folder = frames, request, folder
        self._pieces, self._tell, self._engine = pieces, tell, engine
        self.look = request.styles if isinstance(request.styles, Look) else None
        self.key_frames: tuple[int, ...] = ()
        self._before: Frame | None = None

    def find_look(self, count: int, steps: int) -> None:
        """Learn the look from key frames, unless there is one."""
        if self.look is not None:
            return
        place = self._folder / "film.look"
        self.key_frames = chosen_frames(self._frames, count)
        if place.exists():
            self.look = Look.load(place)
            return
        pairs = []
        for done, number in enumerate(self.key_frames):
            self._engine.check()
            pairs.append(self._key_frame(number, done))
        self.look = self._learnt(pairs, steps)
        self.look.save(place)

    def paint(self) -> None:
        """Paint all frames that are not there yet."""
        total = len(self._frames)
        # The median: the first waits for the engine, and a busy moment says nothing of the rest.
        taken: deque[float] = deque(maxlen=_REMEMBERED)
        while (number := self._pieces.done) < total:
            start = time.perf_counter()
            self._engine.check()
            content = self._frames.read(number)
            request = self._request.replace(content=content, styles=self.look)
            picture = self._steadied(content, paint(request, None, self._engine))
            self._pieces.add(picture)
            done = number + 1
            taken.append(time.perf_counter() - start)
            left = median(taken) * (total - done)
            self._tell(FilmProgress("painting", done, total, done / total, left, picture))
        self._pieces.close()

    def _steadied(
        self, content: NDArray[np.uint8], picture: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        """Return a painted frame, held to the one before as firmly as was asked for."""
        consistency = self._request.temporal_consistency
        if not consistency:
            return picture
        if self._before is None and (number := self._pieces.done):  # It goes on from a file.
            last = self._pieces.last()[: picture.shape[0], : picture.shape[1]]
            self._before = to_rgb(self._frames.read(number - 1))[0], to_rgb(last)[0]
        frame = to_rgb(content)[0], to_rgb(picture)[0]
        if self._before is not None:
            frame = frame[0], steadied(frame, self._before, consistency)
        self._before = frame
        return from_rgb(frame[1], np.dtype(np.uint8))

    def comment(self) -> str:
        """Return what the file says of how it was made."""
        name = self.look.name if self.look else ""
        known = versions().get("napari-neural-style", "")
        return f"Painted with napari-neural-style {known}, with the look {name}".strip()

    def _key_frame(self, number: int, done: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return a frame and its painting by optimisation, at the size that it is painted at."""
        size, total = self._request.settings.size, len(self.key_frames)
        content = self._frames.read(number)
        if size < max(content.shape):
            small = resize(to_rgb(content, "frame")[0], fit(content.shape, size))
            content = from_rgb(small, np.dtype(np.uint8))
        place = self._folder / f"key-{number:08d}.png"
        if place.exists():
            return content, read_image(place)

        def tell(update: Update) -> None:
            if isinstance(update, Notice):
                self._tell(update)
                return
            fraction = (done + update.fraction) / total
            image = from_rgb(update.image, np.dtype(np.uint8))
            left = update.remaining
            if left is not None:
                left += (total - done - 1) * (update.seconds + left)
            self._tell(FilmProgress("key frames", done, total, fraction, left, image))

        result = paint(self._request.replace(content=content), tell, self._engine)
        write_image(place, result)
        return content, read_image(place)

    def _learnt(self, pairs: list[Any], steps: int) -> Look:
        settings = self._request.settings
        run = learn(
            pairs,
            name=self._frames.film.path.stem,
            steps=steps,
            size=settings.size,
            seed=settings.seed,
            precision=settings.precision,
            device=settings.device,
            engine=self._engine.engine,
        )

        def tell(update: Progress) -> None:
            image = from_rgb(update.image, np.dtype(np.uint8))
            self._tell(
                FilmProgress(
                    "learning", update.step, update.total, update.fraction, update.remaining, image
                )
            )

        run.progressed.connect(tell)
        try:
            while not run.over:
                self._engine.check()
                with contextlib.suppress(TimeoutError):
                    run.wait(timeout=_POLL_SECONDS)
            run.wait()
        finally:
            run.cancel()
        assert run.look is not None  # it is finished
        return run.look


class Stoppable:
    """An engine whose runs end soon after somebody has said so.

    Parameters
    ----------
    engine : Engine
    stop : callable
        Whether to end.
    """

    def __init__(self, engine: Any, stop: Callable[[], object]) -> None:
        self.engine, self._stop = engine, stop

    def check(self) -> None:
        """Raise `Cancelled` if it is to end."""
        if self._stop():
            raise Cancelled("The film was stopped.")

    def warm_up(self) -> None:
        """Begin the slow part of starting up, and return at once."""
        self.engine.warm_up()

    def stylize_steps(
        self, job: Job, control: Control | None = None
    ) -> Generator[Update | None, None, None]:
        """Do as the engine does, until it is to end; see `Engine`."""
        with contextlib.closing(self.engine.stylize_steps(job, control)) as steps:
            for update in steps:
                self.check()
                yield update
