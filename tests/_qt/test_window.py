"""The real thing: a napari window with OpenGL under Xvfb, a user's clicks, the real engine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psutil
import pytest
from real_display import needs_xvfb, run_in_window

pytestmark = needs_xvfb


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen in one session; it ended well, or this fails."""
    # The pictures stay where a person may look at them.
    folder = Path(os.environ.get("NEURAL_STYLE_SCREENSHOTS") or tmp_path_factory.mktemp("window"))
    return json.loads(run_in_window("real_window.py", folder).splitlines()[-1])


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
