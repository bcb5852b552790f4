"""Layers of a viewer without a window: the same calls as in napari's console, with events."""

import os

from napari.components import ViewerModel

from napari_neural_style import stylize_layers
from napari_neural_style.sample_data import load

SIZE = int(os.environ.get("EXAMPLE_SIZE", "256"))
STEPS = int(os.environ.get("EXAMPLE_STEPS", "60"))

viewer = ViewerModel()  # with a window: napari.Viewer()
viewer.add_image(load("astronaut"), name="photo")
viewer.add_image(load("stained_glass"), name="painting")

run = stylize_layers(viewer, "photo", "painting", features="builtin", size=SIZE, steps=STEPS)
run.progressed.connect(lambda p: print(f"step {p.step} of {p.total}: {p.losses['total']:.4g}"))
run.noticed.connect(lambda notice: print(notice.text))
run.state_changed.connect(lambda state: print(f"The run is {state}."))
run.wait(timeout=600)

assert run.layer in viewer.layers
print(run.layer.metadata["neural_style"]["seconds"], "seconds")
# The file carries the record of how it was made.
run.layer.save("viewer_without_window.png", plugin="napari-neural-style")
