"""`StackRun`: slice after slice into one stack, on a bare viewer model."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import StackRun, stylize_layers
from napari_neural_style.control import Control
from napari_neural_style.errors import (
    EngineDied,
    EngineFailed,
    ImageError,
    SettingsError,
    WeightsError,
)
from napari_neural_style.records.records import recorded_settings
from pretended import PretendedEngine
from quick import PATIENCE, QUICK, wait_until

pytestmark = pytest.mark.usefixtures("without_qt")

DEPTH, HEIGHT, WIDTH = 5, 12, 16
Start = Callable[..., StackRun]


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (DEPTH, HEIGHT, WIDTH, 3), np.uint8)


@pytest.fixture
def viewer(pixels: np.ndarray) -> ViewerModel:
    """A viewer with a stack, at its slice 2, and a painting."""
    viewer = ViewerModel()
    viewer.add_image(pixels, name="embryo", rgb=True, scale=(3, 2, 0.5), translate=(9, -4, 1))
    viewer.add_image(np.random.default_rng(1).random((25, 25, 3)), name="painting", rgb=True)
    viewer.dims.set_point(0, 9 + 2 * 3)
    return viewer


@pytest.fixture
def start(viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch) -> Start:
    """A function that starts a run over all slices, on the engine given."""

    def start_(engine: PretendedEngine, content: str = "embryo", **options: Any) -> StackRun:
        settings = {**QUICK, "steps": 3, "update_every": 1, "slices": "all", **options}
        return stylize_layers(viewer, content, "painting", **settings, engine=engine)

    return start_


def _painted(run: StackRun, pixels: np.ndarray) -> list[int]:
    """Return the slices that hold the negative; all others must be empty."""
    found = []
    for k, part in enumerate(run.layer.data):
        if part[..., 3].any():
            np.testing.assert_array_equal(part[..., 3], 255)
            np.testing.assert_allclose(part[..., :3], 255.0 - pixels[k], atol=1)
            found.append(k)
        else:
            assert not part.any()
    return found


def test_every_slice_is_painted_into_one_stack_over_the_original(
    start: Start, viewer: ViewerModel, pixels: np.ndarray
) -> None:
    run = start(PretendedEngine())
    assert isinstance(run, StackRun)
    assert run.slices == DEPTH
    run.wait(PATIENCE)
    assert run.state == "finished"
    assert run.missing == []
    assert _painted(run, pixels) == [0, 1, 2, 3, 4]
    content = viewer.layers["embryo"]
    assert run.layer is viewer.layers[-1]
    assert "embryo" in run.layer.name
    for corner in ((0, 0, 0), (4, 11.5, -0.5), (2.5, 3, 15.5)):
        np.testing.assert_allclose(run.layer.data_to_world(corner), content.data_to_world(corner))
    assert run.layer.metadata["neural_style"]["slices"] == [0, 1, 2, 3, 4]


def test_the_slice_on_show_comes_first_and_each_appears_when_it_is_finished(
    start: Start, pixels: np.ndarray
) -> None:
    run = start(PretendedEngine())
    appeared: list[list[int]] = []

    def look(progress: Any) -> None:
        if progress.step % 3 == 0:
            appeared.append(_painted(run, pixels))

    run.progressed.connect(look)
    run.wait(PATIENCE)
    assert appeared == [[2], [2, 3], [2, 3, 4], [1, 2, 3, 4], [0, 1, 2, 3, 4]]


def test_progress_and_remaining_time_tell_of_the_whole_stack(start: Start) -> None:
    run = start(PretendedEngine())
    seen: list[Any] = []
    run.progressed.connect(seen.append)
    run.wait(PATIENCE)
    assert [progress.step for progress in seen] == list(range(1, 16))
    assert {progress.total for progress in seen} == {15} == {run.steps}
    np.testing.assert_allclose([progress.fraction for progress in seen], np.arange(1, 16) / 15)
    # Two seconds a step, says this engine; reading the slices takes next to nothing.
    left = [progress.remaining for progress in seen]
    np.testing.assert_allclose(left, 2.0 * np.arange(14, -1, -1), atol=5)
    assert left[-1] == 0
    assert [progress.finished for progress in seen] == [False] * 14 + [True]
    assert [losses["slice"] for losses in run.losses[::3]] == [2, 3, 4, 1, 0]


def test_cancel_keeps_the_finished_slices_and_resume_paints_the_missing_ones(
    start: Start, pixels: np.ndarray
) -> None:
    engine = PretendedEngine(before=lambda job, control: job == 3 and control.cancel())
    run = start(engine)
    states: list[str] = []
    run.state_changed.connect(states.append)
    run.wait(PATIENCE)
    assert run.state == "cancelled"
    assert _painted(run, pixels) == [2, 3, 4]
    assert run.missing == [1, 0]
    before = run.layer.data[2:].copy()
    layer = run.layer
    layer.name = "mine"
    run.resume()
    assert run.state == "running"
    assert run.wait(PATIENCE) is run
    assert states == ["cancelled", "queued", "running", "finished"]
    assert run.layer is layer
    assert _painted(run, pixels) == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(layer.data[2:], before)
    assert len(engine.jobs) == 6, "only the missing ones again"
    assert run.progress.total == 6
    run.resume()
    assert run.state == "finished", "there is nothing left to resume"


def test_a_preview_of_an_unfinished_slice_is_taken_back(start: Start, pixels: np.ndarray) -> None:
    seen: list[int] = []

    def stop(job: int, control: Control) -> None:
        seen.append(job)
        if seen.count(1) == 3:
            control.cancel()

    run = start(PretendedEngine(before=stop))
    run.wait(PATIENCE)
    assert run.state == "cancelled"
    assert _painted(run, pixels) == [2]


@pytest.mark.parametrize("error", [EngineFailed("It diverged."), EngineDied("It was killed.")])
def test_a_slice_that_fails_is_reported_and_the_others_are_painted(
    start: Start, pixels: np.ndarray, error: Exception
) -> None:
    def fail(job: int, _: Control) -> None:
        if job == 1:
            raise error

    run = start(PretendedEngine(before=fail))
    run.wait(PATIENCE)
    assert run.state == "finished"
    assert _painted(run, pixels) == [0, 1, 2, 4]
    assert run.failures == {3: error}
    (notice,) = run.notices
    assert notice.important
    assert "Slice 3" in notice.text
    assert str(error) in notice.text
    run.resume()
    run.wait(PATIENCE)
    assert _painted(run, pixels) == [0, 1, 2, 3, 4]
    assert run.failures == {}


def test_an_engine_that_dies_every_time_ends_the_run(start: Start, pixels: np.ndarray) -> None:
    def die(job: int, _: Control) -> None:
        if job > 1:
            raise EngineDied("It was killed.")

    engine = PretendedEngine(before=die)
    run = start(engine)
    with pytest.raises(EngineDied):
        run.wait(PATIENCE)
    assert run.state == "failed"
    assert _painted(run, pixels) == [2, 3]
    assert len(engine.jobs) == 4


def test_what_would_fail_with_every_slice_ends_the_run_at_once(start: Start) -> None:
    def refuse(*_: object) -> None:
        raise WeightsError("There are no weights.")

    engine = PretendedEngine(before=refuse)
    run = start(engine)
    with pytest.raises(WeightsError):
        run.wait(PATIENCE)
    assert len(engine.jobs) == 1
    assert run.layer is None


def test_slices_with_holes_are_left_out_and_only_holes_are_a_failure(
    start: Start, viewer: ViewerModel
) -> None:
    holes = np.random.default_rng(0).random((3, HEIGHT, WIDTH)).astype(np.float32)
    holes[1, 4, 4] = np.nan
    viewer.add_image(holes, name="holes", contrast_limits=(0, 1))
    run = start(PretendedEngine(), "holes").wait(PATIENCE)
    assert run.state == "finished"
    assert [bool(part.any()) for part in run.layer.data] == [True, False, True]
    assert "NaN" in str(run.failures[1])
    holes[:] = np.nan
    with pytest.raises(ImageError, match="NaN"):
        start(PretendedEngine(), "holes").wait(PATIENCE)


def test_slices_are_read_one_at_a_time(start: Start, viewer: ViewerModel) -> None:
    dask = pytest.importorskip("dask.array", reason="dask is not installed")
    computed: list[int] = []

    def plane(block_info: dict) -> np.ndarray:
        computed.append(k := block_info[None]["chunk-location"][0])
        return np.full((1, HEIGHT, WIDTH), 10 * k, np.uint8)

    chunks = ((1,) * 6, (HEIGHT,), (WIDTH,))
    stack = dask.map_blocks(plane, chunks=chunks, dtype=np.uint8, meta=np.array(()))
    viewer.add_image(stack, name="lazy", contrast_limits=(0, 255))
    viewer.dims.set_point(0, 0)
    read: list[set[int]] = []
    engine = PretendedEngine(before=lambda *_: read.append(set(computed)))
    computed.clear()
    run = start(engine, "lazy")
    run.wait(PATIENCE)
    for k in range(6):
        assert read[3 * k] == set(range(k + 1)), "none before its turn"
        np.testing.assert_allclose(run.layer.data[k, ..., :3], 255 - 10 * k, atol=2)


def test_removing_the_result_ends_the_run(start: Start, viewer: ViewerModel) -> None:
    run = start(PretendedEngine(), steps=40)
    run.progressed.connect(lambda _: run.layer in viewer.layers and viewer.layers.remove(run.layer))
    run.wait(PATIENCE)
    assert run.state == "cancelled"
    assert [layer.name for layer in viewer.layers] == ["embryo", "painting"]


def test_a_removed_result_comes_back_when_its_missing_slices_are_painted(
    start: Start, viewer: ViewerModel, pixels: np.ndarray
) -> None:
    run = start(PretendedEngine())
    run.progressed.connect(
        lambda seen: seen.step == 6 and not run.over and viewer.layers.remove(run.layer)
    )
    run.wait(PATIENCE)
    assert run.state == "cancelled"
    assert run.missing
    run.progressed.disconnect()
    run.resume()
    run.wait(PATIENCE)
    assert run.state == "finished"
    assert run.layer is viewer.layers[-1]
    assert _painted(run, pixels) == [0, 1, 2, 3, 4]


def test_whoever_follows_the_layer_hears_of_each_preview(start: Start) -> None:
    run = start(PretendedEngine())
    heard: list[int] = []

    def follow(_: object) -> None:
        if not heard:
            run.layer.events.data.connect(lambda _: heard.append(1))
            heard.append(1)

    run.progressed.connect(follow)
    run.wait(PATIENCE)
    assert len(heard) == run.steps


def test_a_content_deleted_edited_and_renamed_during_the_run_is_painted_as_it_was(
    start: Start, viewer: ViewerModel, pixels: np.ndarray
) -> None:
    def meddle() -> None:
        content = viewer.layers["embryo"]
        content.name, content.contrast_limits, content.gamma = "other", (0, 9), 0.2
        content.scale = (1, 1, 1)
        content.data = np.zeros((2, 3, 4, 3), np.uint8)
        viewer.layers.remove(content)
        viewer.layers.remove("painting")
        viewer.dims.order = (2, 0, 1)

    run = start(PretendedEngine())
    meddled: list[bool] = []
    run.progressed.connect(lambda _: meddled or (meddled.append(True), meddle()))
    run.wait(PATIENCE)
    assert run.state == "finished"
    assert _painted(run, pixels) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(run.layer.data_to_world((1, 2, 4)), (12, 0, 3))


def test_a_turned_stack_of_a_film_is_painted_plane_by_plane(
    start: Start, viewer: ViewerModel
) -> None:
    film = np.random.default_rng(0).integers(0, 256, (2, 3, HEIGHT, WIDTH), np.uint8)
    viewer.add_image(film, name="film", contrast_limits=(0, 255))
    viewer.dims.order = (0, 2, 3, 1)
    run = start(PretendedEngine(), "film").wait(PATIENCE)
    assert run.slices == 2 * HEIGHT
    assert run.layer.data.shape == (2, 3, HEIGHT, WIDTH, 4)
    np.testing.assert_allclose(run.layer.data[..., 0], 255.0 - film, atol=2)


def test_a_volume_on_show_can_be_painted_whole(
    start: Start, viewer: ViewerModel, pixels: np.ndarray
) -> None:
    viewer.dims.ndisplay = 3
    run = start(PretendedEngine()).wait(PATIENCE)
    assert _painted(run, pixels) == [0, 1, 2, 3, 4]


def test_the_transparency_of_every_slice_is_kept(start: Start, viewer: ViewerModel) -> None:
    glass = np.random.default_rng(0).integers(1, 256, (3, HEIGHT, WIDTH, 4), np.uint8)
    viewer.add_image(glass, name="glass", rgb=True)
    run = start(PretendedEngine(), "glass").wait(PATIENCE)
    np.testing.assert_array_equal(run.layer.data[..., 3], glass[..., 3])


def test_a_region_of_every_slice_of_the_view_can_be_painted(
    start: Start, viewer: ViewerModel, pixels: np.ndarray
) -> None:
    viewer.layers["painting"].visible = False
    corners = np.array([[1, 4], [1, 9], [6, 9], [6, 4]]) - 0.5
    viewer.add_shapes(corners * (2, 0.5) + (-4, 1), shape_type="polygon", name="here")
    run = start(PretendedEngine(), "view", region="here").wait(PATIENCE)
    assert run.layer.data.shape == (DEPTH, 5, 5, 4)
    np.testing.assert_allclose(run.layer.data[..., :3], 255.0 - pixels[:, 1:6, 4:9], atol=1)
    np.testing.assert_allclose(run.layer.data_to_world((3, 0, 0)), (18, -2, 3))


def test_an_image_without_slices_and_nonsense_are_refused(start: Start) -> None:
    with pytest.raises(ImageError, match=r"'painting' has no slices"):
        start(PretendedEngine(), "painting")
    with pytest.raises(SettingsError, match="'current' or 'all'"):
        start(PretendedEngine(), slices="some")
    with pytest.raises(SettingsError, match="between 0 and 1"):
        start(PretendedEngine(), temporal_consistency=1.5)


def test_a_paused_run_can_be_cancelled(start: Start) -> None:
    paused, steps = threading.Event(), itertools.count()

    def before(_: int, __: Control) -> None:
        if next(steps) > 10:  # Enough to be seen; the first slice must not end before the pause.
            paused.wait(PATIENCE)

    run = start(PretendedEngine(before), steps=1000)
    wait_until(run, lambda: run.layer is not None)
    run.pause()
    paused.set()
    assert run.state == "paused"
    run.cancel()
    assert run.wait(PATIENCE).state == "cancelled"
    assert not run.layer.data.any()


def test_the_real_engine_paints_a_stack(viewer: ViewerModel) -> None:
    run = stylize_layers(viewer, "embryo", "painting", slices="all", **{**QUICK, "steps": 4})
    run.wait(PATIENCE)
    assert run.state == "finished"
    assert (run.layer.data[..., 3] == 255).all()
    assert len({part.tobytes() for part in run.layer.data}) == DEPTH
    assert run.progress.step == run.progress.total == 4 * DEPTH


def test_what_was_steered_is_in_the_record_of_all_slices(start: Start) -> None:
    gate, reached = threading.Event(), threading.Event()

    def wait(job: int, control: Control) -> None:
        if job == 0:
            reached.set()
            assert gate.wait(PATIENCE)

    engine = PretendedEngine(wait)
    run = start(engine)
    assert reached.wait(PATIENCE)
    run.steer(style_strength=0.9)
    gate.set()
    run.wait(PATIENCE)
    assert engine.jobs[-1].settings.style_strength == 0.9
    record = run.layer.metadata["neural_style"]
    assert recorded_settings(record).style_strength == 0.9
