"""Which frames of a film are optimised, for a look to learn all that it shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.films.frames import FilmFrames
from napari_neural_style.pictures.images import resize, to_rgb

__all__ = ["key_frames"]

#: So many are looked at, spread evenly over the film.
_CANDIDATES = 48
_SIDE = 16


def key_frames(frames: FilmFrames, count: int) -> tuple[int, ...]:
    """Return the numbers of frames that differ most, in their order.

    The first is the one that is most like all others; each further one is the one that is least
    like any that is chosen already (the farthest-point rule of T. F. Gonzalez, 1985).

    Parameters
    ----------
    frames : FilmFrames
    count : int
        At most so many; fewer where the film has no more that differ.

    Raises
    ------
    FilmError
        If the film cannot be read.
    """
    numbers = np.unique(np.linspace(0, len(frames) - 1, _CANDIDATES).round().astype(int))
    seen = np.stack([_glance(frames, int(number)) for number in numbers])
    distances = np.linalg.norm(seen[:, np.newaxis] - seen, axis=-1)
    chosen = [int(distances.sum(axis=1).argmin())]
    while len(chosen) < count:
        nearest = distances[:, chosen].min(axis=1)
        farthest = int(nearest.argmax())
        if not nearest[farthest]:
            break
        chosen.append(farthest)
    return tuple(sorted(int(numbers[place]) for place in chosen))


def _glance(frames: FilmFrames, number: int) -> NDArray[np.float32]:
    rgb, _ = to_rgb(frames.read(number), "frame")
    return resize(rgb, (_SIDE, _SIDE)).ravel()
