"""File > Save of napari: a result is saved with its record, any other image as napari does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from napari.utils.io import imsave
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.file_faults import fault
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import from_rgb, one_picture, to_rgb
from napari_neural_style.pictures.levels import white_of
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.pictures.profiles import srgb_profile
from napari_neural_style.records.records import KEY, saved_text
from napari_neural_style.safe_files import whole_file

__all__ = ["write_layer", "write_tiff"]


def write_layer(path: str, data: ArrayLike, attributes: dict[str, Any]) -> list[str]:
    """Save one image layer; the writer in this package's manifest.

    Parameters
    ----------
    path : str
        Ends in .png, .tif or .tiff.
    data : array_like
        The layer's data.
    attributes : dict
        The layer's attributes, ``"metadata"`` among them.

    Returns
    -------
    list of str
        The path, as npe2 wants it.

    Raises
    ------
    ImageError
        If the picture cannot be saved.
    """
    record = attributes.get("metadata", {}).get(KEY)
    finest = data[0] if attributes.get("multiscale") else data  # type: ignore[index]
    pixels = loaded(finest, f"layer {attributes.get('name', '')!r}")
    if not isinstance(record, dict):
        imsave(path, pixels)
        return [path]
    picture = one_picture(pixels)
    if Path(path).suffix.lower() == ".png":
        if picture is None:
            raise ImageError(
                f"This stack of {pixels.shape[0]} pictures cannot be saved as one PNG file: "
                f"save it as TIFF."
            )
        write_image(Path(path), _of_8_bits(picture), saved_text(record))
    else:
        write_tiff(path, pixels if picture is None else picture, record)
    return [path]


def _of_8_bits(picture: NDArray[Any]) -> NDArray[np.uint8]:
    if picture.dtype == np.uint8:
        return picture
    rgb, alpha = to_rgb(picture, "picture")
    if alpha is not None:
        alpha = from_rgb(to_rgb(alpha, "picture", white_of(picture))[0], np.uint8)[..., 0]
    return from_rgb(rgb, np.uint8, alpha)


def write_tiff(
    path: str | Path, pixels: NDArray[Any], record: Mapping[str, Any], **options: Any
) -> None:
    """Save pixels as a TIFF file, with their record.

    Parameters
    ----------
    path : str or Path
    pixels : ndarray
        Of any number of axes; the last one has 3 or 4 colours, or there is none.
    record : mapping
    **options
        Of tifffile's `imwrite`.

    Raises
    ------
    ImageError
        If it cannot be saved.
    """
    if pixels.shape[-1] == 4:
        options["extrasamples"] = ["unassalpha"]
    try:
        with whole_file(Path(path)) as part:
            tifffile.imwrite(
                part,
                pixels,
                photometric="rgb" if pixels.shape[-1] in (3, 4) else "minisblack",
                description=saved_text(record)[1],
                metadata=None,
                iccprofile=srgb_profile(),
                **options,
            )
    except (OSError, ValueError) as error:
        raise ImageError(f"The picture cannot be saved as {path}: {fault(error)}.") from None
