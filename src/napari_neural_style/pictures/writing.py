"""Saving pictures: the place is tried before the work, and nothing is ever half written."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IMAGEDESCRIPTION

from napari_neural_style.errors import ImageError
from napari_neural_style.file_faults import fault
from napari_neural_style.pictures.deep import png_of_16_bits
from napari_neural_style.pictures.profiles import srgb_profile
from napari_neural_style.pictures.reading import shown_name
from napari_neural_style.safe_files import whole_file

__all__ = ["check_size", "check_writable", "write_image"]

#: Formats that would make another picture of it, and why.
_REFUSED = {
    "ICO": "icons are small: the picture would be shrunk",
    "ICNS": "icons are small: the picture would be shrunk",
    "CUR": "cursors are small: the picture would be shrunk",
    "GIF": "it has no more than 256 colours",
    "PALM": "it has no more than 256 colours",
    "XBM": "it has no colours",
    "MSP": "it has no colours",
    "MPO": "it is for pictures in pairs",
    "PDF": "that is a document, which no program for pictures opens again",
}
#: The longest sides that formats, or the libraries that write them, can do.
_LONGEST = {"WEBP": 16383, "JPEG": 65500, "AVIF": 65535, "PCX": 65535, "TGA": 65535, "SGI": 65535}
_TIFF = (".tif", ".tiff")
#: TIFF files of more pixels than this are tiled.
_LARGE_TIFF = 16_000_000
_PROFILED = ("PNG", "TIFF", "JPEG", "WEBP", "AVIF")


def check_writable(
    path: Path,
    shape: tuple[int, ...] | None = None,
    inputs: Iterable[Path] = (),
    overwrite: bool = False,
) -> None:
    """Raise an error now if a picture could not be saved there later.

    Parameters
    ----------
    path : Path
    shape : (int, int), optional
        Height and width of the picture, if they are known.
    inputs : iterable of Path
        Files that go into the picture, which it shall not replace.
    overwrite : bool
        Whether it may replace them all the same.

    Raises
    ------
    ImageError
        If the folder does not exist or may not be written to, the ending names no image format
        that can be written or one that would change the picture, there is a folder of that name, a
        file that may not be replaced, or one of `inputs`.
    """
    name = shown_name(path)
    kind = _format(path)
    _check_name(path, name)
    if kind in _REFUSED:
        raise ImageError(
            f"{name} would be a file of the format {kind}, and {_REFUSED[kind]}: save it as PNG."
        )
    if not _can_hold("RGB", path):
        raise ImageError(f"{name} does not end like an image file: call it, say, painted.png.")
    if not path.absolute().parent.is_dir():
        raise ImageError(f"There is no folder {shown_name(path.absolute().parent)}: make it first.")
    if path.is_dir():
        raise ImageError(f"{name} is a folder: add the name of a file.")
    if path.exists() and not path.is_file():
        raise ImageError(f"{name} is not an ordinary file: choose another name.")
    if shape is not None:
        check_size(path, shape)
    if not overwrite:
        _check_inputs(path, name, inputs)
    _try_place(path, name)


def check_size(path: Path, shape: tuple[int, ...]) -> None:
    """Raise an error if the format that a path names cannot hold so many pixels.

    Raises
    ------
    ImageError
        If so.
    """
    kind = _format(path)
    longest = _LONGEST.get(kind)
    if longest and max(shape[:2]) > longest:
        raise ImageError(
            f"{shown_name(path)} cannot hold the picture: the format {kind} has up to {longest} "
            f"pixels along a side, and it has {max(shape[:2])}; save it as PNG."
        )


def _check_name(path: Path, name: str) -> None:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    except (OSError, ValueError) as error:
        raise ImageError(
            f"{name} cannot be the name of a file ({fault(error)}): choose a shorter, plainer one."
        ) from None


def _check_inputs(path: Path, name: str, inputs: Iterable[Path]) -> None:
    for given in inputs:
        with suppress(OSError):
            if path.exists() and path.samefile(given):
                raise ImageError(
                    f"{name} is one of the images that are painted from: choose another name, or "
                    f"add --overwrite to replace it."
                )


def _try_place(path: Path, name: str) -> None:
    """See whether a file can be made there, and one that is there be replaced."""
    try:
        if path.exists():
            with path.open("r+b"):
                pass
    except OSError as error:
        raise ImageError(
            f"{name} is there already and may not be replaced ({fault(error)}): choose another "
            f"name."
        ) from None
    try:
        with tempfile.TemporaryFile(dir=path.absolute().parent, prefix=".neural-style-"):
            pass
    except OSError as error:
        raise ImageError(
            f"Nothing can be saved in the folder {shown_name(path.absolute().parent)} "
            f"({fault(error)}): choose another one."
        ) from None


def write_image(
    path: Path,
    pixels: NDArray[Any],
    text: tuple[str, str] | None = None,
    *,
    keep: bool = False,
    dpi: float | None = None,
) -> None:
    """Save an image, whole or not at all; a format without transparency gets it without.

    It carries the sRGB profile where the format has profiles. What was there before stays until all
    is written.

    Parameters
    ----------
    path : Path
        Its ending says which format.
    pixels : ndarray of uint8 or uint16, shape (H, W, 3 or 4)
        PNG and TIFF keep 16 bits; other formats get 8.
    text : (str, str), optional
        A keyword and an ASCII text to be kept in the file: in PNG's text chunk of that keyword, as
        TIFF's image description; other formats are saved without.
    dpi : float, optional
        Pixels per inch in print, for formats that say so: PNG, TIFF, JPEG.
    keep : bool
        Whether a picture that cannot be saved there is saved elsewhere; the error says where.

    Raises
    ------
    ImageError
        If it cannot be saved.
    """
    try:
        check_size(path, pixels.shape)
        if path.is_file():
            with path.open("r+b"):  # A file that is protected is not to be moved away.
                pass
        _write(path, pixels, text, dpi)
    except Exception as error:  # noqa: BLE001 (libraries raise whatever they come across)
        if isinstance(error, ImageError):
            reason = str(error).rstrip(".")
        else:
            reason = f"The picture cannot be saved as {shown_name(path)}: {fault(error)}"
        kept = _kept(path, pixels, text, dpi) if keep else None
        where = f"; it is kept as {shown_name(kept)}" if kept else ""
        raise ImageError(f"{reason}{where}.") from None


def _write(
    path: Path, pixels: NDArray[Any], text: tuple[str, str] | None, dpi: float | None
) -> None:
    with whole_file(path) as part:
        if pixels.dtype == np.uint16 and path.suffix.lower() == ".png":
            part.write_bytes(png_of_16_bits(pixels, text, dpi))
            return
        large = pixels.shape[0] * pixels.shape[1] > _LARGE_TIFF
        if path.suffix.lower() in _TIFF and (large or pixels.dtype == np.uint16):
            _write_tiff(part, pixels, text, dpi, tiled=large)
            return
        if pixels.dtype == np.uint16:
            pixels = np.rint(pixels / 257).astype(np.uint8)
        image = Image.fromarray(pixels)
        if path.suffix.lower() == ".bmp" or not _can_hold(image.mode, path):
            image = image.convert("RGB")
        image.save(part, **_save_options(path, text, dpi))


def _write_tiff(
    path: Path,
    pixels: NDArray[Any],
    text: tuple[str, str] | None,
    dpi: float | None,
    *,
    tiled: bool,
) -> None:
    """Write what Pillow cannot: 16 bits; packed tiles, of which programs read what they show."""
    import tifffile

    options: dict[str, Any] = {}
    if tiled:
        options = {"tile": (256, 256), "compression": "zlib", "predictor": True}
    if dpi:
        options |= {"resolution": (dpi, dpi), "resolutionunit": "INCH"}

    tifffile.imwrite(
        path,
        pixels,
        photometric="rgb",
        extrasamples=["unassalpha"] if pixels.shape[-1] == 4 else None,
        description=text[1] if text else None,
        metadata=None,
        iccprofile=srgb_profile(),
        **options,
    )


def _kept(
    path: Path, pixels: NDArray[Any], text: tuple[str, str] | None, dpi: float | None
) -> Path | None:
    """Save a picture that has no place, and return where; None if there is no place at all."""
    here = [lambda: platformdirs.user_state_path("napari-neural-style") / "kept"]
    here += [lambda: Path(tempfile.gettempdir()), Path.cwd]
    stem = path.stem.encode("ascii", "replace").decode().replace("?", "_")[:60] or "painted"
    for place in here:
        with suppress(Exception):
            folder = place()  # type: ignore[no-untyped-call]
            number = 1
            while (target := folder / f"{stem}-{number}.png").exists():
                number += 1
            _write(target, pixels, text, dpi)
            return target
    return None


def _save_options(path: Path, text: tuple[str, str] | None, dpi: float | None) -> dict[str, Any]:
    """Return the options of Pillow's `Image.save`: quality, profile, text and resolution."""
    kind = _format(path)
    options: dict[str, Any] = {"format": kind}
    if kind == "JPEG":
        options["quality"] = 95
    if kind in _PROFILED:
        options["icc_profile"] = srgb_profile()
    if dpi and kind in ("PNG", "TIFF", "JPEG"):
        options["dpi"] = (dpi, dpi)
    if text and kind == "PNG":
        info = PngInfo()
        info.add_text(*text)
        options["pnginfo"] = info
    if text and kind == "TIFF":
        options["tiffinfo"] = {IMAGEDESCRIPTION: text[1]}
    return options


def _format(path: Path) -> str:
    """Return Pillow's name of the format that an ending stands for; "" if there is none."""
    return Image.registered_extensions().get(path.suffix.lower(), "")


def _can_hold(mode: str, path: Path) -> bool:
    """Return whether Pillow can write such an image in the format that the ending names."""
    try:
        Image.new(mode, (16, 16)).save(io.BytesIO(), _format(path) or None)
    except (KeyError, OSError, ValueError):
        return False
    return True
