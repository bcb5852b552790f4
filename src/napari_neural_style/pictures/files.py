"""Image files in and out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IMAGEDESCRIPTION

from napari_neural_style.errors import ImageError

__all__ = ["check_writable", "read_image", "write_image"]


def read_image(path: Path) -> NDArray[Any]:
    """Return the pixels of an image file, turned upright as its camera noted.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), or (H, W, 4) if the file has transparency

    Raises
    ------
    ImageError
        If there is no such file, or it is no image.
    """
    try:
        with Image.open(path) as file:
            upright = ImageOps.exif_transpose(file)
            if upright.mode.startswith("I;16"):
                return np.asarray(upright)
            transparent = upright.has_transparency_data
            return np.asarray(upright.convert("RGBA" if transparent else "RGB"))
    except FileNotFoundError:
        raise ImageError(f"There is no file {path}: check the path.") from None
    except UnidentifiedImageError:
        raise ImageError(f"{path} is not an image that can be read.") from None
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error}.") from None


def check_writable(path: Path) -> None:
    """Raise an error now if a picture could not be saved there later.

    Raises
    ------
    ImageError
        If the folder does not exist, the ending names no image format that can be written, or there
        is a folder of that name.
    """
    if not _can_hold("RGB", path):
        raise ImageError(f"{path} does not end like an image file: call it, say, painted.png.")
    if not path.absolute().parent.is_dir():
        raise ImageError(f"There is no folder {path.absolute().parent}: make it first.")
    if path.is_dir():
        raise ImageError(f"{path} is a folder: add the name of a file.")


def write_image(path: Path, pixels: NDArray[np.uint8], text: tuple[str, str] | None = None) -> None:
    """Save an image; a format without transparency gets it without.

    Parameters
    ----------
    path : Path
        Its ending says which format.
    pixels : ndarray of uint8, shape (H, W, 3 or 4)
    text : (str, str), optional
        A keyword and an ASCII text to be kept in the file: in PNG's text chunk of that keyword, as
        TIFF's image description; other formats are saved without.

    Raises
    ------
    ImageError
        If it cannot be saved.
    """
    image = Image.fromarray(pixels)
    if path.suffix.lower() == ".bmp" or not _can_hold(image.mode, path):
        image = image.convert("RGB")
    try:
        if path.suffix.lower() in (".jpg", ".jpeg"):
            image.save(path, quality=95)
        else:
            image.save(path, **_save_options(path, text))
    except (KeyError, OSError, ValueError) as error:
        raise ImageError(f"The picture cannot be saved as {path}: {error}.") from None


def _save_options(path: Path, text: tuple[str, str] | None) -> dict[str, Any]:
    """Return the options of Pillow's `Image.save` that put a text into a file."""
    if text and path.suffix.lower() == ".png":
        info = PngInfo()
        info.add_text(*text)
        return {"pnginfo": info}
    if text and path.suffix.lower() in (".tif", ".tiff"):
        return {"tiffinfo": {IMAGEDESCRIPTION: text[1]}}
    return {}


def _can_hold(mode: str, path: Path) -> bool:
    """Return whether Pillow can write such an image in the format that the ending names."""
    try:
        Image.new(mode, (16, 16)).save(
            io.BytesIO(), Image.registered_extensions().get(path.suffix.lower())
        )
    except (KeyError, OSError, ValueError):
        return False
    return True
