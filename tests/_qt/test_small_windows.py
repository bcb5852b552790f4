"""What only a real window shows: masks that are painted in it, and how its canvas blends layers.

The windows are opened one after the other in one process, which starts napari and the engine once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from real_display import needs_xvfb, run_in_windows

pytestmark = needs_xvfb


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scripts have written what they saw; they ended well, or this fails."""
    folder = tmp_path_factory.mktemp("windows")
    printed = run_in_windows(
        ["view_window.py", folder / "view.npz"],
        ["mask_window.py", folder / "mask.npz"],
        ["live_mask_window.py", folder / "live.npz"],
        ["removed_mask_window.py"],
    )
    (folder / "printed").write_text(printed)
    return folder


def test_blended_layers_look_as_on_the_canvas(folder: Path) -> None:
    seen = np.load(folder / "view.npz")
    scenes = {key.rpartition("/")[0] for key in seen}
    assert len(scenes) >= 6
    for scene in scenes:
        canvas, ours = seen[f"{scene}/canvas"], seen[f"{scene}/ours"]
        assert canvas.shape == ours.shape, scene
        assert canvas.std() > 10, f"{scene}: the canvas shows something"
        # Colormaps have 256 colours, and so has a screen.
        np.testing.assert_allclose(ours, canvas / 255, atol=0.012, err_msg=scene)


def test_two_labels_take_two_styles(folder: Path) -> None:
    seen = np.load(folder / "mask.npz")
    assert list(seen["rows"]) == [1, 2]
    assert seen["room"], "the open section shows all of its rows"
    photo, mask, result = (seen[name].astype(int) for name in ("photo", "mask", "result"))
    np.testing.assert_array_equal(result[mask == 0], photo[mask == 0])
    # More red than blue where the red style is, and the other way round.
    warmth = result[..., 0] - result[..., 2]
    assert warmth[mask == 1].mean() > 30
    assert warmth[mask == 2].mean() < -30


def test_painting_on_the_mask_moves_what_the_run_paints(folder: Path) -> None:
    seen = np.load(folder / "live.npz")
    left, right = seen["before"]
    assert left > 20
    assert right == 0
    left, right = seen["after"]
    assert left < 1, "what was wiped away is the photo again"
    assert right > 10
    assert seen["active"], "the mask is still the layer that the brush paints on"
    assert not str(seen["problem"])


def test_a_new_mask_can_be_removed_while_it_is_painted(folder: Path) -> None:
    assert "alive" in (folder / "printed").read_text()
