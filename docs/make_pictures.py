"""Paint the contact sheet of README.md: content, style and result of each pair.

python docs/make_pictures.py                        # with the built-in network
python docs/make_pictures.py --weights vgg19.h5     # a further result, with these weights
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from napari_neural_style import stylize
from napari_neural_style.sample_data import load

PAIRS = (
    ("harbour_town", "swirling_night"),
    ("astronaut", "stained_glass"),
    ("chelsea", "watercolour"),
    ("coffee", "mosaic"),
    ("rocket", "pointillism"),
    ("chelsea", "palette_knife"),
)
#: A picture and its caption.
_Cell = tuple[NDArray[np.uint8], str]
_WIDTH = 1660
_FONT = 17
#: Between the pictures of a pair, and between pairs.
_GAP, _GULF = 6, 60


def main() -> None:
    """Paint all pairs and lay them out, two to a row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", help="weights file of VGG19 for a further column")
    parser.add_argument("--size", type=int, default=512, help="longest side that is painted")
    parser.add_argument("--preset", default="masterpiece")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("pairs.jpg"))
    given = parser.parse_args()
    recipes: dict[str, dict[str, Any]] = {"result": {"features": "builtin"}}
    kinds = ("content: ", "style: ")
    if given.weights:  # narrower columns, shorter captions
        recipes = {"built-in": {"features": "builtin"}, "VGG19": {"weights": given.weights}}
        kinds = ("", "")
    groups: list[list[_Cell]] = []
    for content, style in tqdm(PAIRS):
        pair = load(content), load(style)
        titles = (kind + _title(key) for kind, key in zip(kinds, (content, style), strict=True))
        cells = list(zip(pair, titles, strict=True))
        cells += [
            (stylize(*pair, preset=given.preset, size=given.size, **recipe), caption)
            for caption, recipe in recipes.items()
        ]
        groups.append(cells)
    sheet = np.concatenate([_row(groups[k : k + 2]) for k in range(0, len(groups), 2)])
    Image.fromarray(sheet).save(given.output, quality=88)


def _title(sample: str) -> str:
    return sample.replace("_", " ")


def _row(groups: list[list[_Cell]]) -> NDArray[np.uint8]:
    """Return pairs side by side, as high as fits into the width, with captions below."""
    shapes = [picture.shape for cells in groups for picture, _ in cells]
    gaps = _GULF * (len(groups) - 1) + _GAP * (len(shapes) - len(groups))
    height = int((_WIDTH - gaps) / sum(shape[1] / shape[0] for shape in shapes))
    row = Image.new("RGB", (_WIDTH, height + 2 * _FONT), "white")
    draw, font = ImageDraw.Draw(row), ImageFont.load_default(_FONT)
    left = 0
    for cells in groups:
        for pixels, caption in cells:
            picture = Image.fromarray(pixels).convert("RGB")
            width = round(height * picture.width / picture.height)
            row.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, 0))
            draw.text((left, height + _FONT // 4), caption, fill="black", font=font)
            left += width + _GAP
        left += _GULF - _GAP
    return np.asarray(row)


if __name__ == "__main__":
    main()
