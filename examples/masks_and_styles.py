"""A mask layer with two labels, and a style for each; what has no label stays as it is."""

import os

import numpy as np
from napari.components import ViewerModel
from PIL import Image

from napari_neural_style import stylize_layers
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))

photo = load("chelsea")
labels = np.zeros(photo.shape[:2], np.uint8)  # in napari: painted on a Labels layer
labels[:, : photo.shape[1] // 3] = 1
labels[:, -photo.shape[1] // 3 :] = 2

viewer = ViewerModel()
viewer.add_image(photo, name="photo")
viewer.add_labels(labels, name="parts")
for name in ("mosaic", "woodcut"):
    viewer.add_image(load(name), name=name)

run = stylize_layers(
    viewer,
    "photo",
    {1: "mosaic", 2: "woodcut"},
    content_mask="parts",
    mask_softness=8,
    features="builtin",
    size=SIZE,
    steps=STEPS,
).wait()
painted = run.layer.data[..., :3]
assert (painted[labels == 0] == photo[labels == 0]).all()
Image.fromarray(painted).save("masks_and_styles.png")
