"""Paint the contact sheet of presets by pairs: what each preset makes of each sample pair.

python docs/make_preset_pictures.py                 # with the built-in network, at 256 px
python docs/make_preset_pictures.py --size 2000     # each preset at its own size
"""

from __future__ import annotations

import argparse
from pathlib import Path

from make_pictures import PAIRS
from PIL import Image
from tqdm import tqdm

from napari_neural_style import stylize
from napari_neural_style.hooks.recipes import RECIPES
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.sample_data import load

#: A thousand steps take their time: these are painted smaller.
_SMALL = {"paper": 160}


def main() -> None:
    """Paint all pairs with all presets; a row for each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256, help="largest size of a picture")
    parser.add_argument("--weights", help="weights file of VGG19 (default: the built-in network)")
    here = Path(__file__).parent
    parser.add_argument("--output", type=Path, default=here / "pictures" / "presets.jpg")
    given = parser.parse_args()
    network = {"weights": given.weights} if given.weights else {"features": "builtin"}
    cells = []
    progress = tqdm(total=len(PAIRS) * len(RECIPES))
    for pair in PAIRS:
        content, style = map(load, pair)
        cells += [(content, pair[0].replace("_", " ")), (style, pair[1].replace("_", " "))]
        for name in RECIPES:
            size = min(given.size, settings(name).size, _SMALL.get(name, given.size))
            painted = stylize(
                content, style, preset=name, size=size, result_size="painted", **network
            )
            cells.append((painted, f"{name}, {size} px" if name in _SMALL else name))
            progress.update()
    sheet = contact_sheet(cells, columns=2 + len(RECIPES), cell=224)
    Image.fromarray(sheet).save(given.output, quality=85, optimize=True)


if __name__ == "__main__":
    main()
