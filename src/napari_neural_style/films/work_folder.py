"""The folder beside a film that is being painted: what an interruption leaves, to go on from."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from napari_neural_style.errors import FilmError
from napari_neural_style.file_faults import fault, remedy
from napari_neural_style.locks import acquire
from napari_neural_style.pictures.files import shown_name
from napari_neural_style.plain_values import plain
from napari_neural_style.safe_files import write_json

__all__ = ["finished_with", "work_folder"]

_ABOUT = "about.json"


@contextlib.contextmanager
def work_folder(output: Path, about: dict[str, Any]) -> Iterator[Path]:
    """Give a folder for what is done so far; one that is there already is gone on from.

    One from other inputs or settings is begun anew. `finished_with` removes it.

    Parameters
    ----------
    output : Path
        The film that is to be.
    about : dict
        What it is made from and how, in values that JSON can hold.

    Yields
    ------
    Path

    Raises
    ------
    FilmError
        If it cannot be made, or another program is painting the same film.
    """
    folder = output.with_name(f"{output.name}.parts")
    lock = FileLock(folder / ".lock")
    wanted = json.loads(json.dumps(plain(about)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        acquire(lock, timeout=0)
    except Timeout:
        raise FilmError(
            f"{shown_name(output)} is being painted by another program: wait for it, or choose "
            f"another name."
        ) from None
    except OSError as error:
        raise _not_to_be_made(folder, error) from error
    try:
        if _read(folder / _ABOUT) != wanted:
            _empty(folder)
            write_json(folder / _ABOUT, wanted)
        yield folder
    except OSError as error:
        raise _not_to_be_made(folder, error) from error
    finally:
        lock.release()
        with contextlib.suppress(OSError):
            if not (folder / _ABOUT).exists():
                shutil.rmtree(folder)


def finished_with(folder: Path) -> None:
    """Let the folder be removed when it is left: the film is done."""
    (folder / _ABOUT).unlink(missing_ok=True)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != ".lock":
            path.unlink() if path.is_file() else shutil.rmtree(path)


def _not_to_be_made(folder: Path, error: OSError) -> FilmError:
    return FilmError(
        f"What is painted so far cannot be kept in {shown_name(folder)} "
        f"({fault(error)}): {remedy(error, 'make room there, or choose another place')}."
    )
