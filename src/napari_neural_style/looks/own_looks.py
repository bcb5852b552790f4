"""The user's own looks: files in a folder, which the dock lists. Qt-free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import platformdirs
from psygnal import Signal

from napari_neural_style.errors import LookError
from napari_neural_style.file_faults import fault
from napari_neural_style.looks.look import Look
from napari_neural_style.pictures.files import shown_name

__all__ = ["OwnLooks", "folder", "own_looks"]

_SUFFIX = ".look"
#: Letters that some system forbids in names of files.
_FORBIDDEN = '<>:"/\\|?*'
_LONGEST = 80


def folder() -> Path:
    """Return where the user's looks are kept."""
    return platformdirs.user_data_path("napari-neural-style") / "looks"


class OwnLooks:
    """The looks in the folder.

    Attributes
    ----------
    changed : psygnal.SignalInstance
        Emitted with the file of a look that was added, or None.
    """

    changed = Signal(object)

    def paths(self) -> list[Path]:
        """Return the files, by name."""
        try:
            found = [path for path in folder().iterdir() if path.suffix == _SUFFIX]
        except OSError:
            return []
        return sorted(found, key=lambda path: path.name.casefold())

    def keep(self, look: Look) -> Path:
        """Put a look among them, under a name that is not taken; return its file.

        One that is there already is not kept twice.

        Raises
        ------
        LookError
            If it cannot be saved.
        """
        plain = "".join("_" if c in _FORBIDDEN or ord(c) < 32 else c for c in look.name)
        name = plain.strip(" .")[:_LONGEST] or "look"
        for path in _places(name):
            if not path.exists():
                look.save(path)
                self.changed.emit(path)
                return path
            try:
                same = Look.load(path).network.fingerprint == _as_saved(look)
            except LookError:
                same = False
            if same:
                self.changed.emit(path)
                return path
        raise AssertionError("there is always another number")

    def forget(self, path: Path) -> None:
        """Delete the file of a look.

        Raises
        ------
        LookError
            If it cannot be deleted.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise LookError(
                f"{shown_name(path)} cannot be deleted ({fault(error)}): close what uses it."
            ) from error
        self.changed.emit(None)


def _as_saved(look: Look) -> str:
    return look.network.half_precision().fingerprint


def _places(name: str) -> Iterator[Path]:
    number = 1
    while True:
        yield folder() / (f"{name}{_SUFFIX}" if number == 1 else f"{name} {number}{_SUFFIX}")
        number += 1


_own = OwnLooks()


def own_looks() -> OwnLooks:
    """Return the user's looks, one object for the whole program."""
    return _own
