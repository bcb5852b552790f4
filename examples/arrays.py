"""Two arrays in, one array out."""

import os

from PIL import Image

from napari_neural_style import stylize
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))

photo, painting = load("harbour_town"), load("swirling_night")  # any arrays: (H, W), RGB or RGBA
painted = stylize(
    photo,
    painting,
    callback=lambda update: print(update),  # progress and notices, as they come
    features="builtin",  # without this line: VGG19, downloaded once
    size=SIZE,
    steps=STEPS,
    style_strength=0.6,
)
assert painted.shape == photo.shape
assert painted.dtype == photo.dtype
Image.fromarray(painted).save("arrays.png")
