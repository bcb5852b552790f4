"""Small files of the user's that must never be found half written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["whole_file", "write_json"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; once that is done, it is renamed to `path` in one go.

    Whatever happens in between, `path` holds what it held before. Its folder is made if need be.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        With the same ending, in the same folder.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}-{os.getpid()}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write plain values as a JSON file, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False)
    try:
        content = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, from a file name of any bytes
        content = json.dumps(value, indent=1).encode()
    with whole_file(path) as part:
        part.write_bytes(content + b"\n")
