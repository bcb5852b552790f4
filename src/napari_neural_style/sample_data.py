"""The images under File > Open Sample: photographs, paintings and pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["PAINTINGS", "PAIRS", "SAMPLES", "Sample", "beside", "load", "open_pair", "open_sample"]
__all__ += ["small"]

_LayerData = tuple[NDArray[np.uint8], dict[str, Any], str]

_OWN = "made by this project's own script sample_data/paint.py, BSD-3-Clause"


@dataclass(frozen=True)
class Sample:
    """A sample image: its name in the menu and of its layer; its author and licence."""

    title: str
    origin: str


#: By key: the name of a function of `skimage.data`, or of a file.
SAMPLES = {
    "astronaut": Sample("Astronaut", "NASA, public domain; from scikit-image"),
    "chelsea": Sample("Cat", "Stefan van der Walt, CC0; from scikit-image"),
    "coffee": Sample("Coffee", "Rachel Michetti, CC0; from scikit-image"),
    "rocket": Sample("Rocket", "SpaceX, public domain; from scikit-image"),
    "harbour_town": Sample("Harbour town", _OWN),
    "swirling_night": Sample("Swirling night", _OWN),
    "mosaic": Sample("Mosaic", _OWN),
    "woodcut": Sample("Woodcut", _OWN),
    "watercolour": Sample("Watercolour", _OWN),
    "stained_glass": Sample("Stained glass", _OWN),
    "pointillism": Sample("Pointillism", _OWN),
    "palette_knife": Sample("Palette knife", _OWN),
}

#: The keys of those to take a style from.
PAINTINGS = (
    "swirling_night",
    "stained_glass",
    "mosaic",
    "woodcut",
    "watercolour",
    "pointillism",
    "palette_knife",
)

#: Content and style of the ready pairs, by key.
PAIRS = {
    "town_in_swirling_night": ("harbour_town", "swirling_night"),
    "astronaut_in_stained_glass": ("astronaut", "stained_glass"),
}


def load(key: str) -> NDArray[np.uint8]:
    """Return a sample image by its key in `SAMPLES`, as RGB of shape (H, W, 3)."""
    file = _folder() / f"{key}.jpg"
    if file.is_file():
        return np.asarray(Image.open(file).convert("RGB"))
    import skimage.data

    photograph: NDArray[np.uint8] = getattr(skimage.data, key)()
    return photograph


@cache
def small(key: str, side: int) -> NDArray[np.uint8]:
    """Return a sample image as a thumbnail whose shorter side is about `side` pixels.

    Examples
    --------
    >>> min(small("mosaic", 64).shape[:2]) in range(64, 130)
    True
    """
    file = _folder() / f"{key}.jpg"
    if file.is_file():
        with Image.open(file) as image:
            image.draft("RGB", (side, side))  # decoded at a fraction of the size
            picture = image.convert("RGB")
    else:
        picture = Image.fromarray(load(key))
    share = side / min(picture.size)
    width, height = (max(round(share * n), 1) for n in picture.size)
    return np.asarray(picture.resize((width, height), Image.Resampling.BOX))


def open_sample(key: str) -> list[_LayerData]:
    """Return a sample image as layer data for napari."""
    sample = SAMPLES[key]
    options = {"name": sample.title, "rgb": True, "metadata": {"origin": sample.origin}}
    return [(load(key), options, "image")]


def open_pair(key: str) -> list[_LayerData]:
    """Return a pair in `PAIRS`: a photograph and, to its right and equally high, a painting."""
    content_key, style_key = PAIRS[key]
    (content,), (style,) = open_sample(content_key), open_sample(style_key)
    style[1].update(beside(content[0], style[0]))
    return [content, style]


def beside(content: NDArray[Any], style: NDArray[Any]) -> dict[str, tuple[float, float]]:
    """Return `scale` and `translate` that show `style` to the right of `content`, equally high."""
    scale = content.shape[0] / style.shape[0]
    return {"scale": (scale, scale), "translate": (0, content.shape[1] * 1.04)}


def _folder() -> Path:
    """Return the folder of the images: in the installed package, or beside it in a clone."""
    package = Path(__file__).parent
    installed = package / "sample_images"
    return installed if installed.is_dir() else package.parent.parent / "sample_data"


# The functions that the manifest names, one for each menu entry.
open_astronaut = partial(open_sample, "astronaut")
open_chelsea = partial(open_sample, "chelsea")
open_coffee = partial(open_sample, "coffee")
open_rocket = partial(open_sample, "rocket")
open_harbour_town = partial(open_sample, "harbour_town")
open_swirling_night = partial(open_sample, "swirling_night")
open_mosaic = partial(open_sample, "mosaic")
open_woodcut = partial(open_sample, "woodcut")
open_watercolour = partial(open_sample, "watercolour")
open_stained_glass = partial(open_sample, "stained_glass")
open_pointillism = partial(open_sample, "pointillism")
open_palette_knife = partial(open_sample, "palette_knife")
open_town_in_swirling_night = partial(open_pair, "town_in_swirling_night")
open_astronaut_in_stained_glass = partial(open_pair, "astronaut_in_stained_glass")
