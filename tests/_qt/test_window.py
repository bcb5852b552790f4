"""The real thing: napari windows with OpenGL under Xvfb, a user's clicks, the real engine.

And what only a real window shows: masks that are painted in it, and how its canvas blends layers.
The windows are opened one after the other in one process, which starts napari and the engine once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from real_display import needs_xvfb, run_in_windows

pytestmark = needs_xvfb


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scripts have written what they saw; they ended well, or this fails."""
    folder = tmp_path_factory.mktemp("windows")
    # The pictures stay where a person may look at them.
    pictures = os.environ.get("NEURAL_STYLE_SCREENSHOTS") or folder
    printed = run_in_windows(
        ["real_window.py", pictures],
        ["view_window.py", folder / "view.npz"],
        ["mask_window.py", folder / "mask.npz"],
        ["live_mask_window.py", folder / "live.npz"],
        ["removed_mask_window.py"],
    )
    (folder / "printed").write_text(printed)
    return folder


@pytest.fixture(scope="module")
def session(folder: Path) -> dict[str, Any]:
    """What was seen in the first of them, a session of a user."""
    (told,) = (line for line in (folder / "printed").read_text().splitlines() if line[:1] == "{")
    return json.loads(told)


def test_the_window_is_real(session: dict[str, Any]) -> None:
    assert session["platform"] == "xcb"
    assert not session["tensorflow here"]


def test_everything_fits_on_the_screen_of_a_laptop(session: dict[str, Any]) -> None:
    assert session["screen"] == [1366, 768]
    width, height = session["window"]
    assert width <= 1366
    assert height <= 768
    assert session["button on screen"]
    assert session["dock width"] < 450
    assert session["canvas width"] > 500
    assert min(session["room beside the largest numbers"]) >= 0


def test_the_canvas_shows_the_result_as_it_changes(session: dict[str, Any]) -> None:
    assert session["first change"] > 0.05
    assert session["later change"] > 0.5
    assert "Astronaut" in session["name"]
    assert "Stained glass" in session["name"]


def test_the_window_keeps_living_while_it_paints(session: dict[str, Any]) -> None:
    assert session["ticks while painting"] > 20


def test_the_first_preview_is_added_in_one_turn_and_drawn_in_another(
    session: dict[str, Any],
) -> None:
    assert session["turns until drawn"] > 0


def test_a_pause_holds_the_picture(session: dict[str, Any]) -> None:
    assert session["pause button while paused"] == "Resume"
    assert session["steps while paused"] == 0
    assert session["change while paused"] == 0


def test_the_run_shows_in_naparis_activity_dock_until_it_is_over(session: dict[str, Any]) -> None:
    assert session["name"] in session["activity"]
    value, maximum = session["activity bar"]
    assert maximum == 100_000
    assert value >= 150, "the bar moves with the steps"
    assert session["state after cancel"] == "cancelled"
    assert session["bars after cancel"] == 0
    assert session["bars after kill"] == 0


def test_the_cancel_button_of_the_activity_dock_works(session: dict[str, Any]) -> None:
    assert session["state after the other cancel"] == "cancelled"


def test_a_killed_engine_leaves_a_message_the_picture_and_a_working_button(
    session: dict[str, Any],
) -> None:
    assert session["state after kill"] == "failed"
    assert session["message visible"]
    assert "engine" in session["message"]
    assert "killed" in session["message"]
    assert session["picture kept"]
    assert session["state of the run after the kill"] == "finished"
    assert "60 steps" in session["bar at the end"]


def test_no_engine_outlives_the_window(session: dict[str, Any]) -> None:
    assert not psutil.pid_exists(session["engine"])


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
