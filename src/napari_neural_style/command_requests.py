"""What the arguments of the command line ask for, as a `Request`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_neural_style.errors import SettingsError

if TYPE_CHECKING:
    from napari.layers import Image, Labels
    from numpy.typing import NDArray

    from napari_neural_style.looks.look import Look
    from napari_neural_style.settings import Settings
    from napari_neural_style.tasks.request import Request

__all__ = ["request_of", "resolution", "tell_costs"]

_DEMO_PAIR = "town_in_swirling_night"
#: What is usual in print.
_DPI = 300.0


def request_of(given: argparse.Namespace, chosen: Settings) -> Request:
    """Return the request for the files that were named, or for the samples.

    Parameters
    ----------
    given : argparse.Namespace
        As the parser of `napari_neural_style.__main__` returns it.
    chosen : Settings

    Raises
    ------
    NeuralStyleError
        If a file cannot be read, or something does not go together.
    """
    from napari_neural_style.looks.look import Look
    from napari_neural_style.settings import LARGEST_SIZE
    from napari_neural_style.tasks.request import Request

    content, style = _layers(given)
    if given.enlarge:
        if isinstance(style, Look):
            raise SettingsError("A look paints any size at once: leave --enlarge away.")
        if given.mask:
            raise SettingsError("A result is painted on all over: leave --mask away.")
        return _enlarging(given, content, style, chosen)
    if isinstance(style, Look) and given.size is None:
        chosen = chosen.replace(size=LARGEST_SIZE)
    mask = None if given.mask is None else _mask(given.mask, content, chosen.mask_levels)
    return Request(content=content, styles=style, settings=chosen, content_mask=mask)


def resolution(given: argparse.Namespace) -> float | None:
    """Return the pixels per inch that the file shall tell of; None for nothing."""
    if given.dpi is None:
        return _DPI if given.cm is not None else None
    dpi: float = given.dpi
    return dpi


def tell_costs(request: Request) -> int:
    """Print what a request would take; return 1 if the memory is not enough."""
    from napari_neural_style.costs.estimate import estimate_for
    from napari_neural_style.looks.look import Look

    content = request.content
    if isinstance(request.styles, Look):
        print("A look paints at once: there is nothing to wait for.")
        return 0
    found = estimate_for(content.data.shape, request.settings)
    print(f"{content.name} at {found.size} pixels: {found}.")
    return 0 if found.fits else 1


def _enlarging(
    given: argparse.Namespace, content: Image, style: Image, chosen: Settings
) -> Request:
    """Return the request to paint a result on, at the size of a print."""
    from napari_neural_style import printing
    from napari_neural_style.pictures.files import read_image
    from napari_neural_style.tasks.request import Request

    result = read_image(given.enlarge)
    size = given.size or max(content.data.shape[:2])
    if given.cm is not None:
        size = printing.print_size(given.cm, resolution(given) or _DPI)
    content.data = printing.enlarged(content.data, size)
    of_print = printing.print_settings(max(result.shape[:2]), size, finish=chosen.finish_steps)
    asked = {name: value for name in of_print if (value := getattr(given, name)) is not None}
    chosen = chosen.replace(size=size, **{**of_print, **asked})
    start = _layer(result, given.enlarge)
    return Request(content=content, styles=style, settings=chosen, init=start)


def _mask(path: Path, content: Image, levels: int) -> Image | Labels:
    """Return the mask in a file: grey as strengths, or numbers as labels where these are levels."""
    import numpy as np
    from napari.layers import Image, Labels

    from napari_neural_style.pictures.colour import grey
    from napari_neural_style.pictures.files import read_image, shown_name
    from napari_neural_style.pictures.images import to_rgb
    from napari_neural_style.pictures.masks import read_mask

    pixels = read_image(path)
    name = Path(shown_name(path)).stem
    if levels:
        labels = pixels if pixels.ndim == 2 else pixels[..., 0]
        return Labels(np.asarray(labels, int), name=name)
    mask = grey(to_rgb(pixels, "mask")[0])[..., 0]
    values = np.unique(mask)
    if len(values) <= 2 and not values[0]:  # Yes or no, whatever number stands for yes.
        mask = np.asarray(mask > 0, np.float32)
    mask = read_mask(mask, content.data.shape[:2], "mask", "photo")
    return Image(mask, name=name, contrast_limits=(0, 1), colormap="gray", blending="additive")


def _layers(given: argparse.Namespace) -> tuple[Image, Image | Look]:
    """Return the content and the style, from the files given or from the samples."""
    from napari.layers import Image

    from napari_neural_style.looks.look import Look, opened
    from napari_neural_style.pictures.files import read_image
    from napari_neural_style.sample_data import beside, open_pair

    if not given.content:
        content, style = open_pair(_DEMO_PAIR)
        return Image(content[0], **content[1]), Image(style[0], **style[1])
    style = opened(given.style)
    if isinstance(style, Look):
        return _layer(read_image(given.content), given.content), style
    photo, painting = read_image(given.content), read_image(given.style)
    place = beside(photo, painting)
    return _layer(photo, given.content), _layer(painting, given.style, **place)


def _layer(pixels: NDArray[Any], path: Path, **place: Any) -> Image:
    """Return the pixels of a file as a layer that spans the range of their type, as arrays do."""
    import numpy as np
    from napari.layers import Image

    from napari_neural_style.pictures.files import shown_name

    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=-1)
    limits = (0, np.iinfo(pixels.dtype).max)
    name = Path(shown_name(path)).stem
    return Image(pixels, name=name, rgb=True, contrast_limits=limits, **place)
