"""Two styles blended, in three proportions, on one labelled sheet."""

import os

from PIL import Image

from napari_neural_style import stylize
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))

photo, one, other = load("harbour_town"), load("stained_glass"), load("palette_knife")
cells = [(photo, "content"), (one, "stained glass"), (other, "palette knife")]
for share in (0.8, 0.5, 0.2):
    painted = stylize(
        photo,
        [(one, share), (other, 1 - share)],
        features="builtin",
        size=SIZE,
        steps=STEPS,
    )
    cells.append((painted, f"{share:.0%} stained glass, {1 - share:.0%} palette knife"))
Image.fromarray(contact_sheet(cells, columns=3)).save("blended_styles.png")
