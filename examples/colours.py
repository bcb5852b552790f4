"""Whose colours the picture has: the style's, the content's, or the content's exactly."""

import os

from PIL import Image

from napari_neural_style import stylize
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))

photo, painting = load("coffee"), load("mosaic")
cells = [
    (stylize(photo, painting, color=mode, features="builtin", size=SIZE, steps=STEPS), mode)
    for mode in ("style", "content", "luminance")
]
Image.fromarray(contact_sheet(cells, columns=3)).save("colours.png")
