"""Films: optical flow that can be relied upon, and frames that go on from the one before."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import stylize_layers
from napari_neural_style.control import Control
from napari_neural_style.films.flow import Motion, motion_between, warped
from pretended import PretendedEngine
from quick import PATIENCE, QUICK
from tiny_looks import tiny_look

HEIGHT, WIDTH = 48, 64


def _frame(down: float, right: float, seed: int = 0) -> np.ndarray:
    """Return a smooth picture, moved by that many pixels: waves, so nothing need be resampled."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    frame = np.full((HEIGHT, WIDTH, 3), 0.5)
    for _ in range(10):
        fy, fx = rng.uniform(-0.5, 0.5, 2)
        wave = np.sin(fy * (y - down) + fx * (x - right) + rng.uniform(0, 6))
        frame += wave[..., np.newaxis] * rng.normal(0, 0.06, 3)
    return np.clip(frame, 0, 1).astype(np.float32)


@pytest.mark.parametrize(("down", "right"), [(0.0, 0.0), (2.0, -1.5)])
def test_the_flow_finds_the_true_motion_where_it_says_so(down: float, right: float) -> None:
    motion = motion_between(_frame(down, right), _frame(0, 0))
    assert motion.valid.mean() > 0.75
    # What is here now was that much further up and to the left.
    for found, true in zip(motion.flow, (-down, -right), strict=True):
        assert np.abs(found[motion.valid] - true).mean() < 0.15


def test_what_is_warped_lies_where_it_has_moved_to() -> None:
    motion = motion_between(_frame(2, -1.5), _frame(0, 0))
    # A painting of the other frame: another picture, that has moved in the same way.
    moved = warped(_frame(0, 0, seed=5), motion)
    error = np.abs(moved - _frame(2, -1.5, seed=5))[motion.valid].mean()
    still = np.abs(_frame(0, 0, seed=5) - _frame(2, -1.5, seed=5))[motion.valid].mean()
    assert error < 0.25 * still
    assert moved.dtype == np.float32


def test_what_was_hidden_and_what_comes_into_sight_is_not_valid() -> None:
    def scene(left: int) -> np.ndarray:
        frame = _frame(0, 0)
        frame[16:32, left : left + 16] = _frame(0, left, seed=9)[16:32, left : left + 16]
        return frame

    motion = motion_between(scene(24), scene(20))
    uncovered = motion.valid[18:30, 20:24]
    assert uncovered.mean() < 0.5
    assert motion.valid[:10].mean() > 0.8, "what stands still is"
    pan = motion_between(_frame(0, -6), _frame(0, 0))
    assert not pan.valid[:, -4:].any(), "what has come in at the edge"


def test_a_picture_of_another_size_is_warped_at_the_size_of_the_motion() -> None:
    motion = Motion(np.zeros((2, 10, 12), np.float32), np.ones((10, 12), bool))
    assert warped(np.full((5, 6, 3), 0.5, np.float32), motion).shape == (10, 12, 3)


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch, without_qt: None) -> ViewerModel:
    """A viewer with a film of five frames that pans, at its frame 1, and a painting."""
    viewer = ViewerModel()
    film = np.stack([_frame(0.8 * k, -0.5 * k) for k in range(5)])
    viewer.add_image(film, name="film", rgb=True, contrast_limits=(0, 1))
    viewer.add_image(_frame(0, 0, seed=7), name="painting", rgb=True)
    viewer.dims.set_point(0, 1)
    return viewer


def _start(viewer: ViewerModel, monkeypatch: Any, engine: PretendedEngine, **options: Any) -> Any:
    settings = {**QUICK, "size": WIDTH, "steps": 2, "slices": "all", **options}
    return stylize_layers(viewer, "film", "painting", **settings, engine=engine)


def test_each_frame_begins_with_the_one_before_moved_along(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PretendedEngine()
    run = _start(viewer, monkeypatch, engine, temporal_consistency=0.5, temporal_weight=8)
    run.wait(PATIENCE)
    assert run.state == "finished"
    first, *others = engine.jobs
    assert first.settings.init == "content"
    assert first.anchor is None
    assert len(others) == 4
    for job in others:
        assert job.settings.init == "image"
        assert job.settings.temporal_weight == 4
        np.testing.assert_array_equal(job.init, job.anchor)
        assert 0.7 < job.anchor_weight.mean() <= 1
        # This engine paints negatives: so the negative of the content is where it should begin.
        error = np.abs(job.anchor - (1 - job.content))[job.anchor_weight > 0]
        assert error.mean() < 0.02


def test_steering_the_temporal_weight_counts_by_its_share_too(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[dict[str, float]] = []

    def before(job: int, control: Control) -> None:
        if job == 1:
            if not taken:
                run.steer(temporal_weight=6, style_strength=0.3)
            taken.append(control.take_changes())

    engine = PretendedEngine(before)
    run = _start(viewer, monkeypatch, engine, temporal_consistency=0.5, temporal_weight=8)
    run.wait(PATIENCE)
    assert taken[0] == {"temporal_weight": 3, "style_strength": 0.3}
    assert run.settings.temporal_weight == 6
    assert engine.jobs[-1].settings.temporal_weight == 3


def test_without_consistency_frames_know_nothing_of_each_other(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PretendedEngine()
    _start(viewer, monkeypatch, engine).wait(PATIENCE)
    assert len(engine.jobs) == 5
    assert all(job.anchor is None and job.settings.init == "content" for job in engine.jobs)


@pytest.mark.parametrize("consistency", [0.0, 1.0])
def test_what_a_look_paints_is_held_to_the_frame_before_as_well(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch, consistency: float
) -> None:
    """The engine paints still grain over the negative: it is averaged where the film moves."""
    grain = np.random.default_rng(3).normal(0, 0.05, (HEIGHT, WIDTH, 3))

    class Grainy(PretendedEngine):
        def stylize_steps(self, job: Any, control: Control | None = None) -> Any:
            for update in super().stylize_steps(job, control):
                if update is not None:
                    image = np.clip(update.image + grain, 0, 1).astype(np.float32)
                    update = dataclasses.replace(update, image=image, step=1, total=1, fraction=1.0)
                    yield update
                    return
                yield update

    run = stylize_layers(
        viewer,
        "film",
        tiny_look(),
        slices="all",
        temporal_consistency=consistency,
        engine=Grainy(),
    ).wait(PATIENCE)
    assert run.state == "finished"
    film = np.asarray(viewer.layers["film"].data)
    errors = np.abs(run.layer.data[..., :3] / 255 - (1 - film)).mean(axis=(1, 2, 3))
    # It begins at frame 1: three frames are held to one before, and frame 0 to frame 1.
    assert (errors[[0, 2, 3, 4]] < 0.9 * errors[1]).all() == bool(consistency)


def test_a_film_taken_up_again_goes_on_from_the_finished_frames(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(job: int, control: Control) -> None:
        if job == 2:
            control.cancel()

    engine = PretendedEngine(before=stop)
    run = _start(viewer, monkeypatch, engine, temporal_consistency=1.0).wait(PATIENCE)
    assert run.missing == [3, 4, 0]
    run.resume()
    run.wait(PATIENCE)
    assert run.state == "finished"
    assert all(job.anchor is not None for job in engine.jobs[1:])


def test_after_a_frame_that_failed_the_next_starts_afresh(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.layers["film"].data[2, 5, 5] = np.nan
    engine = PretendedEngine()
    run = _start(viewer, monkeypatch, engine, temporal_consistency=1.0).wait(PATIENCE)
    assert list(run.failures) == [2]
    # Frames 1, 3, 4 and 0, in this order: 3 has no finished neighbour.
    assert [job.anchor is None for job in engine.jobs] == [True, True, False, False]


def test_in_a_film_of_stacks_frames_follow_each_other_in_time(
    monkeypatch: pytest.MonkeyPatch, viewer: ViewerModel
) -> None:
    film = viewer.layers["film"].data
    deep = np.stack([film[:3], 1 - film[:3]])  # two slices of three frames
    viewer.layers.remove("film")
    viewer.add_image(
        deep, name="film", rgb=True, axis_labels=("z", "t", "y", "x"), contrast_limits=(0, 1)
    )
    viewer.dims.set_point([0, 1], [0, 0])
    engine = PretendedEngine()
    _start(viewer, monkeypatch, engine, temporal_consistency=1.0).wait(PATIENCE)
    assert [job.anchor is None for job in engine.jobs] == [True, False, False] * 2
