"""Paint the film strip of a stroke of the brush, with its times: docs/pictures/brush.jpg.

python docs/make_brush_picture.py

With the built-in network. The engine is warm: a stroke elsewhere comes first, and is taken back.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from PIL import Image

from napari_neural_style import stylize_layers
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.retouching import Retouch
from napari_neural_style.sample_data import load

_SETTINGS = {"preset": "faithful", "features": "builtin", "size": 512}
#: Rows and columns of the two strokes, as shares of the picture.
_FIRST, _SECOND = ((0.6, 0.7), (0.1, 0.2)), ((0.3, 0.5), (0.55, 0.75))


def main() -> None:
    """Paint, stroke, and note the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).parent / "pictures" / "brush.jpg"
    parser.add_argument("--output", type=Path, default=default)
    parser.add_argument("--steps", type=int, help="of the result; by default the preset's")
    given = parser.parse_args()
    viewer = ViewerModel()
    viewer.add_image(load("harbour_town"), name="town")
    viewer.add_image(load("swirling_night"), name="night")
    steps = {"steps": given.steps} if given.steps else {}
    layer = stylize_layers(viewer, "town", "night", **_SETTINGS, **steps).wait().layer
    retouch = Retouch(viewer, layer)
    _stroke(retouch, layer, _FIRST)
    retouch.undo()
    shape = layer.data.shape[:2]
    rows, columns = ((round(a * n), round(b * n)) for (a, b), n in zip(_SECOND, shape, strict=True))
    side = max(rows[1] - rows[0], columns[1] - columns[0])
    part = tuple(
        slice(max(middle - side, 0), middle + side)
        for middle in ((rows[0] + rows[1]) // 2, (columns[0] + columns[1]) // 2)
    )
    drawn = layer.data.copy()
    here = np.s_[rows[0] : rows[1], columns[0] : columns[1]]
    drawn[here] = drawn[here] // 2 + np.array((60, 0, 0), np.uint8)
    cells = [(layer.data[part], "before"), (drawn[part], "the stroke, at strength 1")]
    for seconds, pixels in _stroke(retouch, layer, _SECOND):
        print(f"{seconds:.2f} s")
        cells.append((pixels[part], f"{seconds:.1f} s later"))
    retouch.undo()
    cells.append((layer.data[part], "taken back"))
    sheet = contact_sheet(cells, columns=4, cell=220)
    Image.fromarray(sheet).save(given.output, quality=85, optimize=True)


def _stroke(retouch: Retouch, layer: object, place: object) -> list[tuple[float, np.ndarray]]:
    """Return the result after each update of a stroke, and the seconds since it was drawn."""
    mask = np.zeros(layer.data.shape[:2], bool)
    (top, bottom), (left, right) = place
    height, width = mask.shape
    mask[
        round(top * height) : round(bottom * height), round(left * width) : round(right * width)
    ] = True
    start, seen = time.perf_counter(), []
    stroke = retouch.stroke(mask, 1.0)
    for picture in retouch.paint(stroke):
        retouch.apply(stroke, picture)
        seen.append((time.perf_counter() - start, layer.data))
    return seen


if __name__ == "__main__":
    main()
