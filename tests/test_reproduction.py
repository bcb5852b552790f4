"""`reproduce`: the same picture again, or a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import continue_result, reproduce, stylize_layers
from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.records.layer_writer import write_layer
from napari_neural_style.records.records import KEY, make_record, record_of, recorded_settings
from napari_neural_style.settings import Settings
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

pytestmark = pytest.mark.usefixtures("without_qt")

RNG = np.random.default_rng(8)


@pytest.fixture
def viewer() -> ViewerModel:
    """A viewer with two images, two styles, a stack, and masks over them."""
    viewer = ViewerModel()
    viewer.add_image(RNG.integers(0, 256, (20, 30, 3), np.uint8), name="photo", rgb=True)
    for name in ("painting", "drawing"):
        viewer.add_image(RNG.integers(0, 128, (25, 25, 3), np.uint8), name=name, rgb=True)
    halves = np.ones((20, 30), int)
    halves[:, 15:] = 2
    viewer.add_labels(halves, name="halves")
    parts = np.zeros((25, 25), int)
    parts[:12] = 1
    viewer.add_labels(parts, name="parts")
    viewer.add_shapes([np.array([[2, 3], [2, 20], [15, 20], [15, 3]])], name="frame")
    return viewer


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    pretended = PretendedEngine()
    return pretended


def paint(
    engine: PretendedEngine,
    viewer: ViewerModel,
    content: str = "photo",
    style: Any = "painting",
    **options: Any,
):
    return stylize_layers(
        viewer, content, style, **{**QUICK, "steps": 2, **options}, engine=engine
    ).wait(PATIENCE)


def add_stack(viewer: ViewerModel) -> None:
    viewer.add_image(RNG.random((4, 20, 30)), name="stack", contrast_limits=(0, 1))


CALLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "several styles": {"style": ["painting", "drawing"]},
    "weighted styles": {"style": [("painting", 2.0), ("drawing", 0.5)]},
    "styles by label": {
        "style": {1: "painting", 2: ["drawing", ("painting", 3)]},
        "content_mask": "halves",
    },
    "style mask": {"style_mask": "parts", "content_mask": "halves"},
    "region": {"region": "frame"},
    "region in pixels": {"region": ((1, 9), (2, 30))},
    "init": {"init": "drawing"},
    "view": {"content": "view", "style": "painting"},
    "other settings": {"color": "luminance", "preset": "paper", "content_layers": {}},
}


@pytest.mark.parametrize("call", CALLS)
def test_the_engine_gets_the_very_same_job_again(
    viewer: ViewerModel, engine: PretendedEngine, call: str
) -> None:
    first = paint(engine, viewer, **CALLS[call])
    # As it comes back from a file: everything must survive JSON.
    record = json.loads(json.dumps(record_of(first.layer)))
    viewer.layers["frame"].data = [np.array([[0, 0], [0, 4], [4, 4], [4, 0]])]
    again = reproduce(viewer, record, engine=engine).wait(PATIENCE)
    one, other = engine.jobs
    assert one.fingerprint() == other.fingerprint()
    changed = {"device": "cpu"}  # where it was painted; "auto" may be something else tomorrow
    assert other.settings == one.settings.replace(**changed)
    assert again.layer is not first.layer
    np.testing.assert_array_equal(again.layer.data, first.layer.data)
    np.testing.assert_array_equal(again.layer.translate, first.layer.translate)
    assert not [notice.text for notice in again.notices if notice.important]


def test_a_slice_is_painted_again_wherever_the_sliders_are_by_now(
    viewer: ViewerModel, engine: PretendedEngine
) -> None:
    add_stack(viewer)
    viewer.dims.set_current_step(0, 3)
    first = paint(engine, viewer, "stack")
    viewer.dims.set_current_step(0, 1)
    reproduce(viewer, first.layer, engine=engine).wait(PATIENCE)
    assert engine.jobs[0].fingerprint() == engine.jobs[1].fingerprint()
    assert viewer.dims.current_step[0] == 3


def test_a_stack_is_painted_again_slice_by_slice(
    viewer: ViewerModel, engine: PretendedEngine
) -> None:
    add_stack(viewer)
    first = paint(engine, viewer, "stack", slices="all", temporal_consistency=0.5)
    inputs = record_of(first.layer)["inputs"]
    assert (inputs["slices"], inputs["temporal_consistency"]) == ("all", 0.5)
    again = reproduce(viewer, first.layer, engine=engine).wait(PATIENCE)
    np.testing.assert_array_equal(again.layer.data, first.layer.data)
    assert [j.fingerprint() for j in engine.jobs[:4]] == [j.fingerprint() for j in engine.jobs[4:]]
    assert engine.jobs[1].anchor is not None


def test_on_the_cpu_the_same_pixels_come_back_from_a_saved_file(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    first = stylize_layers(
        viewer,
        "photo",
        {1: "painting", 2: "drawing"},
        content_mask="halves",
        **QUICK,
    ).wait(PATIENCE)
    record = record_of(first.layer)
    assert len(record["weights"]["sha256"]) == 64
    path = tmp_path / "painted.png"
    write_layer(str(path), first.layer.data, {"metadata": first.layer.metadata})
    again = reproduce(viewer, path, name="again").wait(PATIENCE)
    assert again.layer.name == "again"
    np.testing.assert_array_equal(again.layer.data, first.layer.data)
    for what in ("settings", "step", "losses", "weights"):
        ours, theirs = record_of(again.layer)[what], record[what]
        if what == "settings":
            ours, theirs = ({**json.loads(t), "device": ""} for t in (ours, theirs))
        assert ours == theirs, what


def test_a_layer_that_is_gone_is_named(viewer: ViewerModel, engine: PretendedEngine) -> None:
    first = paint(engine, viewer, style=["painting", "drawing"])
    viewer.layers.remove("drawing")
    with pytest.raises(ImageError, match=r"cannot be painted again.*no style layer 'drawing'"):
        reproduce(viewer, first.layer, engine=engine)
    viewer.layers.remove("photo")
    with pytest.raises(ImageError, match="'drawing'"):
        reproduce(viewer, first.layer, engine=engine)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"style": RNG.random((9, 9, 3))}, "style"),
        ({"style": ["painting", RNG.random((9, 9, 3))]}, "style"),
        ({"content_mask": np.ones((20, 30), bool)}, "content mask"),
        ({"style_mask": np.ones((25, 25), bool)}, "style mask"),
        ({"init": RNG.random((20, 30, 3))}, "init"),
    ],
)
def test_what_came_as_an_array_is_said_to_be_lost(
    viewer: ViewerModel, engine: PretendedEngine, options: dict[str, Any], what: str
) -> None:
    first = paint(engine, viewer, **options)
    with pytest.raises(ImageError, match=f"the {what} was an array"):
        reproduce(viewer, first.layer, engine=engine)


def test_a_layer_that_has_changed_is_told(viewer: ViewerModel, engine: PretendedEngine) -> None:
    first = paint(engine, viewer)
    viewer.layers["photo"].data = 255 - np.asarray(viewer.layers["photo"].data)
    again = reproduce(viewer, first.layer, engine=engine)
    assert "changed" in again.notices[-1].text
    assert again.notices[-1].important


def test_other_weights_are_told(viewer: ViewerModel, engine: PretendedEngine) -> None:
    first = paint(engine, viewer)
    record = dict(record_of(first.layer))
    record["weights"] = {"title": "Another network", "sha256": "00"}
    again = reproduce(viewer, record, engine=engine).wait(PATIENCE)
    assert ["Another network" in n.text for n in again.notices if n.important] == [True]


def test_an_image_that_is_hidden_by_now_is_named(
    viewer: ViewerModel, engine: PretendedEngine
) -> None:
    first = paint(engine, viewer, "view", "painting")
    viewer.layers["drawing"].visible = False
    with pytest.raises(ImageError, match="'drawing' was visible"):
        reproduce(viewer, first.layer, engine=engine)


def test_what_has_no_record_is_refused(
    viewer: ViewerModel, tmp_path: Path, engine: PretendedEngine
) -> None:
    with pytest.raises(ImageError, match="'photo' carries no record"):
        reproduce(viewer, "photo", engine=engine)
    with pytest.raises(ImageError, match="no result layer 'nothing'"):
        reproduce(viewer, "nothing", engine=engine)
    with pytest.raises(ImageError, match="no record"):
        reproduce(viewer, tmp_path / "missing.png", engine=engine)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"inputs": {}}, ImageError),
        ({"inputs": None}, ImageError),
        ({"inputs": {"content": "photo", "style": 5}}, ImageError),
        ({"inputs": {"content": "photo", "style": "painting", "window": 3}}, ImageError),
        ({"inputs": {"content": "photo", "style": "painting", "sliders": {}}}, ImageError),
        ({"inputs": {"content": "photo", "styles": {"a": "painting"}}}, ImageError),
        ({"inputs": {"content": "photo", "style": "painting", "slices": 7}}, SettingsError),
        ({"stages": [{"step": 3}]}, SettingsError),
        ({"settings": '{"from_the_future": 1}'}, SettingsError),
        ({"settings": '{"size": 4}'}, SettingsError),
    ],
)
def test_a_damaged_record_is_said_to_be_one(
    viewer: ViewerModel, engine: PretendedEngine, changes: dict[str, Any], error: type[Exception]
) -> None:
    record = {**record_of(paint(engine, viewer).layer), **changes}
    with pytest.raises(error):
        reproduce(viewer, record, engine=engine)


def test_a_preset_that_is_unknown_here_is_no_obstacle(
    viewer: ViewerModel, engine: PretendedEngine
) -> None:
    first = paint(engine, viewer)
    record = make_record(
        first.settings.replace(preset="a friend's"), first.progress, (), first.inputs
    )
    again = reproduce(viewer, {**record, KEY: None}, engine=engine).wait(PATIENCE)
    assert again.settings.steps == first.settings.steps


def test_a_run_that_was_steered_and_continued_is_so_again(
    viewer: ViewerModel, engine: PretendedEngine
) -> None:
    first = paint(engine, viewer, steps=3)
    first.continue_for(4, steering=((1, {"tv_weight": 0.3}),)).wait(PATIENCE)
    first.steer(style_weight=0.5)  # which counts for what comes after
    first.continue_for(2).wait(PATIENCE)
    record = json.loads(json.dumps(record_of(first.layer)))
    again = reproduce(viewer, record, engine=engine).wait(PATIENCE)
    assert (again.state, again.progress.step) == ("finished", 9)
    ones, others = engine.jobs[:3], engine.jobs[3:]
    assert [job.steering for job in others] == [
        (),
        ((1, {"tv_weight": 0.3}),),
        ((0, {"style_weight": 0.5}),),
    ]
    assert [job.steering for job in ones] == [job.steering for job in others]
    assert [job.fingerprint() for job in ones] == [job.fingerprint() for job in others]
    usual = Settings().tv_weight
    weights = [(job.settings.steps, job.settings.tv_weight) for job in others]
    assert weights == [(3, usual), (4, usual), (2, 0.3)]
    painted_with = recorded_settings(record_of(again.layer))
    assert (painted_with.style_weight, painted_with.tv_weight) == (0.5, 0.3)
    assert not [notice.text for notice in again.notices if notice.important]
    record["stages"][0]["step"] = 2
    told = reproduce(viewer, record, engine=engine).wait(PATIENCE).notices
    assert any("cancelled and continued" in notice.text for notice in told)


@pytest.mark.parametrize("region", [((0, 21), (0, 3)), ((5, 5), (0, 3)), ((-1, 3), (0, 3)), (1, 2)])
def test_a_region_in_pixels_must_lie_within_the_content(
    viewer: ViewerModel, engine: PretendedEngine, region: Any
) -> None:
    with pytest.raises(ImageError, match="region"):
        paint(engine, viewer, region=region)


@pytest.mark.parametrize("call", [call for call in CALLS if call != "other settings"])
def test_a_result_from_a_file_goes_on_from_its_picture(
    viewer: ViewerModel, engine: PretendedEngine, call: str
) -> None:
    first = paint(engine, viewer, **CALLS[call])
    opened = viewer.add_image(
        first.layer.data,
        rgb=True,
        name="opened",
        scale=first.layer.scale,
        translate=first.layer.translate,
        metadata=json.loads(json.dumps(first.layer.metadata)),
    )
    viewer.layers.remove(first.layer)
    run = continue_result(viewer, "opened", 7, engine=engine).wait(PATIENCE)
    one, other = engine.jobs
    assert (other.settings.steps, other.settings.smallest_scale) == (7, 0)
    assert other.settings.init == "image"
    np.testing.assert_allclose(other.init, opened.data[..., :3] / 255, atol=1 / 255)
    np.testing.assert_array_equal(other.content, one.content)
    assert run.layer.name == "opened, continued"
    assert record_of(run.layer)["inputs"]["init"] == "opened"


def test_what_has_no_record_does_not_go_on(viewer: ViewerModel, engine: PretendedEngine) -> None:
    with pytest.raises(ImageError, match="'photo' carries no record"):
        continue_result(viewer, "photo", 5, engine=engine)
