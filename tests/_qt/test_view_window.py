"""What `read_view` makes of several layers looks like what napari's canvas shows of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent / "scripts" / "view_window.py"

pytestmark = pytest.mark.skipif(
    not shutil.which("xvfb-run"), reason="xvfb-run is not installed: apt install xvfb xauth"
)


def test_blended_layers_look_as_on_the_canvas(tmp_path: Path) -> None:
    file = tmp_path / "seen.npz"
    outcome = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1366x768x24", sys.executable, str(SCRIPT), str(file)],
        env={name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    seen = np.load(file)
    scenes = {key.rpartition("/")[0] for key in seen}
    assert len(scenes) >= 6
    for scene in scenes:
        canvas, ours = seen[f"{scene}/canvas"], seen[f"{scene}/ours"]
        assert canvas.shape == ours.shape, scene
        assert canvas.std() > 10, f"{scene}: the canvas shows something"
        # Colormaps have 256 colours, and so has a screen.
        np.testing.assert_allclose(ours, canvas / 255, atol=0.012, err_msg=scene)
