"""`History` on a bare viewer model, with an engine that paints negatives."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers._source import layer_source
from napari.utils._proxies import PublicOnlyProxy

from napari_neural_style import History, StyleRun, history, stylize_layers
from napari_neural_style.pictures.files import write_image
from napari_neural_style.records.records import saved_text
from napari_neural_style.settings import Settings
from napari_neural_style.viewing import appearance, sources
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(6)
Start = Callable[..., StyleRun]


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(RNG.integers(0, 256, (12, 16, 3), np.uint8), name="photo", rgb=True)
    viewer.add_image(RNG.integers(0, 256, (9, 9, 3), np.uint8), name="painting", rgb=True)
    return viewer


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def paint(viewer: ViewerModel, engine: PretendedEngine, without_qt: None) -> Start:
    """A function that starts a run of two steps on the pretended engine."""

    def paint_(**options: object) -> StyleRun:
        settings = {**QUICK, "steps": 2, "update_every": 1, **options}
        return stylize_layers(viewer, "photo", "painting", **settings, engine=engine)

    return paint_


def _visible(viewer: ViewerModel) -> list[str]:
    return [layer.name for layer in viewer.layers if layer.visible]


def test_runs_come_in_when_they_start_and_tell_what_differs(
    viewer: ViewerModel, paint: Start
) -> None:
    seen: list[str] = []
    known = history(viewer)
    known.added.connect(lambda entry: seen.append(f"added {entry.name}"))
    known.changed.connect(lambda entry: seen.append(entry.state))
    first = paint()
    assert known[0].run is first
    assert known[0].layer is None
    assert known[0].thumbnail(viewer) is None
    first.wait(PATIENCE)
    second = paint(seed=3).wait(PATIENCE)
    assert [entry.run for entry in known] == [first, second]
    assert seen[0] == "added photo in the style of painting"
    assert seen.count("finished") >= 2
    assert [known.differences(entry) for entry in known] == ["", "seed 0 -> 3"]
    assert known[1].settings.seed == 3
    assert known[1].summary == "loss 0.5, content 0, style 0.5, 2 steps in 4 s, finished"
    assert "2 results" in repr(known)


def test_a_proxy_and_its_viewer_have_one_history(viewer: ViewerModel, paint: Start) -> None:
    run = paint().wait(PATIENCE)
    proxy = PublicOnlyProxy(viewer)
    known = history(proxy)
    assert known is history(viewer)
    assert known.entry_of(proxy.layers[-1]) is known[0]
    assert known[0].layer is run.layer


def test_a_thumbnail_is_the_result_made_small(viewer: ViewerModel, paint: Start) -> None:
    run = paint().wait(PATIENCE)
    small = history(viewer)[0].thumbnail(viewer, 8)
    assert small.shape == (6, 8, 3)
    # Independently: the mean of blocks of four pixels is near to any antialiased half.
    blocks = run.layer.data.reshape(6, 2, 8, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - blocks).mean() < 25
    assert abs(small.mean() - blocks.mean()) < 3


def test_show_hides_the_other_results_and_nothing_else(viewer: ViewerModel, paint: Start) -> None:
    first, second = paint().wait(PATIENCE), paint().wait(PATIENCE)
    viewer.layers["photo"].visible = False
    known = history(viewer)
    known.show(known[0])
    assert _visible(viewer) == ["photo", "painting", first.layer.name]
    viewer.layers["painting"].visible = False
    known.show(known[1])
    assert _visible(viewer) == ["photo", second.layer.name]
    assert viewer.layers.selection.active is second.layer


def test_a_removed_result_stays_and_can_be_put_back(viewer: ViewerModel, paint: Start) -> None:
    run = paint().wait(PATIENCE)
    known = history(viewer)
    viewer.layers.remove(run.layer)
    assert len(known) == 1
    known.show(known[0])
    assert run.layer in viewer.layers
    assert len(known) == 1, "the layer that comes back is the same result"


def test_delete_takes_the_layer_and_ends_the_run(viewer: ViewerModel, paint: Start) -> None:
    done, going = paint().wait(PATIENCE), paint(steps=100_000)
    known = history(viewer)
    removed: list[object] = []
    known.removed.connect(removed.append)
    entries = list(known)
    for entry in entries:
        known.delete(entry)
    going.wait(PATIENCE)
    assert going.state == "cancelled"
    assert done.layer not in viewer.layers
    assert [layer.name for layer in viewer.layers] == ["photo", "painting"]
    assert removed == entries
    assert len(known) == 0


def test_a_saved_result_counts_when_it_is_opened_again(
    viewer: ViewerModel, paint: Start, tmp_path: Path
) -> None:
    run = paint(seed=5).wait(PATIENCE)
    write_image(tmp_path / "a.png", run.layer.data, saved_text(run.layer.metadata["neural_style"]))
    fresh = ViewerModel()
    known = history(fresh)
    fresh.add_image(viewer.layers["photo"].data, name="photo", rgb=True)
    with layer_source(path=str(tmp_path / "a.png")):  # as napari's own reader does
        layer = fresh.add_image(run.layer.data, name="a", rgb=True)
    assert [entry.layer for entry in known] == [layer]
    assert known[0].state == "opened"
    assert known[0].settings == Settings.from_json(run.settings.to_json())
    assert known[0].input("content") is fresh.layers["photo"]
    assert known[0].input("style") is None
    # And one that was there before anyone asked for the history.
    late = ViewerModel()
    late.add_layer(layer)
    assert len(history(late)) == 1


def test_renaming_a_result_is_told(viewer: ViewerModel, paint: Start) -> None:
    run = paint().wait(PATIENCE)
    names: list[str] = []
    history(viewer).changed.connect(lambda entry: names.append(entry.name))
    run.layer.name = "my best"
    assert names[-1] == "my best"


def test_a_history_ends_with_its_viewer(
    paint: Start, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    mine = ViewerModel()
    mine.add_image(np.zeros((9, 9, 3), np.uint8), name="a", rgb=True)
    run = stylize_layers(mine, "a", "a", **{**QUICK, "steps": 1}, engine=engine).wait(PATIENCE)
    reference = weakref.ref(history(mine))
    assert isinstance(reference(), History)
    del mine, run
    gc.collect()
    assert reference() is None


def test_a_thumbnail_of_a_large_result_needs_few_of_its_pixels(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []

    def as_displayed(pixels: np.ndarray, display: object) -> object:
        shown.append(pixels.size)
        return appearance.as_displayed(pixels, display)

    monkeypatch.setattr(sources, "as_displayed", as_displayed)
    large = np.zeros((1200, 1600, 4), np.uint8)
    large[:, :800] = (200, 100, 50, 255)
    metadata = {"neural_style": {"settings": "{}"}}
    layer = viewer.add_image(large, name="large", rgb=True, metadata=metadata)
    entry = history(viewer).entry_of(layer)
    small = entry.thumbnail(viewer)
    assert small.shape == (48, 64, 3)
    np.testing.assert_array_equal(small[:, :30], np.broadcast_to((200, 100, 50), (48, 30, 3)))
    assert not small[:, 34:].any()
    assert sum(shown) < large.size / 20
    layer.data = np.zeros_like(large)
    assert entry.thumbnail(viewer) is None, "there is nothing to see yet"
