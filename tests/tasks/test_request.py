"""What was asked, as one value: to a record and back, and safe from whatever happens later."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel

from napari_neural_style import Settings, delete_preset, save_preset, stylize_layers
from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.presets import preset_files
from napari_neural_style.tasks.request import Request
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

NAMES = st.text(min_size=1, max_size=8)
WEIGHTED = st.lists(st.tuples(NAMES, st.floats(0.1, 9)), min_size=1, max_size=3)
SEVERAL = NAMES | st.lists(NAMES, min_size=2, max_size=3) | WEIGHTED
WINDOWS = st.tuples(*[st.tuples(st.integers(0, 9), st.integers(10, 99))] * 2)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Everything that can be asked of layers by their names."""
    others: dict[str, Any] = {
        what: draw(st.none() | NAMES) for what in ("content_mask", "style_mask", "init", "name")
    }
    settings = Settings(
        preset=draw(st.sampled_from(["balanced", "one that is gone"])),
        seed=draw(st.integers(0, 99)),
        style_layers=draw(st.sampled_from([{}, {"block1_conv1": 0.3, "block3_conv1": 1.0}])),
        init="image" if others["init"] else draw(st.sampled_from(["content", "noise"])),
    )
    return Request(
        content=draw(NAMES),
        styles=draw(SEVERAL | st.dictionaries(st.integers(0, 9), SEVERAL, min_size=1, max_size=3)),
        settings=settings,
        region=draw(st.none() | NAMES | WINDOWS),
        **others,
        **draw(
            st.just({})
            | st.fixed_dictionaries(
                {"slices": st.just("all"), "temporal_consistency": st.floats(0, 1)}
            )
        ),
    )


def plain(styles: Any) -> Any:
    """Pairs come back from JSON as lists."""
    if isinstance(styles, dict):
        return {label: plain(several) for label, several in styles.items()}
    return [plain(item) for item in styles] if isinstance(styles, list | tuple) else styles


@given(requests())
def test_a_request_goes_to_json_and_back(request_: Request) -> None:
    record = json.loads(json.dumps(request_.to_record()))
    again = Request.from_record(record)
    assert again == request_.replace(styles=plain(request_.styles))
    assert again.to_record() == record


def test_records_of_before_there_were_requests_are_read() -> None:
    # As written by version 0.1: one style in a text, the slice and the pixels' checksum beside it.
    inputs = {"content": "photo", "style": "night", "fingerprint": "12345678", "sliders": {}}
    found = Request.from_record({"settings": Settings(seed=3).to_json(), "inputs": inputs})
    assert found == Request(content="photo", styles="night", settings=Settings(seed=3))


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        (None, "does not say from which layers"),
        ({"style": "night"}, "does not say from which layers"),
        ({"content": None, "style": "night"}, "content was an array"),
        ({"content": "photo", "style": None}, "style was an array"),
        ({"content": "photo", "styles": ["night", None], "style": ""}, "style was an array"),
        ({"content": "photo", "styles": {"one": "night"}, "style": ""}, "damaged"),
        ({"content": "photo", "style": "night", "window": [[1, 2]]}, "damaged"),
        ({"content": "photo", "style": "night", "slices": "some"}, "'current' or 'all'"),
        ({"content": "photo", "style": "night", "temporal_consistency": 7}, "between 0 and 1"),
        ({"content": "photo", "style": "night", "temporal_consistency": "much"}, "damaged"),
    ],
)
def test_a_damaged_record_is_refused_in_a_sentence(inputs: Any, sentence: str) -> None:
    with pytest.raises((ImageError, SettingsError), match=sentence):
        Request.from_record({"settings": "{}", "inputs": inputs})


def test_an_image_to_start_from_and_the_settings_agree() -> None:
    assert Request(content="a", styles="b", init="c").settings.init == "image"
    assert Request.of("a", "b", init="noise").settings.init == "noise"
    assert Request.of("a", "b", init="noise").init is None
    assert Request.of("a", "b", init="a layer").settings.init == "image"
    with pytest.raises(SettingsError, match="no image to start from"):
        Request(content="a", styles="b", settings=Settings(init="image"))


def test_arrays_have_no_names_and_the_record_says_so() -> None:
    pixels = np.zeros((3, 4))
    asked = Request(content="photo", styles=[("night", 1), (pixels, 2)], content_mask=pixels)
    inputs = asked.to_record()["inputs"]
    assert inputs["style"] == "night, an array"
    assert inputs["styles"] == [["night", 1.0], [None, 2.0]]
    assert inputs["content_mask"] is None


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    rng = np.random.default_rng(4)
    viewer.add_image(rng.integers(0, 256, (3, 12, 16, 3), np.uint8), name="film", rgb=True)
    viewer.add_image(rng.integers(0, 256, (10, 10, 3), np.uint8), name="painting", rgb=True)
    return viewer


def test_nothing_that_happens_later_changes_a_queued_stack(
    viewer: ViewerModel, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, without_qt: None
) -> None:
    """Presets edited and deleted, layers renamed and repainted, while it waits and paints."""
    monkeypatch.setattr(preset_files, "folder", lambda: tmp_path / "presets")
    save_preset("oil", Settings(tv_weight=0.5))
    gate = threading.Event()
    engine = PretendedEngine(lambda *_: gate.wait(PATIENCE))
    settings = {**QUICK, "steps": 2, "preset": "oil", "engine": engine}
    first = stylize_layers(viewer, "painting", "film", **settings)
    stack = stylize_layers(viewer, "film", "painting", slices="all", **settings)
    asked = stack.request
    film = viewer.layers["film"].data.copy()
    save_preset("oil", Settings(tv_weight=0.7, seed=9))
    viewer.layers["film"].name = "film of before"
    viewer.layers["painting"].name = "another"
    viewer.layers["another"].data = np.zeros((10, 10, 3), np.uint8)

    def in_the_midst(_: object) -> None:
        if stack.progress.step == 2:  # of the first slice
            delete_preset("oil")

    stack.progressed.connect(in_the_midst)
    gate.set()
    assert first.wait(PATIENCE).state == "finished"
    assert stack.wait(PATIENCE).state == "finished"
    assert not stack.failures
    assert stack.request is asked
    jobs = engine.jobs[1:]
    assert len(jobs) == 3
    for job in jobs:
        assert job.settings is asked.settings, "looked up once, where the request was made"
        assert job.style.any(), "the painting as it was"
    assert (asked.settings.tv_weight, asked.settings.seed) == (0.5, 0)
    np.testing.assert_array_equal(stack.layer.data[..., :3], 255 - film)
    record = stack.layer.metadata["neural_style"]
    assert record["inputs"]["content"] == "film"
    assert record["inputs"]["style"] == "painting"
    assert json.loads(record["settings"])["preset"] == "oil"


def test_settings_are_made_once_for_a_run_and_once_for_a_stack(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch, without_qt: None
) -> None:
    made: list[Settings] = []
    check = Settings.__post_init__

    def counted(settings: Settings) -> None:
        made.append(settings)
        check(settings)

    monkeypatch.setattr(Settings, "__post_init__", counted)
    for slices in ("current", "all"):
        made.clear()
        options = {**QUICK, "steps": 2, "slices": slices, "engine": PretendedEngine()}
        stylize_layers(viewer, "film", "painting", **options).wait(PATIENCE)
        assert len(made) == 1
