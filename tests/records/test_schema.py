"""Records of strangers, whatever they hold: refused or ignored in a sentence, never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from napari_neural_style import Comparison, history, reproduce, stylize_layers
from napari_neural_style.comparing.layouts import captions
from napari_neural_style.errors import ImageError, NeuralStyleError, SettingsError
from napari_neural_style.histories.history import History
from napari_neural_style.presets.differences import differences, varying
from napari_neural_style.records.records import (
    KEY,
    make_record,
    read_record,
    record_of,
    recorded_settings,
    saved_text,
    weights_left_out,
)
from napari_neural_style.records.schema import OwnRecord, checked_record
from napari_neural_style.reproduction import continue_result
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.request import Request
from pretended import PretendedEngine, pretended_progress
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(8)
PIXELS = RNG.integers(0, 256, (12, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def one_viewer() -> ViewerModel:
    """One for all tests: a viewer is dear, and what was in it before must not matter."""
    viewer = ViewerModel()
    viewer.add_image(PIXELS, name="photo", rgb=True)
    viewer.add_image(RNG.integers(0, 256, (9, 9, 3), np.uint8), name="painting", rgb=True)
    return viewer


@pytest.fixture
def viewer(without_qt: None, one_viewer: ViewerModel) -> ViewerModel:
    """The viewer with two pictures and no result."""
    _empty(one_viewer)
    return one_viewer


def _empty(viewer: ViewerModel) -> None:
    """Delete the results, those that never came to a layer as well."""
    known = history(viewer)
    for entry in list(known):
        known.delete(entry)
    assert len(known) == 0
    del viewer.layers[2:]
    assert [layer.name for layer in viewer.layers] == ["photo", "painting"]


def strangers(**changes: Any) -> dict[str, Any]:
    """Return a record as it comes out of a file."""
    return dict(json.loads(_strangers_file(**changes)))


@cache
def _strangers_file(**changes: Any) -> str:
    settings = Settings(**{**QUICK, "steps": 1, **changes})
    inputs = {"content": "photo", "style": "painting"}
    return json.dumps(make_record(settings, pretended_progress(1, 1), (), inputs))


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


ODD: dict[str, Any] = {
    "null": None,
    "a truth": True,
    "a number": 5,
    "a negative one": -3,
    "a fraction": 0.5,
    "a huge one": 10**40,
    "one of 4000 digits": 10**3999,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a text": "x",
    "an empty one": "",
    "HTML": "<img src='file://host/share/x.png'><b>bold</b>",
    "NUL": "a\0b",
    "half a pair": "\udcff",
    "a percent sign": "100 %s %(prog)s %",
    "braces": "{} {0} {x!r}",
    "lines": "a\nb\r\n\tc",
    "a long text": "x" * 100_000,
    "a list": [],
    "a list of odd things": [None, True, -1, "x", [], {}],
    "a mapping": {},
    "a mapping of odd things": {"self": 1, "": None, "cls": [], "step": {}, "__class__": "x"},
    "deep": nested(15),
    "too deep": nested(400),
}
#: These are taken through runs and comparisons as well, which takes longer.
THOROUGHLY = ("a number", "HTML", "half a pair", "a long text", "a mapping of odd things")


@pytest.mark.parametrize("name", [*strangers(), "self", "layer", "slices", "unknown"])
def test_whatever_stands_in_a_record(viewer: ViewerModel, name: str) -> None:
    for odd, value in ODD.items():
        _is_harmless(viewer, {**strangers(), name: value}, odd in THOROUGHLY)
    _empty(viewer)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *(("inputs", name) for name in ("content", "style", "styles", "content_mask", "init")),
        *(("inputs", name) for name in ("region", "window", "slices", "temporal_consistency")),
        *(("inputs", name) for name in ("name", "layers", "sliders", "fingerprint", "self")),
        *(("settings", name) for name in ("preset", "steps", "size", "style_layers", "weights")),
        *(("settings", name) for name in ("features", "device", "tv_weight", "self", "cls")),
        *(("weights", name) for name in ("title", "sha256", "self")),
        *(("losses", name) for name in ("total", "content", "self")),
        *(("stages", name) for name in ("step", "changes", "steering")),
    ],
)
def test_whatever_stands_deeper(viewer: ViewerModel, part: str, name: str) -> None:
    for odd, value in ODD.items():
        record = strangers()
        if part == "settings":
            record[part] = json.dumps({**json.loads(record[part]), name: value})
        elif part == "stages":
            record[part] = [{**record[part][0], name: value}]
        else:
            record[part] = {**record[part], name: value}
        _is_harmless(viewer, record, odd in THOROUGHLY)
    _empty(viewer)


@pytest.mark.parametrize(
    "steering",
    [
        [[0, {"style_strength": "much"}]],
        [[0, {"size": 5000}]],
        [[0, {"self": 1}]],
        [[-1, {"style_strength": 0.5}]],
        [[0, {"style_strength": 7}]],
        [[0]],
        [0],
        {"0": {}},
    ],
)
def test_odd_steering_is_refused(viewer: ViewerModel, steering: Any) -> None:
    record = strangers()
    record["stages"] = [{"step": 1, "changes": {}, "steering": steering}]
    with pytest.raises(SettingsError):
        reproduce(viewer, record, engine=PretendedEngine())
    _is_harmless(viewer, record)


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(strangers())), plain_values, st.booleans())
def test_anything_in_any_place(
    one_viewer: ViewerModel, name: str, value: Any, inside: bool
) -> None:
    _empty(one_viewer)
    record = strangers()
    if inside and isinstance(record[name], dict):
        record[name] = dict.fromkeys(record[name], value)
    else:
        record[name] = value
    _is_harmless(one_viewer, record)
    _empty(one_viewer)


def _is_harmless(viewer: ViewerModel, record: Any, thoroughly: bool = True) -> None:
    """Have everybody look at a record; thoroughly, in a layer as well."""
    good = strangers(seed=5)
    assert len(differences(good, record)) < 20_000
    assert len(differences(record, good)) < 20_000
    varying([good, record, good])
    weights_left_out(record)
    _told(lambda: recorded_settings(record))
    _told(lambda: Request.from_record(record))
    if not thoroughly:
        return
    if "odd" in viewer.layers:
        del viewer.layers[4:]
        viewer.layers["odd"].metadata = {KEY: record}
    else:  # They come to a history that is there already.
        viewer.add_image(PIXELS, name="good", rgb=True, metadata={KEY: good})
        viewer.add_image(PIXELS, name="odd", rgb=True, metadata={KEY: record})
    odd = viewer.layers["odd"]
    # That of a viewer that is opened now: layers are dear, and these two serve all records.
    known = History(viewer)
    assert known[0].layer is viewer.layers["good"]
    repr(known)
    for entry in known:
        assert isinstance(entry.summary, str)
        assert isinstance(entry.name, str)
        assert len(known.differences(entry)) < 20_000
        _told(lambda entry=entry: entry.settings)  # type: ignore[misc]
    captions([viewer.layers["good"], odd])
    _told(lambda: Comparison(viewer, ["good", "odd"]).sheet(16))
    _told(lambda: reproduce(viewer, record, engine=PretendedEngine()).cancel())
    _told(lambda: continue_result(viewer, odd, 1, engine=PretendedEngine()).cancel())


def _told(call: Callable[[], Any]) -> None:
    try:
        call()
    except NeuralStyleError as error:
        told = str(error)
    else:
        return
    assert "\n" not in told.strip(), told
    assert len(told) < 3000, told


OBJECTS: dict[str, Any] = {
    "an array": np.ones(3),
    "an object": object(),
    "a set": {1},
    "bytes": b"neural",
    "a list": [1],
    "a function": len,
    "keys that are no texts": {1: 2, "settings": "{}"},
    "an array inside": {"settings": "{}", "losses": np.ones(3)},
    "too large": {"settings": "{}", "notices": ["x" * 999_999] * 2},
    "too many": {"settings": "{}", "notices": ["x"] * 1_000_001},
    "settings that are too large": {"settings": json.dumps({"preset": "x" * 1_000_001})},
    "settings that are no JSON": {"settings": "{"},
    "settings that are a list": {"settings": "[]"},
    "settings of deep brackets": {"settings": "[" * 100_000},
    "settings with too many digits": {"settings": '{"seed": ' + "9" * 5000 + "}"},
}


@pytest.mark.parametrize("what", OBJECTS)
def test_what_is_no_record(viewer: ViewerModel, what: str) -> None:
    assert checked_record(OBJECTS[what]) is None
    layer = viewer.add_image(PIXELS, rgb=True, metadata={KEY: OBJECTS[what]})
    assert record_of(layer) is None
    assert len(history(viewer)) == 0
    with pytest.raises(ImageError, match="no record"):
        reproduce(viewer, layer)


def test_a_record_within_itself(viewer: ViewerModel) -> None:
    record = strangers()
    record["inputs"]["again"] = record
    assert checked_record(record) is None


def test_what_is_said_of_the_result_is_left_out_where_it_is_odd() -> None:
    record = {**strangers(), "losses": {"total": "low"}, "seconds": True, "step": -1, "new": [1]}
    checked = checked_record(record)
    assert checked is not None
    assert {*record} - {*checked} == {"losses", "seconds", "step"}
    assert checked["new"] == [1], "of a later version, perhaps"


def test_losses_that_went_astray_can_be_saved_and_read(tmp_path: Path) -> None:
    losses = {"total": float("nan"), "style": float("inf"), "content": 0.5}
    record = make_record(Settings(), pretended_progress(1, 1, losses=losses))
    keyword, text = saved_text(record)
    assert "NaN" not in text
    assert "Infinity" not in text
    info = PngInfo()
    info.add_text(keyword, text)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    read = read_record(tmp_path / "a.png")
    assert read is not None
    assert read["losses"] == {"total": None, "style": None, "content": 0.5}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({KEY: {**strangers(), "notices": ["x" * 1_000_000]}}),
        '{"neural_style": ' + "[" * 100_000,
        '{"neural_style": {"settings": "{}", "step": ' + "9" * 5000 + "}}",
    ],
)
def test_too_much_in_a_file_is_no_record(tmp_path: Path, text: str) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.tif", tiffinfo={270: text})
    assert read_record(tmp_path / "a.tif") is None


PATHS = (
    "/home/me/vgg19.h5",
    "C:\\weights\\vgg19.h5",
    "\\\\host\\share\\vgg19.h5",
    "//host/share/vgg19.h5",
    "file://host/share/vgg19.h5",
    "http://host/vgg19.h5",
    "vgg19.h5",
    "~/vgg19.h5",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_record_brings_no_path(
    viewer: ViewerModel, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = strangers(weights=path)
    layer = viewer.add_image(PIXELS, name="odd", rgb=True, metadata={KEY: record})
    entry = history(viewer)[0]
    engine = PretendedEngine()

    def no_path(self: Path, *_: Any) -> None:
        raise AssertionError(f"{self} is touched")

    monkeypatch.setattr(Path, "is_file", no_path)
    monkeypatch.setattr(Path, "stat", no_path)
    runs = [
        reproduce(viewer, record, engine=engine),
        reproduce(viewer, layer, engine=engine),
        continue_result(viewer, layer, 1, engine=engine),
    ]
    monkeypatch.undo()
    for run in runs:
        run.wait(PATIENCE)
        assert run.settings.weights == "auto"
        told = [notice.text for notice in run.notices if "names the weights file" in notice.text]
        assert len(told) == 1
        assert "choose the file yourself" in told[0]
    assert {job.settings.weights for job in engine.jobs} == {"auto"}
    assert entry.settings.weights == "auto"
    assert weights_left_out(entry.record)


@pytest.mark.parametrize("weights", ["auto", "imagenet"])
def test_weights_that_are_no_file_stay(viewer: ViewerModel, weights: str) -> None:
    record = strangers(weights=weights)
    assert recorded_settings(record).weights == weights
    assert weights_left_out(record) == ""


def test_a_path_of_ones_own_stays_as_long_as_the_process_lives(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    engine = PretendedEngine()
    own = str(tmp_path / "vgg19.h5")
    settings = {**QUICK, "steps": 1, "weights": own}
    run = stylize_layers(viewer, "photo", "painting", engine=engine, **settings)
    assert history(viewer)[0].settings.weights == own
    run.wait(PATIENCE)
    record = record_of(run.layer)
    assert isinstance(record, OwnRecord)
    assert isinstance(copy.deepcopy(record), OwnRecord)
    assert recorded_settings(record).weights == own
    again = reproduce(viewer, run.layer, engine=engine).wait(PATIENCE)
    run.continue_for(1)
    run.wait(PATIENCE)
    assert {job.settings.weights for job in engine.jobs} == {own}
    assert not [notice for notice in again.notices if notice.important]
