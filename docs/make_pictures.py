"""Paint the contact sheet of README.md: pairs by photograph, painting and result.

python docs/make_pictures.py                        # with the built-in network
python docs/make_pictures.py --weights vgg19.h5     # a further column with these weights
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from napari_neural_style import stylize
from napari_neural_style.pictures.images import fit, from_rgb, resize, to_rgb
from napari_neural_style.sample_data import load

PAIRS = (
    ("harbour_town", "swirling_night"),
    ("astronaut", "stained_glass"),
    ("chelsea", "watercolour"),
    ("coffee", "mosaic"),
    ("rocket", "pointillism"),
    ("chelsea", "palette_knife"),
)
_HEIGHT = 240
_GAP = 6


def main() -> None:
    """Paint all pairs and lay them out, two to a row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", help="weights file of VGG19 for a further column")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("pairs.jpg"))
    given = parser.parse_args()
    recipes: list[dict[str, Any]] = [{"features": "builtin"}]
    if given.weights:
        recipes.append({"weights": given.weights})
    strips = []
    for content, style in tqdm(PAIRS):
        pictures = [load(content), load(style)]
        pictures += [stylize(*pictures[:2], **recipe) for recipe in recipes]
        strips.append(_row([_at_height(picture) for picture in pictures]))
    sheet = _column([_row(strips[k : k + 2]) for k in range(0, len(strips), 2)])
    Image.fromarray(sheet).save(given.output, quality=88)


def _at_height(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    longest = round(max(height, width) * _HEIGHT / height)
    rgb = to_rgb(picture)[0]
    return from_rgb(resize(rgb, (_HEIGHT, fit(rgb.shape, longest)[1])), np.uint8)


def _row(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    height = max(picture.shape[0] for picture in pictures)
    gap = np.full((height, _GAP, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)]
    return np.concatenate(parts[:-1], axis=1)


def _column(rows: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    width = max(row.shape[1] for row in rows)
    padded = [
        np.pad(row, [(0, _GAP), (0, width - row.shape[1]), (0, 0)], constant_values=255)
        for row in rows
    ]
    return np.concatenate(padded)[:-_GAP]


if __name__ == "__main__":
    main()
