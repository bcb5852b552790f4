"""Paint the sheet of the gallery: every style of the samples by presets.

python docs/make_gallery.py                          # with the built-in network, at 192 px
python docs/make_gallery.py --size 512 --weights vgg19.h5
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from napari_neural_style import stylize
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.sample_data import load

CONTENTS = ("harbour_town",)
STYLES = (
    "swirling_night",
    "mosaic",
    "woodcut",
    "watercolour",
    "stained_glass",
    "pointillism",
    "palette_knife",
)
PRESETS = ("faithful", "balanced", "bold")


def main() -> None:
    """Paint a sheet for each content: a row for each style, a column for each preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contents", nargs="*", default=CONTENTS, help="names of samples")
    parser.add_argument("--size", type=int, default=192, help="longest side that is painted")
    parser.add_argument("--weights", help="weights file of VGG19 (default: the built-in network)")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "pictures")
    given = parser.parse_args()
    network = {"weights": given.weights} if given.weights else {"features": "builtin"}
    progress = tqdm(total=len(given.contents) * len(STYLES) * len(PRESETS))
    for name in given.contents:
        content = load(name)
        cells = []
        for style in STYLES:
            painting = load(style)
            cells.append((painting, style.replace("_", " ")))
            for preset in PRESETS:
                options = {"preset": preset, "size": given.size, "result_size": "painted"}
                cells.append((stylize(content, painting, **options, **network), preset))
                progress.update()
        sheet = contact_sheet(cells, columns=1 + len(PRESETS), cell=224)
        path = given.folder / f"gallery_{name}.jpg"
        Image.fromarray(sheet).save(path, quality=85, optimize=True)


if __name__ == "__main__":
    main()
