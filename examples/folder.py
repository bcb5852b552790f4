"""Every picture of a folder in one style; one that cannot be read does not stop the others."""

import os
from pathlib import Path

from PIL import Image

from napari_neural_style import stylize_many
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))

photos, painted = Path("photos"), Path("painted")
for folder in (photos, painted):
    folder.mkdir(exist_ok=True)
for name in ("astronaut", "coffee"):
    Image.fromarray(load(name)).save(photos / f"{name}.jpg")
(photos / "broken.jpg").write_text("not a picture")

for item in stylize_many(
    photos, load("watercolour"), output=painted, features="builtin", size=SIZE, steps=STEPS
):
    print(f"{item.name}: {item.error or item.path} ({item.seconds:.1f} s)")
