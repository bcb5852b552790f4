"""`StyleRun` on a bare viewer model, with the real engine process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_neural_style import StyleRun, stylize_layers
from napari_neural_style.errors import EngineDied, WeightsError
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.process import engine_process
from napari_neural_style.settings import Settings
from quick import ENDLESS, PATIENCE, QUICK, wait_until

pytestmark = pytest.mark.usefixtures("without_qt")


@pytest.fixture
def viewer() -> ViewerModel:
    """A viewer with a photo and a painting, 20x30 and 25x25 pixels."""
    rng = np.random.default_rng(5)
    viewer = ViewerModel()
    viewer.add_image(rng.integers(0, 256, (20, 30, 3), np.uint8), name="photo", rgb=True)
    viewer.add_image(rng.integers(0, 128, (25, 25, 3), np.uint8), name="painting", rgb=True)
    return viewer


@pytest.fixture
def endless(viewer: ViewerModel) -> StyleRun:
    """A run that is in the middle, with a preview in the viewer; cancelled after the test."""
    run = stylize_layers(viewer, "photo", "painting", **ENDLESS)
    wait_until(run, lambda: run.layer is not None)
    yield run
    run.cancel()
    with contextlib.suppress(EngineDied):
        run.wait(timeout=PATIENCE)


def test_a_run_starts_at_once_and_paints_into_a_layer_of_its_own(viewer: ViewerModel) -> None:
    run = stylize_layers(viewer, "photo", "painting", **QUICK)
    # Nothing can have come back yet: this thread has not waited for anything.
    assert run.state == "running"
    assert run.layer is None
    assert len(viewer.layers) == 2
    assert run.wait(timeout=PATIENCE) is run
    assert run.state == "finished"
    assert run.over
    assert viewer.layers[-1] is run.layer
    assert "photo" in run.layer.name
    assert "painting" in run.layer.name
    assert run.layer.rgb
    assert run.layer.data.shape == (20, 30, 3)
    assert not np.array_equal(run.layer.data, viewer.layers["photo"].data)


def test_the_result_layer_is_updated_with_every_preview(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long a busy machine takes for one.
    monkeypatch.setattr("napari_neural_style.running.pacing._CHEAP_SECONDS", 60.0)
    run = stylize_layers(viewer, "photo", "painting", **QUICK)
    seen: list[tuple[int, bytes]] = []
    run.progressed.connect(lambda progress: seen.append((progress.step, run.layer.data.tobytes())))
    run.wait(timeout=PATIENCE)
    assert [step for step, _ in seen] == [1, 4, 8, 12]
    assert len({pixels for _, pixels in seen}) == 4
    assert [losses["step"] for losses in run.losses] == [1, 4, 8, 12]
    assert {"total", "content", "style", "tv"} <= run.losses[0].keys()
    assert run.losses[-1]["style"] < run.losses[0]["style"]


def test_the_result_knows_how_it_was_made(viewer: ViewerModel) -> None:
    run = stylize_layers(viewer, "photo", "painting", preset="preview", **QUICK).wait(
        timeout=PATIENCE
    )
    record = run.layer.metadata["neural_style"]
    settings = Settings.from_json(record["settings"])
    assert settings == run.settings == presets.settings("preview", **QUICK)
    assert record["step"] == 12
    assert "built-in" in record["features"].lower()
    assert record["precision"] == "float32"
    assert record["device"]
    assert record["seconds"] > 0
    assert record["losses"]["total"] == run.losses[-1]["total"]
    assert record["notices"] == []
    assert len(record["inputs"].pop("fingerprint")) == 8
    assert record["inputs"] == {"content": "photo", "style": "painting"}
    assert record["versions"]["tensorflow"]
    json.dumps(record)  # plain values only: it can be saved with the layer


def test_a_paused_run_stands_still_until_it_is_resumed(
    viewer: ViewerModel, endless: StyleRun
) -> None:
    states: list[str] = []
    endless.state_changed.connect(states.append)
    endless.pause()
    assert endless.state == "paused"
    assert not endless.over
    # Previews that were on their way may still arrive; then it stands still.
    steps = None
    for _ in range(20):
        with pytest.raises(TimeoutError):
            endless.wait(timeout=0.5)
        if steps == (steps := endless.progress.step):
            break
    with pytest.raises(TimeoutError):
        endless.wait(timeout=1)
    assert endless.progress.step == steps
    endless.resume()
    wait_until(endless, lambda: endless.progress.step > steps)
    assert states == ["paused", "running"]


@pytest.mark.parametrize("paused", [False, True])
def test_a_cancelled_run_leaves_its_last_preview(
    viewer: ViewerModel, endless: StyleRun, paused: bool
) -> None:
    engine = engine_process().pid
    if paused:
        endless.pause()
    endless.cancel()
    endless.wait(timeout=PATIENCE)
    assert endless.state == "cancelled"
    assert endless.error is None
    assert endless.layer in viewer.layers
    assert endless.layer.metadata["neural_style"]["step"] == endless.progress.step < 100_000
    assert engine_process().pid == engine, "a cancelled run must leave the engine warm"


def test_waiting_gives_up_after_the_time_out_and_the_run_goes_on(endless: StyleRun) -> None:
    with pytest.raises(TimeoutError, match="not over"):
        endless.wait(timeout=0.05)
    step = endless.progress.step
    wait_until(endless, lambda: endless.progress.step > step)


def test_waiting_no_time_takes_no_more_than_a_few_of_many_previews(viewer: ViewerModel) -> None:
    run = stylize_layers(viewer, "photo", "painting", **{**ENDLESS, "update_every": 1})
    wait_until(run, lambda: run.layer is not None)
    time.sleep(2)  # busy elsewhere, while previews pile up
    taken = len(run.losses)
    with pytest.raises(TimeoutError):
        run.wait(timeout=0)
    assert len(run.losses) - taken <= 3
    run.cancel()
    run.wait(timeout=PATIENCE)


def test_removing_the_result_cancels_the_run_for_good(
    viewer: ViewerModel, endless: StyleRun
) -> None:
    viewer.layers.remove(endless.layer)
    endless.wait(timeout=PATIENCE)
    assert endless.state == "cancelled"
    assert [layer.name for layer in viewer.layers] == ["photo", "painting"]


def test_renaming_and_removing_the_layers_it_came_from_does_not_disturb_a_run(
    viewer: ViewerModel,
) -> None:
    run = stylize_layers(viewer, "photo", "painting", **{**QUICK, "steps": 400})
    wait_until(run, lambda: run.layer is not None)
    viewer.layers["photo"].name = "something else"
    viewer.layers.remove("painting")
    viewer.add_image(np.zeros((20, 30)), name="photo")
    run.layer.name = "my picture"
    run.wait(timeout=PATIENCE)
    assert run.state == "finished"
    assert run.progress.step == 400
    assert [layer.name for layer in viewer.layers] == ["something else", "my picture", "photo"]


def test_a_killed_engine_fails_the_run_in_one_sentence_and_the_next_run_works(
    viewer: ViewerModel, endless: StyleRun
) -> None:
    states: list[str] = []
    endless.state_changed.connect(states.append)
    preview = endless.layer
    killed = engine_process().pid
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(EngineDied) as death:
        endless.wait(timeout=PATIENCE)
    assert endless.state == "failed"
    assert endless.error is death.value
    assert states == ["failed"]
    text = str(endless.error)
    assert "engine" in text
    assert "killed" in text
    assert "\n" not in text
    assert "Traceback" not in text
    assert preview in viewer.layers, "the last preview must stay"

    again = stylize_layers(viewer, "photo", "painting", **QUICK).wait(timeout=PATIENCE)
    assert again.state == "finished"
    assert engine_process().pid != killed


def test_ctrl_c_in_the_terminal_of_napari_does_not_end_the_run(endless: StyleRun) -> None:
    # A terminal sends it to all processes in it: our own, where it ends a line, and the engine.
    os.kill(engine_process().pid, signal.SIGINT)
    step = endless.progress.step
    wait_until(endless, lambda: endless.progress.step > step + 200)


def test_two_runs_started_together_both_finish(viewer: ViewerModel) -> None:
    first = stylize_layers(viewer, "photo", "painting", **QUICK)
    second = stylize_layers(viewer, "painting", "photo", **QUICK)
    second.wait(timeout=PATIENCE)
    first.wait(timeout=PATIENCE)
    assert (first.state, second.state) == ("finished", "finished")
    assert first.layer is not second.layer
    assert first.layer.data.shape == (20, 30, 3)
    assert second.layer.data.shape == (25, 25, 3)


def test_a_run_that_waits_for_another_can_be_cancelled(
    viewer: ViewerModel, endless: StyleRun
) -> None:
    waiting = stylize_layers(viewer, "painting", "photo", **QUICK)
    waiting.cancel()
    waiting.wait(timeout=PATIENCE)
    assert waiting.state == "cancelled"
    assert waiting.layer is None
    assert not endless.over


def test_a_run_that_cannot_be_done_fails_with_the_reason(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    missing = tmp_path / "no such file.h5"
    run = stylize_layers(
        viewer, "photo", "painting", **{**QUICK, "features": "vgg19", "weights": str(missing)}
    )
    with pytest.raises(WeightsError, match=r"no such file\.h5"):
        run.wait(timeout=PATIENCE)
    assert run.state == "failed"
    assert isinstance(run.error, WeightsError)
    assert len(viewer.layers) == 2


def test_a_run_says_what_it_is(viewer: ViewerModel, endless: StyleRun) -> None:
    assert "photo" in repr(endless)
    assert "running" in repr(endless)
    assert "of 100000" in repr(endless)


def test_the_result_of_a_slice_of_a_stack_appears_in_that_slice() -> None:
    viewer = ViewerModel()
    rng = np.random.default_rng(1)
    stack = viewer.add_image(rng.integers(0, 256, (5, 20, 30), np.uint8), scale=(4, 1, 1))
    painting = viewer.add_image(rng.random((25, 25, 3)), rgb=True)
    viewer.dims.set_point(0, 8)
    run = stylize_layers(viewer, stack, painting, **QUICK)
    viewer.dims.set_point(0, 0)  # the user looks elsewhere meanwhile
    layer = run.wait(timeout=PATIENCE).layer
    assert isinstance(layer, Image)
    assert layer.data.shape == (1, 20, 30, 3)
    np.testing.assert_allclose(layer.data_to_world((0, 0, 0)), (8, 0, 0))
