"""PyAV, which reads and writes films: imported when there is one, for not everybody has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_neural_style.errors import FilmError

__all__ = ["SUFFIXES", "is_film", "library"]

#: Endings of the files that are taken for films.
SUFFIXES = tuple(
    ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .wmv .flv .ogv .3gp .m2ts".split()  # noqa: SIM905
)


def is_film(path: Path) -> bool:
    """Return whether a file is taken for a film, by its name.

    Examples
    --------
    >>> is_film(Path("holiday.MP4")), is_film(Path("photo.jpg"))
    (True, False)
    """
    return path.suffix.lower() in SUFFIXES


def library() -> Any:
    """Return PyAV.

    Raises
    ------
    FilmError
        If it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise FilmError(
            'Films need the library PyAV: pip install "napari-neural-style[video]" brings it.'
        ) from error
    return av
