"""`learn`: a run like any other, whose outcome is a look; and what cannot be learnt from."""

from __future__ import annotations

import contextlib
import threading

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import Look, learn, stylize, stylize_layers
from napari_neural_style.errors import ImageError, LookError, NeuralStyleError, SettingsError
from quick import PATIENCE, QUICK
from tiny_looks import LearningEngine, tiny_network


@pytest.fixture
def photo(picture) -> np.ndarray:
    return picture(80, 90)


@pytest.fixture
def painted(photo) -> np.ndarray:
    return 1 - photo


def test_a_look_is_learnt_in_the_engine_process_and_paints(photo, painted, tmp_path) -> None:
    run = learn((photo, painted), steps=3, update_every=2, name="night")
    told: list[int] = []
    run.progressed.connect(lambda progress: told.append(progress.step))
    assert run.wait(PATIENCE) is run
    assert (run.state, told) == ("finished", [1, 2, 3])
    assert run.progress.image.shape == photo.shape
    assert run.look.name == "night"
    assert run.look.record["steps"] == 3
    assert run.look.record["learnt_from"] == [{}]
    assert run.look.record["versions"]["napari-neural-style"]
    assert max(run.look.thumbnail.shape) == 90
    by_run = stylize(photo, run)
    np.testing.assert_array_equal(by_run, stylize(photo, run.look))
    saved = run.save(tmp_path / "night")
    assert saved.stat().st_size < 2e6
    np.testing.assert_array_equal(by_run, stylize(photo, saved))
    np.testing.assert_allclose(by_run, run.progress.image, atol=0.02)


def test_cancelled_it_keeps_what_it_has_and_goes_on(photo, painted) -> None:
    def stop(step: int, control) -> None:
        if step == 3 and len(engine.jobs) == 1:
            control.cancel()

    engine = LearningEngine(stop)
    run = learn((photo, painted), steps=5, engine=engine)
    run.wait()
    assert (run.state, run.progress.step) == ("cancelled", 2)
    assert run.look.network.fingerprint == tiny_network(2).fingerprint
    run.continue_for(4).wait()
    assert (run.state, run.progress.step, run.steps) == ("finished", 6, 6)
    assert engine.jobs[1].start.fingerprint == tiny_network(2).fingerprint
    assert run.look.network.fingerprint == tiny_network(1004).fingerprint
    assert run.look.record["steps"] == 6


def test_paused_it_waits(photo, painted) -> None:
    goes_on = threading.Event()
    engine = LearningEngine(lambda step, _: step == 1 or goes_on.wait(PATIENCE))
    run = learn((photo, painted), steps=3, engine=engine)
    run.pause()
    goes_on.set()
    with contextlib.suppress(TimeoutError):
        run.wait(0.3)
    assert (run.state, run.progress is None or run.progress.step < 3) == ("paused", True)
    run.resume()
    assert run.wait(PATIENCE).progress.step == 3


def test_it_has_its_turn_after_a_run_that_paints(photo, painted, picture) -> None:
    engine = LearningEngine()
    viewer = ViewerModel()
    for name, image in (("photo", photo), ("painting", picture(40, 40, 3))):
        viewer.add_image(image, name=name, rgb=True)
    first = stylize_layers(viewer, "photo", "painting", engine=engine, **QUICK)
    second = learn((photo, painted), steps=2, engine=engine)
    assert (first.state, second.state) == ("running", "queued")
    second.wait()
    assert (first.state, second.state) == ("finished", "finished")


def test_from_a_run_and_from_its_layer_it_learns_the_same_pair(photo, picture) -> None:
    viewer, engine = ViewerModel(), LearningEngine()
    viewer.add_image(photo, name="photo", rgb=True)
    viewer.add_image(picture(40, 40, 3), name="painting", rgb=True)
    options = {**QUICK, "size": 90}
    run = stylize_layers(viewer, "photo", "painting", engine=engine, **options).wait()
    by_run = learn(run, steps=1, engine=engine).wait()
    viewer.layers.remove("painting")  # The style is needed no more.
    by_layer = learn(run.layer, viewer=viewer, steps=1, engine=engine).wait()
    assert by_run.name == by_layer.name == "photo in the style of painting"
    one, other = (job.pairs[0] for job in engine.jobs[1:])
    assert one.content.shape == (80, 90, 3)
    np.testing.assert_allclose(other.content, one.content, atol=0.01)
    np.testing.assert_allclose(other.result, one.result, atol=0.05)
    record = by_layer.look.record["learnt_from"][0]
    assert record["inputs"]["content"] == "photo"


def test_of_a_painted_stack_every_slice_is_a_pair(photo, picture) -> None:
    viewer, engine = ViewerModel(), LearningEngine()
    viewer.add_image(np.stack([photo, photo[::-1], photo[:, ::-1]]), name="film", rgb=True)
    viewer.add_image(picture(40, 40, 3), name="painting", rgb=True)
    options = {**QUICK, "size": 90, "engine": engine}
    run = stylize_layers(viewer, "film", "painting", slices="all", **options).wait()
    learn(run, steps=1, engine=engine).wait()
    pairs = engine.jobs[-1].pairs
    assert len(pairs) == 3
    for pair in pairs:
        np.testing.assert_allclose(pair.result, 1 - pair.content, atol=0.01)


def test_the_size_is_that_of_the_pair_but_no_larger_than_wanted(photo, painted) -> None:
    engine = LearningEngine()
    for size, shape in ((72, (64, 72, 3)), (512, (80, 90, 3))):
        learn((photo, painted), steps=1, size=size, engine=engine).wait()
        assert engine.jobs[-1].pairs[0].content.shape == shape


def test_a_look_to_start_from_is_what_it_starts_from(photo, painted, tmp_path) -> None:
    engine = LearningEngine()
    before = Look(tiny_network(9), "before")
    run = learn((photo, painted), steps=1, start=before.save(tmp_path / "b"), engine=engine).wait()
    assert engine.jobs[0].start.fingerprint == before.network.fingerprint
    assert run.look.record["start"]["sha256"] == before.network.fingerprint


@pytest.mark.parametrize(
    ("source", "options", "error", "text"),
    [
        ([], {}, LookError, "nothing to learn from"),
        (7, {}, LookError, "nothing to learn from 7"),
        (("no.png", "no.png"), {}, ImageError, "no file"),
        ((np.ones((70, 70)), np.ones((70, 71))), {}, ImageError, "same place"),
        ((np.ones((70, 70)), np.ones((70, 70))), {}, ImageError, "flat"),
        ((np.eye(63), np.eye(63)), {}, ImageError, "too small"),
        ((np.eye(70), np.full((70, 70), np.nan)), {}, ImageError, "NaN"),
        ((np.eye(70), np.eye(70)), {"steps": 0}, SettingsError, "steps is 0"),
        ((np.eye(70), np.eye(70)), {"steps": True}, SettingsError, "steps is True"),
        ((np.eye(70), np.eye(70)), {"size": 3}, SettingsError, "size is 3"),
        ((np.eye(70), np.eye(70)), {"start": "no.look"}, LookError, "cannot be read"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_a_sentence(source, options, error, text) -> None:
    with pytest.raises(error, match=text) as caught:
        learn(source, engine=LearningEngine(), **options)
    assert "\n" not in str(caught.value)


def test_a_layer_without_its_content_is_refused(photo, picture) -> None:
    viewer, engine = ViewerModel(), LearningEngine()
    layer = viewer.add_image(photo, name="photo", rgb=True)
    with pytest.raises(LookError, match="'photo' carries no record of its content"):
        learn(layer, viewer=viewer, engine=engine)
    viewer.add_image(picture(40, 40, 3), name="painting", rgb=True)
    run = stylize_layers(viewer, "photo", "painting", engine=engine, **QUICK).wait()
    with pytest.raises(LookError, match="Give the viewer"):
        learn(run.layer, engine=engine)
    viewer.layers.remove("photo")
    with pytest.raises(LookError, match=r"no learning without it.*photo"):
        learn(run.layer, viewer=viewer, engine=engine)


def test_what_is_still_learning_is_no_style_yet(photo, painted) -> None:
    def hold(_: int, control) -> None:
        control.pause()

    run = learn((photo, painted), steps=2, engine=LearningEngine(hold))
    with pytest.raises(NeuralStyleError, match="still being learnt"):
        stylize(photo, run)
    with pytest.raises(LookError, match="Nothing has been learnt"):
        run.save("nowhere")
    with pytest.raises(LookError, match="still being learnt"):
        run.continue_for(2)
    run.cancel()
    run.wait()
    with pytest.raises(NeuralStyleError, match="has learnt nothing"):
        stylize(photo, run)
    with pytest.raises(LookError, match="learn it anew"):
        run.continue_for(2)
