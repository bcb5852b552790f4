"""A mask that is painted in a real window: each label in its own style, the rest as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent / "scripts" / "mask_window.py"

pytestmark = pytest.mark.skipif(
    not shutil.which("xvfb-run"), reason="xvfb-run is not installed: apt install xvfb xauth"
)


def test_two_labels_take_two_styles(tmp_path: Path) -> None:
    file = tmp_path / "seen.npz"
    outcome = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1366x768x24", sys.executable, str(SCRIPT), str(file)],
        env={name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    assert "Traceback" not in outcome.stderr, outcome.stderr[-4000:]
    seen = np.load(file)
    assert list(seen["rows"]) == [1, 2]
    assert seen["room"], "the open section shows all of its rows"
    photo, mask, result = (seen[name].astype(int) for name in ("photo", "mask", "result"))
    np.testing.assert_array_equal(result[mask == 0], photo[mask == 0])
    # More red than blue where the red style is, and the other way round.
    warmth = result[..., 0] - result[..., 2]
    assert warmth[mask == 1].mean() > 30
    assert warmth[mask == 2].mean() < -30
