"""A mask that is painted in a real window: each label in its own style, the rest as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from real_display import needs_xvfb, run_in_window

from without_tensorflow import SERVER

pytestmark = needs_xvfb


def test_two_labels_take_two_styles(tmp_path: Path) -> None:
    file = tmp_path / "seen.npz"
    run_in_window("mask_window.py", file)
    seen = np.load(file)
    assert list(seen["rows"]) == [1, 2]
    assert seen["room"], "the open section shows all of its rows"
    photo, mask, result = (seen[name].astype(int) for name in ("photo", "mask", "result"))
    np.testing.assert_array_equal(result[mask == 0], photo[mask == 0])
    # More red than blue where the red style is, and the other way round.
    warmth = result[..., 0] - result[..., 2]
    assert warmth[mask == 1].mean() > 30
    assert warmth[mask == 2].mean() < -30


def test_a_new_mask_can_be_removed_while_it_is_painted() -> None:
    assert "alive" in run_in_window("removed_mask_window.py", SERVER)


def test_painting_on_the_mask_moves_what_the_run_paints(tmp_path: Path) -> None:
    file = tmp_path / "seen.npz"
    run_in_window("live_mask_window.py", file)
    seen = np.load(file)
    left, right = seen["before"]
    assert left > 20
    assert right == 0
    left, right = seen["after"]
    assert left < 1, "what was wiped away is the photo again"
    assert right > 10
    assert seen["active"], "the mask is still the layer that the brush paints on"
    assert not str(seen["problem"])
