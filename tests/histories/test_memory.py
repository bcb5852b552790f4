"""What History and runs that are over keep, and that they let it go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import StyleRun, history, reproduce, stylize_layers
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.histories import removed
from napari_neural_style.pictures.sharing import shared
from napari_neural_style.records.records import record_of
from napari_neural_style.running import kept_inputs
from napari_neural_style.viewing import multiscale
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(9)
Start = Callable[..., Any]


class Forgetful(PretendedEngine):
    """Holds no job of a run that is over."""

    def stylize_steps(self, *arguments: Any) -> Any:
        yield from super().stylize_steps(*arguments)
        self.jobs.clear()


@pytest.fixture
def viewer(without_qt: None) -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(RNG.integers(0, 256, (60, 80, 3), np.uint8), name="photo", rgb=True)
    viewer.add_image(RNG.integers(0, 256, (30, 30, 3), np.uint8), name="painting", rgb=True)
    viewer.add_image(RNG.integers(0, 256, (3, 60, 80, 3), np.uint8), name="film", rgb=True)
    return viewer


@pytest.fixture
def paint(viewer: ViewerModel) -> Start:
    engine = Forgetful()

    def paint_(content: Any = "photo", **options: Any) -> Any:
        settings = {**QUICK, "steps": 1, **options}
        run = stylize_layers(viewer, content, "painting", engine=engine, **settings)
        return run.wait(PATIENCE)

    return paint_


def _alive(references: list[weakref.ref[Any]]) -> int:
    gc.collect()
    return sum(reference() is not None for reference in references)


def test_a_deleted_entry_frees_everything(viewer: ViewerModel, paint: Start) -> None:
    for options in ({}, {"content": "film", "slices": "all"}, {"init": "photo"}):
        run = paint(**options)
        arrays = list(run.inputs_kept()) if isinstance(run, StyleRun) else []
        held = [weakref.ref(a) for a in (run, run.layer, run.layer.data, run.progress.image)]
        held += [weakref.ref(a) for a in arrays]
        del run, arrays
        history(viewer).delete(history(viewer)[-1])
        # napari itself holds on to the layer that was added last.
        viewer.layers.remove(viewer.add_image(np.zeros((2, 2)), name="last"))
        assert _alive(held) == 0, options


def test_a_run_that_is_over_holds_no_layer(viewer: ViewerModel, paint: Start) -> None:
    photo, film = viewer.layers["photo"], viewer.layers["film"]
    runs = [paint(photo), paint(film, slices="all")]
    held = [weakref.ref(item) for item in (photo, film, photo.data, film.data)]
    viewer.layers.remove(photo)
    viewer.layers.remove(film)
    del photo, film
    assert _alive(held) == 0
    assert runs[1].missing == []
    assert runs[1].slices == 3


def test_runs_of_one_photo_share_it(viewer: ViewerModel, paint: Start) -> None:
    runs = [paint(seed=seed) for seed in range(3)]
    assert len({id(array) for run in runs for array in run.inputs_kept()}) == 2
    other = RNG.random((60, 80, 3)).astype(np.float32)
    almost = other.copy()
    almost[31, 17, 1] += 1e-6
    assert shared(other) is other
    assert shared(other.copy()) is other
    assert shared(almost) is almost


def test_inputs_beyond_the_budget_are_let_go_the_oldest_first(
    viewer: ViewerModel, paint: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 60 * 80 * 3 * 4
    monkeypatch.setattr(kept_inputs, "KEPT_BYTES", 2 * size + 2 * 30 * 30 * 3 * 4)
    runs = []
    for number in range(4):
        pixels = RNG.integers(0, 256, (60, 80, 3), np.uint8)
        runs.append(paint(viewer.add_image(pixels, name=f"photo {number}", rgb=True)))
    assert [bool(run.inputs_kept()) for run in runs] == [False, False, True, True]


@pytest.mark.parametrize("moved", [False, True])
def test_a_run_whose_inputs_were_let_go_goes_on_as_if_they_were_kept(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    engine = PretendedEngine()
    mask = viewer.add_shapes([[5, 5], [5, 50], [40, 50], [40, 5]], shape_type="polygon", name="in")
    settings = {**QUICK, "steps": 2, "engine": engine, "slices": "current"}

    def paint() -> StyleRun:
        run = stylize_layers(viewer, "film", "painting", region="in", content_mask=mask, **settings)
        return run.wait(PATIENCE)

    kept = paint()
    monkeypatch.setattr(kept_inputs, "KEPT_BYTES", 0)
    let_go = paint()
    assert not let_go.inputs_kept()
    monkeypatch.undo()
    viewer.layers["film"].name = "renamed"
    if moved:
        viewer.dims.set_point(0, 2)
    for run in (kept, let_go):
        run.continue_for(3)
        run.wait(PATIENCE)
    one, other = engine.jobs[2:]
    assert one.fingerprint() == other.fingerprint()
    np.testing.assert_array_equal(kept.layer.data, let_go.layer.data)
    assert let_go.steps == kept.steps == 5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_of_a_run_whose_inputs_were_let_go_the_picture_is_the_same(
    viewer: ViewerModel, paint: Start, monkeypatch: pytest.MonkeyPatch, dtype: type
) -> None:
    mask = np.zeros((60, 80), int)
    mask[:, :40] = 1
    viewer.add_labels(mask, name="left")
    options = {"color": "content", "size": 40, "content_mask": "left"}
    kept = paint(**options)
    wanted = kept.picture(dtype)
    monkeypatch.setattr(kept_inputs, "KEPT_BYTES", 0)
    let_go = paint(**options)
    assert not let_go.inputs_kept()
    np.testing.assert_array_equal(let_go.picture(dtype), wanted)
    np.testing.assert_array_equal(let_go.camera()(dtype), wanted)
    assert not let_go.inputs_kept()
    viewer.layers["photo"].data = 255 - viewer.layers["photo"].data
    with pytest.raises(NeuralStyleError, match="cannot give the picture anew"):
        let_go.picture(dtype)


@pytest.mark.parametrize("how", ["changed", "gone", "unreadable"])
def test_what_cannot_be_read_again_is_said(
    viewer: ViewerModel, paint: Start, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(kept_inputs, "KEPT_BYTES", 0)
    run = paint()
    if how == "gone":
        viewer.layers.remove("photo")
    else:
        viewer.layers["photo"].data = 255 - viewer.layers["photo"].data
    with pytest.raises(NeuralStyleError, match=r"cannot go on.* kept no more.*new run") as told:
        run.continue_for(2)
    assert ("gone" if how == "gone" else "changed") in str(told.value)
    assert run.state == "finished"


@pytest.mark.parametrize("options", [{}, {"content": "film", "slices": "current"}])
def test_large_removed_results_are_packed_too(
    viewer: ViewerModel, paint: Start, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(multiscale, "LARGE", 1000)
    monkeypatch.setattr(multiscale, "_SMALLEST_LEVEL", 20)
    known = history(viewer)
    wanted = []
    for seed in range(removed.UNPACKED + 1):
        layer = paint(seed=seed, **options).layer
        assert layer.multiscale
        wanted.append([np.array(level) for level in layer.data])
        viewer.layers.remove(layer)
    first = known[0]
    assert first.packed
    known.show(first)
    assert first.layer.multiscale
    for level, was in zip(first.layer.data, wanted[0], strict=True):
        np.testing.assert_array_equal(level, was)


def test_removed_results_are_packed_and_come_back_as_they_were(
    viewer: ViewerModel, paint: Start
) -> None:
    known = history(viewer)
    pixels = []
    for seed in range(removed.UNPACKED + 3):
        run = paint(seed=seed)
        run.layer.opacity, run.layer.translate = 0.5, (3, 4)
        pixels.append(run.layer.data.copy())
        viewer.layers.remove(run.layer)
        del run
    assert [bool(entry.packed) for entry in known] == [True] * 3 + [False] * removed.UNPACKED
    assert [entry.settings.seed for entry in known] == list(range(len(known)))
    assert known.differences(known[1]) == "seed 0 -> 1"
    assert known[0].summary.endswith("finished")
    assert known[0].thumbnail(viewer) is not None
    known.show(known[0])
    layer = known[0].layer
    assert layer in viewer.layers
    assert known.entry_of(layer) is known[0]
    assert len(known) == len(pixels)
    np.testing.assert_array_equal(layer.data, pixels[0])
    layer.data[0] = 0  # it can be painted on
    assert layer.opacity == 0.5
    np.testing.assert_array_equal(layer.translate, (3, 4))
    again = reproduce(viewer, layer, engine=PretendedEngine()).wait(PATIENCE)
    np.testing.assert_array_equal(again.layer.data, pixels[0])


def test_a_packed_result_that_somebody_has_kept_is_the_same_result(
    viewer: ViewerModel, paint: Start
) -> None:
    known = history(viewer)
    runs = [paint(seed=seed) for seed in range(removed.UNPACKED + 2)]
    for run in runs:
        viewer.layers.remove(run.layer)
    assert known[0].packed
    assert known[1].packed
    viewer.add_layer(runs[0].layer)
    assert known.entry_of(runs[0].layer) is known[0]
    runs[1].continue_for(1)
    runs[1].wait(PATIENCE)
    assert len(known) == len(runs)
    assert known[1].run is runs[1]


def test_packed_results_beyond_the_budget_keep_their_record(
    viewer: ViewerModel, paint: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_neural_style.histories.history.PACKED_BYTES", 20_000)
    known = history(viewer)
    for seed in range(removed.UNPACKED + 4):
        viewer.layers.remove(paint(seed=seed).layer)
    entry = known[0]
    assert entry.packed
    assert not entry.packed.has_pixels
    assert "its picture is kept no more" in entry.summary
    assert entry.settings.seed == 0
    known.show(entry)
    assert entry.layer is None
    assert entry.thumbnail(viewer) is None
    assert entry.state == "finished"
    again = reproduce(viewer, entry.record, engine=PretendedEngine()).wait(PATIENCE)
    assert record_of(again.layer)["step"] == 1
    known.delete(entry)
    assert entry not in list(known)


def test_a_stack_with_slices_to_paint_is_not_packed(viewer: ViewerModel, paint: Start) -> None:
    run = stylize_layers(
        viewer,
        "film",
        "painting",
        slices="all",
        engine=PretendedEngine(lambda number, control: number and control.cancel()),
        **{**QUICK, "steps": 1},
    ).wait(PATIENCE)
    assert run.missing
    viewer.layers.remove(run.layer)
    for seed in range(removed.UNPACKED + 1):
        viewer.layers.remove(paint(seed=seed).layer)
    assert history(viewer)[0].run is run
