"""Values that come from others, in a file or a layer, are plain and small before anybody sees them.

Whoever reads JSON that this process has not written reads it here: records in pictures, presets,
the last settings, settings as text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["LARGEST", "parsed", "plain", "read_json"]

#: Of all texts together, in characters; of a file, in bytes.
LARGEST = 1_000_000
_DEEPEST = 20
#: Beyond this no number here means anything, and arithmetic with it may fail.
_HIGHEST = 2**63


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """Return what a JSON file holds, as `plain` has it.

    Parameters
    ----------
    path : Path
    largest : int
        More bytes are not read.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no such file; its text says why.
    """
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"it is too large, more than {largest // 1000} kB")
    try:
        return parsed(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is not JSON") from None


def parsed(text: str, *, any_number: bool = False) -> Any:
    """Return what a text in JSON says, as `plain` has it.

    Parameters
    ----------
    text : str
    any_number : bool
        Whether Infinity, NaN and the largest numbers stay, for those who say what is wrong with
        them.

    Raises
    ------
    ValueError
        If it is none, or too much; its text says why.
    """
    if len(text) > LARGEST:
        raise ValueError("it is too large, more than 1 MB")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:  # numbers of thousands of digits are among them
        raise ValueError("it is not JSON") from None
    return _Copy(any_number).of(value, 0)


def plain(value: object) -> Any:
    """Return a value as texts, numbers, booleans, None, and lists and dicts of these.

    Infinity, NaN and numbers beyond 2 to the power of 63 become None: they say nothing.

    Parameters
    ----------
    value : object
        Whatever somebody else has put there.

    Raises
    ------
    ValueError
        If there is anything else in it, or too much; its text says why.
    """
    return _Copy(any_number=False).of(value, 0)


class _Copy:
    """One copy that is being made, and how much has gone into it."""

    def __init__(self, any_number: bool) -> None:
        self._any_number = any_number
        self._size = 0

    def of(self, value: object, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        self._count(len(value) if isinstance(value, str) else 1)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int | float):
            usable = self._any_number or abs(value) < _HIGHEST  # which NaN is not
            return value if usable else None
        if isinstance(value, list | tuple):
            return [self.of(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            return {self._key(key): self.of(item, depth + 1) for key, item in value.items()}
        raise ValueError(f"it holds a {type(value).__name__}, which is no plain value")

    def _key(self, key: object) -> str:
        if not isinstance(key, str):
            raise ValueError(f"it has the key {str(key)[:20]!r}, which is no text")
        self._count(len(key))
        return key

    def _count(self, letters: int) -> None:
        self._size += letters
        if self._size > LARGEST:
            raise ValueError("it is too large, more than 1 MB")
