"""`sweep` and `sweep_layers`, with an engine that paints negatives."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import history, sweep, sweep_layers
from napari_neural_style.control import Control
from napari_neural_style.errors import EngineDied, ImageError, SettingsError
from napari_neural_style.progress import Progress
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(4)
PHOTO = RNG.integers(0, 256, (12, 16, 3), np.uint8)
PAINTING = RNG.integers(0, 256, (9, 9, 3), np.uint8)
SETTINGS = {**QUICK, "steps": 2, "update_every": 1}


class Engine(PretendedEngine):
    """Fails at, or is cancelled by the test in, the job of a number."""

    def __init__(self) -> None:
        super().__init__(self._before_step)
        self.failing: set[int] = set()

    def _before_step(self, number: int, _: Control) -> None:
        if number in self.failing:
            raise EngineDied("The engine process ended.")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, without_qt: None) -> Engine:
    engine = Engine()
    return engine


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True)
    viewer.add_image(PAINTING, name="painting", rgb=True)
    viewer.add_image(255 - PAINTING, name="mosaic", rgb=True)
    return viewer


def test_every_combination_is_painted_once_row_by_row(engine: Engine) -> None:
    told: list[Progress] = []
    vary = {"style_strength": [0.2, 0.5], "seed": [0, 1, 2]}
    swept = sweep(
        PHOTO,
        PAINTING,
        vary=vary,
        callback=told.append,
        **SETTINGS,
        engine=engine,
    )
    found = [(job.settings.style_strength, job.settings.seed) for job in engine.jobs]
    assert found == [(s, k) for s in (0.2, 0.5) for k in (0, 1, 2)]
    assert swept.shape == (2, 3)
    assert swept.labels[-1] == "style strength 0.5, seed 2"
    steps = SETTINGS["steps"]
    assert {progress.total for progress in told} == {6 * steps}
    assert [progress.step for progress in told if progress.step % steps == 0] == [
        steps * done for done in range(1, 7)
    ]
    assert told[-1].fraction == 1
    assert told[-1].remaining == 0
    for image in swept.images:
        np.testing.assert_allclose(image, 255 - PHOTO, atol=1)
    sheet = swept.sheet(cell=64)
    assert sheet.shape[1] == 3 * 74 + 10


def test_several_styles(engine: Engine) -> None:
    swept = sweep(
        PHOTO, vary={"style": {"one": PAINTING, "two": 255 - PAINTING}}, **SETTINGS, engine=engine
    )
    assert swept.labels == ["style one", "style two"]
    first, second = (job.style for job in engine.jobs)
    np.testing.assert_allclose(first + second, 1, atol=1e-6)


def test_what_fails_is_left_out_with_its_reason(engine: Engine) -> None:
    engine.failing = {1}
    swept = sweep(PHOTO, PAINTING, vary={"seed": [0, 1, 2]}, **SETTINGS, engine=engine)
    assert [image is None for image in swept.images] == [False, True, False]
    assert "ended" in str(swept.errors[1])
    assert swept.sheet(cell=64).shape[1] == 3 * 74 + 10


def test_nothing_is_painted_if_anything_is_wrong(engine: Engine, viewer: ViewerModel) -> None:
    wrong = [{"seed": [0, 1, -1]}, {"style": [PAINTING]}, {"style": [np.zeros((2, 2, 7))]}]
    for vary, style in zip(wrong, (PAINTING, PAINTING, None), strict=True):
        with pytest.raises((SettingsError, ImageError)):
            sweep(PHOTO, style, vary=vary, **SETTINGS, engine=engine)
    with pytest.raises(ImageError, match="no style"):
        sweep(PHOTO, vary={"seed": [0]}, **SETTINGS, engine=engine)
    for call in (
        partial(sweep, PHOTO, PAINTING),
        partial(sweep_layers, viewer, "photo", "painting"),
    ):
        for unknown in ("name", "slices", "temporal_consistency", "styles"):
            with pytest.raises(SettingsError, match=f"no setting '{unknown}'"):
                call(vary={"seed": [0]}, **{unknown: "all"}, engine=engine)
    with pytest.raises(SettingsError, match="init is 'nope'"):
        sweep(PHOTO, PAINTING, vary={"seed": [0]}, init="nope", engine=engine)
    with pytest.raises(SettingsError, match="seed is -1"):
        sweep_layers(viewer, "photo", "painting", vary={"seed": [0, -1]}, **SETTINGS, engine=engine)
    with pytest.raises(ImageError, match="'gone'"):
        sweep_layers(
            viewer, "photo", vary={"style": ["painting", "gone"]}, **SETTINGS, engine=engine
        )
    assert engine.jobs == []
    assert len(viewer.layers) == 3
    assert len(history(viewer)) == 0


def test_runs_in_a_viewer_go_one_after_the_other_into_a_grid(
    engine: Engine, viewer: ViewerModel
) -> None:
    vary = {"style_strength": [0.2, 0.5], "seed": [0, 1]}
    swept = sweep_layers(viewer, "photo", "painting", vary=vary, **SETTINGS, engine=engine)
    told: list[int] = []
    swept.advanced.connect(lambda s: told.append(s.done))
    assert (swept.done, swept.total, swept.state) == (0, 4, "running")
    assert len(history(viewer)) == 1, "the others have not begun"
    swept.wait(PATIENCE)
    assert told == [1, 2, 3, 4, 4]
    assert swept.state == "finished"
    assert [layer.name for layer in swept.layers] == [f"photo, {label}" for label in swept.labels]
    assert [layer.metadata["neural_style"]["inputs"]["style"] for layer in swept.layers] == [
        "painting"
    ] * 4
    assert swept.comparison.mode == "grid"
    assert swept.comparison.columns == 2
    shown = [caption for _, caption in swept.comparison.pictures]
    assert shown == [f"seed {k}\nstyle strength {s}" for s in (0.2, 0.5) for k in (0, 1)]
    swept.comparison.off()
    assert all(layer in viewer.layers for layer in swept.layers)


def test_layers_are_taken_as_they_are_at_the_start(engine: Engine, viewer: ViewerModel) -> None:
    swept = sweep_layers(
        viewer, "photo", vary={"style": ["painting", "mosaic"]}, **SETTINGS, engine=engine
    )
    viewer.layers.remove("mosaic")
    viewer.layers["photo"].data = np.zeros_like(PHOTO)
    swept.wait(PATIENCE)
    np.testing.assert_allclose(engine.jobs[1].style, (255 - PAINTING) / 255, atol=1e-6)
    np.testing.assert_allclose(engine.jobs[1].content, PHOTO / 255, atol=1e-6)
    assert [layer.name for layer in swept.layers] == [
        "photo, style painting",
        "photo, style mosaic",
    ]


def test_cancel_stops_the_rest(engine: Engine, viewer: ViewerModel) -> None:
    settings = {**SETTINGS, "steps": 100_000}
    swept = sweep_layers(
        viewer, "photo", "painting", vary={"seed": [0, 1, 2]}, **settings, engine=engine
    )
    swept.run.progressed.connect(lambda _: swept.cancel())
    swept.wait(PATIENCE)
    assert (swept.state, swept.done) == ("cancelled", 1)
    assert len(engine.jobs) == 1
    assert len(swept.layers) == 1
    assert swept.comparison is None
    assert not viewer.canvas.grid.enabled
    swept.cancel()  # There is nothing left to do.


def test_a_run_that_fails_does_not_stop_the_rest(engine: Engine, viewer: ViewerModel) -> None:
    engine.failing = {0}
    swept = sweep_layers(
        viewer, "photo", "painting", vary={"seed": [0, 1]}, compare=False, **SETTINGS, engine=engine
    ).wait(PATIENCE)
    assert swept.state == "finished"
    assert list(swept.errors) == ["seed 0"]
    assert [layer.name for layer in swept.layers] == ["photo, seed 1"]
    assert swept.comparison is None
    with pytest.raises(TimeoutError):
        sweep_layers(
            viewer,
            "photo",
            "painting",
            vary={"seed": [5]},
            **{**SETTINGS, "steps": 100_000},
            engine=engine,
        ).wait(0)
    history(viewer)[-1].run.cancel()
    history(viewer)[-1].run.wait(PATIENCE)


def test_what_the_runs_have_in_common_is_read_once(
    engine: Engine, viewer: ViewerModel, looked_at: list[str]
) -> None:
    vary = {"style": ["painting", "mosaic"], "seed": [0, 1]}
    sweep_layers(viewer, "photo", vary=vary, compare=False, **SETTINGS, engine=engine).wait(
        PATIENCE
    )
    first, second, third, fourth = engine.jobs
    assert first.content is second.content is third.content is fourth.content
    assert sorted(looked_at) == [
        "content layer 'photo'",
        "style layer 'mosaic'",
        "style layer 'painting'",
    ]
    np.testing.assert_allclose(first.style + third.style, 1, atol=1e-6)


def test_what_is_seen_is_read_anew_where_another_layer_is_the_style(
    engine: Engine, viewer: ViewerModel
) -> None:
    vary = {"style": ["painting", "mosaic"]}
    sweep_layers(viewer, "view", vary=vary, compare=False, **SETTINGS, engine=engine).wait(PATIENCE)
    first, second = engine.jobs
    np.testing.assert_allclose(first.content[:9, :9], (255 - PAINTING) / 255, atol=1e-6)
    np.testing.assert_allclose(second.content[:9, :9], PAINTING / 255, atol=1e-6)


def test_a_start_from_no_image_is_refused_before_the_first_run(
    engine: Engine, viewer: ViewerModel
) -> None:
    with pytest.raises(SettingsError, match="no image to start from"):
        sweep_layers(
            viewer,
            "photo",
            "painting",
            vary={"init": ["content", "image"]},
            **SETTINGS,
            engine=engine,
        )
    assert engine.jobs == []


def test_results_that_cannot_be_compared_are_there_all_the_same(
    engine: Engine, viewer: ViewerModel
) -> None:
    viewer.add_image(RNG.random((3, 12, 16)), name="stack")
    swept = sweep_layers(
        viewer, "stack", "painting", vary={"seed": [0, 1]}, **SETTINGS, engine=engine
    )
    seen: list[str] = []
    swept.runs[1].state_changed.connect(seen.append)
    swept.runs[1].progressed.connect(lambda _: setattr(viewer.dims, "ndisplay", 3))
    swept.wait(PATIENCE)
    assert swept.state == "finished"
    assert len(swept.layers) == 2
    assert swept.comparison is None
    assert seen[-1] == "finished", "whoever listens as well is told"
