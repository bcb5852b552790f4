"""Picture files of many kinds, damaged at random."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["damaged_files"]

#: Ending, mode, and what Pillow is told.
_KINDS = (
    ("png", "RGB", {}),
    ("png", "RGBA", {}),
    ("png", "P", {}),
    ("png", "I;16", {}),
    ("jpg", "RGB", {"quality": 80}),
    ("jpg", "CMYK", {}),
    ("jpg", "RGB", {"progressive": True}),
    ("tif", "RGB", {}),
    ("tif", "RGB", {"compression": "tiff_lzw"}),
    ("tif", "L", {"compression": "tiff_deflate"}),
    ("tif", "F", {}),
    ("gif", "P", {}),
    ("bmp", "RGB", {}),
    ("webp", "RGBA", {}),
    ("ppm", "RGB", {}),
    ("pgm", "L", {}),
    ("tga", "RGBA", {}),
    ("ico", "RGBA", {}),
)


@contextlib.contextmanager
def damaged_files(rng: np.random.Generator) -> Iterator[Iterator[Path]]:
    """Yield an endless iterator over damaged files, each in place of the one before.

    Parameters
    ----------
    rng : numpy.random.Generator
    """
    whole = [(ending, _whole(rng, ending, mode, options)) for ending, mode, options in _KINDS]
    with tempfile.TemporaryDirectory() as folder:

        def files() -> Iterator[Path]:
            number = 0
            while True:
                ending, data = whole[rng.integers(len(whole))]
                path = Path(folder, f"damaged-{number}.{ending}")
                path.write_bytes(_damaged(rng, data))
                yield path
                path.unlink()
                number += 1

        yield files()


def _whole(rng: np.random.Generator, ending: str, mode: str, options: dict[str, object]) -> bytes:
    picture = Image.fromarray(rng.integers(0, 256, (32, 40, 4), np.uint8))
    if mode == "I;16":
        picture = Image.fromarray(rng.integers(0, 65536, (32, 40)).astype(np.uint16))
    else:
        picture = picture.convert("RGB").convert(mode) if mode != "RGBA" else picture
    file = io.BytesIO()
    picture.save(file, {"jpg": "jpeg", "tif": "tiff", "pgm": "ppm"}.get(ending, ending), **options)
    return file.getvalue()


def _damaged(rng: np.random.Generator, data: bytes) -> bytes:
    found = bytearray(data)
    way = rng.integers(7)
    if way == 0:  # cut off
        del found[rng.integers(len(found)) :]
    elif way == 1:  # some bytes anywhere
        for _ in range(rng.integers(1, 20)):
            found[rng.integers(len(found))] = rng.integers(256)
    elif way == 2:  # some bytes where sizes and kinds are told
        for _ in range(rng.integers(1, 8)):
            found[rng.integers(min(120, len(found)))] = rng.integers(256)
    elif way == 3:  # a piece is missing
        start = rng.integers(len(found))
        del found[start : start + rng.integers(1, 64)]
    elif way == 4:  # a piece is there twice
        start = rng.integers(len(found))
        found[start:start] = found[start : start + rng.integers(1, 64)]
    elif way == 5:  # a block of a disk was never written
        start = rng.integers(len(found))
        found[start : start + 512] = bytes(len(found[start : start + 512]))
    return bytes(found)  # or nothing is wrong
