"""Whatever users call an image, as an array of numpy's: files, Pillow's images, tensors, lists."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.one_line import first_line
from napari_neural_style.pictures.loading import loaded

__all__ = ["as_array", "numbers"]

_log = logging.getLogger("napari_neural_style")


def as_array(image: Any, what: str = "image") -> NDArray[Any]:
    """Return an image as an array, with its values as they are.

    Parameters
    ----------
    image : path, PIL.Image.Image, or whatever numpy can make an array of
        Files and Pillow's images come upright and in sRGB.
    what : str
        What to call it in an error: "content", "style" ...

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    if isinstance(image, str | os.PathLike):
        from napari_neural_style.pictures.reading import read_image

        return read_image(Path(image))
    if _is_pillows(image):
        from napari_neural_style.pictures.decoding import pixels_of

        try:
            return pixels_of(image, f"the {what}", _log.warning)
        except Exception as error:  # noqa: BLE001 (an image is read late, and may be damaged)
            raise _unreadable(what, error) from None
    return numbers(image, what)


def numbers(image: Any, what: str) -> NDArray[Any]:
    """Return an array of numpy's from anything that holds numbers.

    Parameters
    ----------
    image : array_like
        Tensors that are on a device, or that gradients go through, as well.
    what : str
        What to call it in an error.

    Raises
    ------
    ImageError
        If there is none to be had: it is no such thing, or what is lazy cannot be computed.
    """
    try:
        array = loaded(_on_this_side(image), what)
    except Exception as error:  # noqa: BLE001 (whatever computes it may raise anything)
        raise _unreadable(what, error) from None
    if array.dtype.kind == "V" and array.dtype.names is None:
        try:  # bfloat16 and its like, which numpy does not know as floats
            return array.astype(np.float32)
        except (TypeError, ValueError):
            return array
    if array.dtype == object:
        return _of_objects(array, what)
    return array


def _is_pillows(image: object) -> bool:
    from PIL import Image

    return isinstance(image, Image.Image)


def _on_this_side(image: Any) -> Any:
    """Return what numpy can take: without gradients, from a device, of a type that it knows."""
    if hasattr(image, "detach") and hasattr(image, "cpu"):  # PyTorch's; a file would lose its end
        image = image.detach().cpu()
        return (
            image.resolve_conj().resolve_neg()
            if str(image.dtype) != "torch.bfloat16"
            else (image.float())
        )
    if hasattr(image, "__cuda_array_interface__") and hasattr(image, "get"):  # CuPy's
        return image.get()
    if hasattr(image, "__dlpack__") and not hasattr(image, "__array__"):
        return np.from_dlpack(image)
    return image


def _of_objects(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Return numbers that came one by one, such as Python's large integers or decimals."""
    if array.ndim < 2:
        raise ImageError(
            f"The {what} is no image but {_kind(array)}: give an array, a picture of Pillow's or "
            f"the path of a file."
        )
    return array


def _kind(array: NDArray[Any]) -> str:
    inside = array.reshape(-1)[0] if array.size else None
    return f"of type {type(inside).__name__}"


def _unreadable(what: str, error: Exception) -> NeuralStyleError:
    if isinstance(error, NeuralStyleError):
        return error
    text = f": {line}" if (line := first_line(error)) else ""
    return ImageError(f"The {what} cannot be read as an image ({type(error).__name__}{text}).")
