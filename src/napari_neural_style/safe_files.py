"""Files of the user's that must never be found half written."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["whole_file", "write_json"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; once that is done, it is renamed to `path` in one go.

    Whatever happens in between, a full disk or a kill, `path` holds what it held before. Its folder
    is made if need be. A link stays a link, and a file that is replaced keeps its permissions.

    Yields
    ------
    Path
        With the same ending, in the same folder.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if path.is_symlink():
        path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Short, for names may not be longer than the longest; of this thread, for others may write too.
    mark = f"{os.getpid()}-{threading.get_ident():x}"
    part = path.with_name(f".{path.stem[:40]}-{mark}.part{path.suffix}")
    try:
        yield part
        with suppress(OSError):
            shutil.copymode(path, part)
        with part.open("rb+") as file:  # on the disk before the earlier one goes
            os.fsync(file.fileno())
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
