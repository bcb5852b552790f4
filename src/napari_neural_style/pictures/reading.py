"""The one reader of image files: upright sRGB of 8 or 16 bits, or a sentence that says why not."""

from __future__ import annotations

import logging
import math
import os
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from napari_neural_style.errors import ImageError
from napari_neural_style.one_line import first_line
from napari_neural_style.pictures.decoding import pixels_of
from napari_neural_style.pictures.deep_pnm import deep_pnm
from napari_neural_style.pictures.levels import Tell
from napari_neural_style.pictures.tiff_files import TiffLook, look_at_tiff, read_tiff

__all__ = ["MAX_MEGAPIXELS", "NOT_READ", "home_expanded", "is_picture", "read_image", "shown_name"]

_log = logging.getLogger("napari_neural_style")

#: The environment variable that allows larger pictures, in millions of pixels.
MAX_MEGAPIXELS = "NAPARI_NEURAL_STYLE_MAX_MEGAPIXELS"
_MEGAPIXELS = 128.0
_RAW = (".dng", ".nef", ".cr2", ".cr3", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw")
#: Endings of photographs that need another program: each says so when it is read.
NOT_READ = (".heic", ".heif", *_RAW)
#: Editors and generators write whole histories into PNG files.
_TEXT_BYTES = 64 * 1024 * 1024
#: Further pictures in files of these formats are previews, sizes or layers, and no stack.
_ONE_PICTURE = ("MPO", "PSD", "ICO", "ICNS", "CUR")
_PNG = b"\x89PNG\r\n\x1a\n"
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
#: Of the web, and of programs that read from elsewhere.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
#: Pillow's limits are its users' in common: they are changed by one at a time.
_pillow = threading.RLock()


def read_image(path: str | Path, tell: Tell = _log.warning) -> NDArray[Any]:
    """Return the pixels of an image file, turned upright as its camera noted, in sRGB.

    Parameters
    ----------
    path : str or Path
    tell : callable
        Called with a sentence for whatever is not a matter of course, such as pages that are left
        out; by default it goes to the log.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), or (H, W, 4) if the file has transparency
        A file of more than 8 bits: of uint16, and grey of the shape (H, W).

    Raises
    ------
    ImageError
        If there is no such file, it is no image, or a larger one than is allowed.
    """
    given, path = str(path), home_expanded(path)
    name = shown_name(path)
    try:
        with _pillows_limits(), _tifffile_silent(), warnings.catch_warnings(action="ignore"):
            return _read(path, name, tell)
    except ImageError:
        raise
    except FileNotFoundError:
        if _ADDRESS.match(given):
            raise ImageError(
                f"{shown_name(Path(given))} is an address, and nothing is fetched from elsewhere: "
                f"download the picture, and give the file."
            ) from None
        raise ImageError(f"There is no file {name}: check the path.") from None
    except UnidentifiedImageError:
        raise ImageError(f"{name} is not an image that can be read{_hint(path)}.") from None
    except MemoryError:
        raise ImageError(f"{name} is too large for the memory: make it smaller.") from None
    except Exception as error:  # noqa: BLE001 (libraries raise whatever they come across)
        raise ImageError(f"{name} cannot be read: {_reason(error)}.") from None


def is_picture(path: Path) -> bool:
    """Return whether a file begins as an image does, whatever it is called."""
    try:
        with _pillows_limits(), _tifffile_silent(), warnings.catch_warnings(action="ignore"):
            _with_heif(path)
            if look_at_tiff(path):
                return True
            with Image.open(path):
                return True
    except Exception:  # noqa: BLE001 (as above)
        return False


def home_expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path in which ``~`` stands for the home folder, as shells have it."""
    path = Path(path)
    with suppress(RuntimeError):  # There is none.
        return path.expanduser()
    return path


def shown_name(path: Path) -> str:
    """Return a path as it can be shown: bytes that are no text are written out."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _read(path: Path, name: str, tell: Tell) -> NDArray[Any]:
    if path.is_dir():
        raise ImageError(f"{name} is a folder: give the name of a file.")
    if path.exists() and not path.is_file():
        raise ImageError(f"{name} is not an ordinary file: save the picture in one.")
    if path.stat().st_size == 0:
        raise ImageError(f"{name} is not an image that can be read: the file is empty.")
    if path.suffix.lower() in _RAW:  # what can be read of these is a small preview
        raise ImageError(f"{name} is a raw photograph: develop it, and save it as TIFF or PNG.")
    _with_heif(path)
    tiff = _tiff(path)
    if tiff is not None:
        _check_size(tiff.pixels, name)
        _tell_frames(tiff.frames, name, tell)
        if not tiff.plain:
            try:
                return read_tiff(path, name, tell)
            except ImageError:
                raise
            except Exception as error:  # Pillow knows other compressions
                with suppress(Exception):
                    return _by_pillow(path, name, tell)
                raise error from None
    try:
        return _by_pillow(path, name, tell, None if tiff is None else 1)
    except (UnidentifiedImageError, ValueError, SyntaxError, OSError):
        if tiff is not None:
            return read_tiff(path, name, tell)
        raise


def _tiff(path: Path) -> TiffLook | None:
    try:
        return look_at_tiff(path)
    except OSError:
        raise
    except Exception:  # noqa: BLE001 (Pillow may make more of it)
        return None


def _by_pillow(path: Path, name: str, tell: Tell, frames: int | None = None) -> NDArray[Any]:
    """Return the pixels of whatever Pillow reads; `frames`, if it is known how many there are."""
    deep = deep_pnm(path, lambda pixels: _check_size(pixels, name))
    if deep is not None:
        return deep
    with _opened(path) as image:
        _check_size(image.width * image.height, name)
        if frames is None:
            _tell_frames(_frames(image), name, tell)
        return pixels_of(image, name, tell, path)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        image = Image.open(path)
    except (UnidentifiedImageError, ValueError):
        with path.open("rb") as file:
            if file.read(8) != _PNG:
                raise
        # A text that is damaged, or longer than can be, is no reason to refuse the picture.
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        image = Image.open(path)
        ImageFile.LOAD_TRUNCATED_IMAGES = False  # But its pixels must be whole.
    with image:
        yield image


def _frames(image: Any) -> int:
    if image.format in _ONE_PICTURE:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001 (what is behind the first may be damaged)
        return 1


def _tell_frames(frames: int, name: str, tell: Tell) -> None:
    if frames > 1:
        tell(
            f"{name} holds {frames} pictures: only the first is taken. Open it in napari to paint "
            f"all of them, as slices."
        )


def _check_size(pixels: int, name: str) -> None:
    allowed = _allowed()
    if pixels > allowed * 1e6:
        raise ImageError(
            f"{name} has {pixels / 1e6:.0f} million pixels, and no more than {allowed:.0f} million "
            f"are read: make it smaller, or set {MAX_MEGAPIXELS}={math.ceil(pixels / 1e6)}."
        )


def _allowed() -> float:
    with suppress(ValueError):
        if (wanted := float(os.environ.get(MAX_MEGAPIXELS, ""))) > 0:
            return wanted
    return _MEGAPIXELS


@contextmanager
def _tifffile_silent() -> Iterator[None]:
    """Keep from the user what tifffile logs of a damaged file, tag by tag: one sentence will do."""
    log = logging.getLogger("tifffile")
    log.addFilter(_nothing)
    try:
        yield
    finally:
        log.removeFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False


@contextmanager
def _pillows_limits() -> Iterator[None]:
    """Put Pillow's own limits aside: sizes are checked here, and texts are not shown."""
    with _pillow:
        before = (
            Image.MAX_IMAGE_PIXELS,
            PngImagePlugin.MAX_TEXT_CHUNK,
            PngImagePlugin.MAX_TEXT_MEMORY,
            ImageFile.LOAD_TRUNCATED_IMAGES,
        )
        Image.MAX_IMAGE_PIXELS = None
        PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = _TEXT_BYTES
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            yield
        finally:
            (
                Image.MAX_IMAGE_PIXELS,
                PngImagePlugin.MAX_TEXT_CHUNK,
                PngImagePlugin.MAX_TEXT_MEMORY,
                ImageFile.LOAD_TRUNCATED_IMAGES,
            ) = before


def _is_heif(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        start = file.read(12)
        return start[4:8] == b"ftyp" and start[8:] in _HEIF
    return False


def _with_heif(path: Path) -> None:
    if _is_heif(path):
        _register_heif()


@cache
def _register_heif() -> None:
    with suppress(ImportError):
        import pillow_heif  # type: ignore[import-not-found] # an option: it brings a decoder

        pillow_heif.register_heif_opener()


def _hint(path: Path) -> str:
    if _is_heif(path) or path.suffix.lower() in (".heic", ".heif"):
        return ": for HEIC, install pillow-heif (pip install pillow-heif)"
    return ""


def _reason(error: Exception) -> str:
    text = first_line(error)
    if isinstance(error, EOFError) or "truncated" in text.lower():
        return f"it is cut off ({text or 'the end is missing'}); fetch it again"
    if isinstance(error, PermissionError):
        return "it may not be read by you; change its permissions"
    return text or type(error).__name__
