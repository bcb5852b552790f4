"""Films and looks as files that napari opens and saves. Qt-free.

The readers and the writer of the manifest.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from napari.utils.notifications import show_info

from napari_neural_style.errors import FilmError, ImageError
from napari_neural_style.file_faults import fault, remedy
from napari_neural_style.films.film import Film
from napari_neural_style.films.frames import film_stack
from napari_neural_style.films.joining import join
from napari_neural_style.films.pieces import Pieces
from napari_neural_style.films.pyav import is_film, library
from napari_neural_style.looks.look import Look
from napari_neural_style.looks.own_looks import own_looks
from napari_neural_style.pictures.files import shown_name
from napari_neural_style.pictures.images import from_rgb, to_rgb
from napari_neural_style.pictures.levels import white_of

__all__ = ["FILM", "film_reader", "look_reader", "write_film"]

#: In a layer's metadata: the file of the film that it shows.
FILM = "film"
_RATE = Fraction(25)

_Reader = Callable[[Any], list[Any]]


def film_reader(path: Any) -> _Reader | None:
    """Return what reads a film, or None if the path is of something else.

    The layer is a lazy stack: a frame is decoded when it is shown, and none is kept. The command
    ``napari-neural-style.film_reader``.
    """
    if not isinstance(path, str) or not is_film(Path(path)):
        return None
    return _read_film


def _read_film(path: Any) -> list[Any]:
    stack = film_stack(Path(path))
    metadata = {FILM: str(Path(path).absolute())}
    about = {"name": Path(shown_name(Path(path))).stem, "rgb": True, "metadata": metadata}
    return [(stack, about, "image")]


def look_reader(path: Any) -> _Reader | None:
    """Return what takes a look among the user's own, or None if the path is of something else.

    The command ``napari-neural-style.look_reader``: a look that is dropped on napari makes no
    layer.
    """
    paths = [path] if isinstance(path, str) else list(path)
    if not paths or any(Path(p).suffix.lower() != ".look" for p in paths):
        return None
    return _read_look


def _read_look(path: Any) -> list[Any]:
    for one in [path] if isinstance(path, str) else path:
        kept = own_looks().keep(Look.load(one))
        show_info(f"{kept.stem} is among your looks now: Plugins > Neural Style > Looks.")
    return [(None,)]  # napari's sign for: read, and no layer.


def write_film(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Save a stack of colour pictures as a film, one frame at a time; the manifest's writer.

    What is lazy, such as the stack of `paint_lazily`, is computed frame by frame. Times and sound
    are those of the film that the layer's metadata name, where it has as many frames; else there
    are 25 frames a second.

    Parameters
    ----------
    path : str
        Ends in .mp4.
    data : array_like, shape (n, H, W, 3 or 4)
    attributes : dict
        The layer's attributes, ``"metadata"`` among them.

    Returns
    -------
    list of str
        The path, as npe2 wants it.

    Raises
    ------
    FilmError, ImageError
        If it is no stack of colour pictures, or cannot be saved.
    """
    library()
    stack = data[0] if attributes.get("multiscale") else data
    if np.ndim(stack) != 4 or stack.shape[-1] not in (3, 4) or not len(stack):
        raise ImageError(
            f"A film is a stack of colour pictures, (n, height, width, 3): this layer is "
            f"{tuple(np.shape(stack))}."
        )
    source = _source(attributes, len(stack))
    output = Path(path)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".film-") as folder:
            rate, aspect = (source.rate, source.aspect) if source else (_RATE, Fraction(1))
            length = {} if source else {"length": len(stack)}
            pieces = Pieces(Path(folder), rate, aspect, **length)
            for number in range(len(stack)):
                pieces.add(_pixels(stack, number))
            pieces.close()
            if source:
                join(source, pieces.paths(), output)
            else:
                shutil.move(pieces.paths()[0], output)
    except OSError as error:
        raise FilmError(
            f"The film cannot be saved as {shown_name(output)} ({fault(error)}): "
            f"{remedy(error, 'choose another place, or make room there')}."
        ) from error
    return [path]


def _source(attributes: dict[str, Any], frames: int) -> Film | None:
    """Return the film whose times and sound are taken over, if there is any."""
    named = attributes.get("metadata", {}).get(FILM)
    if not isinstance(named, str):
        return None
    try:
        film = Film.of(Path(named))
    except FilmError:
        return None
    return film if len(film) == frames else None


def _pixels(stack: Any, number: int) -> np.ndarray:
    picture = np.asarray(stack[number])
    if picture.dtype == np.uint8:
        return picture[..., :3]
    return from_rgb(to_rgb(picture, "picture", white_of(picture))[0], np.dtype(np.uint8))
