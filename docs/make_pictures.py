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
from PIL import Image
from tqdm import tqdm

from napari_neural_style import stylize
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.sample_data import load

PAIRS = (
    ("harbour_town", "swirling_night"),
    ("astronaut", "stained_glass"),
    ("chelsea", "watercolour"),
    ("coffee", "mosaic"),
    ("rocket", "pointillism"),
    ("chelsea", "palette_knife"),
)
_CELL = 256
_FONT = 20
#: Between what belongs together and what comes beside it.
_GAP = 60


def main() -> None:
    """Paint all pairs and lay them out, two to a row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", help="weights file of VGG19 for a further column")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("pairs.jpg"))
    given = parser.parse_args()
    recipes: dict[str, dict[str, Any]] = {"result": {"features": "builtin"}}
    if given.weights:
        recipes["result, VGG19"] = {"weights": given.weights}
    groups = []
    for content, style in tqdm(PAIRS):
        pair = load(content), load(style)
        cells = [(pair[0], f"content: {_title(content)}"), (pair[1], f"style: {_title(style)}")]
        cells += [(stylize(*pair, **recipe), caption) for caption, recipe in recipes.items()]
        groups.append(contact_sheet(cells, columns=len(cells), cell=_CELL, font_size=_FONT))
    sheet = np.concatenate([_row(groups[k : k + 2]) for k in range(0, len(groups), 2)])
    Image.fromarray(sheet).save(given.output, quality=88)


def _title(sample: str) -> str:
    return sample.replace("_", " ")


def _row(groups: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return groups side by side, their captions on one line."""
    height = max(group.shape[0] for group in groups)
    gap = np.full((height, _GAP, 3), 255, np.uint8)
    parts = []
    for group in groups:
        above = [(height - group.shape[0], 0), (0, 0), (0, 0)]
        parts += [np.pad(group, above, constant_values=255), gap]
    return np.concatenate(parts[:-1], axis=1)


if __name__ == "__main__":
    main()
