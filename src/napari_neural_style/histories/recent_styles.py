"""The files whose style was used last, from one start of napari to the next. Qt-free."""

from __future__ import annotations

import base64
import binascii
import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray
from PIL import Image

from napari_neural_style.plain_values import read_json
from napari_neural_style.safe_files import write_json

__all__ = ["RecentStyle", "recent_styles", "remember_style"]

_MOST = 8
#: Longest side of a thumbnail; more than this is none that was written here.
_SIDE, _LARGEST_SIDE = 128, 1024


@dataclass(frozen=True)
class RecentStyle:
    """A file that a style was taken from.

    Parameters
    ----------
    path, name : str
        Of the file, and of the layer that it was.
    jpeg : str
        A thumbnail: a JPEG file in base64.
    """

    path: str
    name: str
    jpeg: str

    def pixels(self) -> NDArray[np.uint8] | None:
        """Return the thumbnail, RGB of shape (h, w, 3); None if it cannot be read."""
        try:
            image = Image.open(io.BytesIO(base64.b64decode(self.jpeg)), formats=["JPEG"])
            if max(image.size) > _LARGEST_SIDE:
                return None
            return np.asarray(image.convert("RGB"))
        except (OSError, ValueError, binascii.Error):
            return None


def recent_styles() -> list[RecentStyle]:
    """Return the styles used last whose files are still there, the latest first."""
    try:
        content = read_json(_path())
    except (OSError, ValueError):
        return []
    entries = content if isinstance(content, list) else []
    found = [style for entry in entries if (style := _checked(entry))]
    return [style for style in found if _is_file(style.path)][:_MOST]


def remember_style(path: str | Path, name: str, pixels: NDArray[np.uint8]) -> None:
    """Put a style before all others; where nothing can be written, it is not kept.

    Parameters
    ----------
    path : str or Path
        Its file.
    name : str
        What to call it.
    pixels : ndarray of uint8, shape (h, w, 3)
        The picture, or a small one of it.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    new = RecentStyle(str(path), name, base64.b64encode(file.getvalue()).decode())
    others = [style for style in recent_styles() if style.path != new.path]
    with suppress(OSError):
        write_json(_path(), [vars(style) for style in [new, *others][:_MOST]])


def _path() -> Path:
    return platformdirs.user_state_path("napari-neural-style") / "recent_styles.json"


def _checked(entry: Any) -> RecentStyle | None:
    names = ("path", "name", "jpeg")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(n), str) for n in names):
        return None
    return RecentStyle(*(entry[name] for name in names))


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a path that this system cannot have
        return False
