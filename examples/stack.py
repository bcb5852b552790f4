"""Every slice of a lazily loaded stack, each held to the one before, as for a film."""

import os

import dask.array
import numpy as np
import tifffile
from napari.components import ViewerModel

from napari_neural_style import stylize_layers
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "192"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "40"))

# A camera that moves along the quay.
town = load("harbour_town")
frames = [town[:, shift : town.shape[1] - 120 + shift] for shift in (0, 40, 80, 120)]
viewer = ViewerModel()
viewer.add_image(
    dask.array.from_array(np.stack(frames), chunks=(1, -1, -1, -1)), name="film", rgb=True
)
viewer.add_image(load("watercolour"), name="painting")

run = stylize_layers(
    viewer,
    "film",
    "painting",
    slices="all",
    temporal_consistency=1.0,
    features="builtin",
    size=SIZE,
    steps=STEPS,
)
run.progressed.connect(lambda progress: print(f"{progress.fraction:.0%}, missing: {run.missing}"))
run.wait()
assert run.layer.data.shape == (*np.stack(frames).shape[:-1], 4)
tifffile.imwrite("stack.tif", run.layer.data, photometric="rgb")
