"""What `View` makes of several layers looks like what napari's canvas shows of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from real_display import needs_xvfb, run_in_window

pytestmark = needs_xvfb


def test_blended_layers_look_as_on_the_canvas(tmp_path: Path) -> None:
    file = tmp_path / "seen.npz"
    run_in_window("view_window.py", file)
    seen = np.load(file)
    scenes = {key.rpartition("/")[0] for key in seen}
    assert len(scenes) >= 6
    for scene in scenes:
        canvas, ours = seen[f"{scene}/canvas"], seen[f"{scene}/ours"]
        assert canvas.shape == ours.shape, scene
        assert canvas.std() > 10, f"{scene}: the canvas shows something"
        # Colormaps have 256 colours, and so has a screen.
        np.testing.assert_allclose(ours, canvas / 255, atol=0.012, err_msg=scene)
