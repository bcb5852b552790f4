"""Strokes on a result: the spot is painted anew, the rest stays, and all can be taken back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel

from napari_neural_style import stylize_layers
from napari_neural_style.errors import ImageError
from napari_neural_style.retouching import Retouch, _around
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(5)
PHOTO = RNG.integers(0, 256, (60, 90, 3), np.uint8)
PLACE: dict[str, Any] = {"scale": (2, 2), "rotate": 30}


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True, **PLACE)
    viewer.add_image(PHOTO[::-1], name="painting", rgb=True)
    return viewer


@pytest.fixture
def result(viewer: ViewerModel, engine: PretendedEngine) -> Any:
    run = stylize_layers(viewer, "photo", "painting", **{**QUICK, "steps": 2}, engine=engine)
    layer = run.wait(PATIENCE).layer
    layer.data = PHOTO  # of known pixels: the pretended engine paints the negative
    return layer


def _mask(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(PHOTO.shape[:2], bool)
    mask[rows, columns] = True
    return mask


def _stroked(retouch: Retouch, mask: np.ndarray, engine: Any, strength: float = 0.8) -> None:
    stroke = retouch.stroke(mask, strength)
    for picture in retouch.paint(stroke, engine):
        retouch.apply(stroke, picture)


def test_the_spot_is_painted_anew_and_the_rest_stays_to_the_bit(
    viewer: ViewerModel, result: Any, engine: PretendedEngine
) -> None:
    retouch = Retouch(viewer, result)
    mask = _mask(slice(0, 60), slice(0, 60))
    _stroked(retouch, mask, engine)
    np.testing.assert_array_equal(result.data[~mask], PHOTO[~mask])
    # Where the weight is full it is the negative of the content; to the edge it grows softly.
    new = result.data.astype(int)
    np.testing.assert_allclose(new[:, :20], 255 - PHOTO[:, :20].astype(int), atol=1)
    assert len(retouch) == 1
    assert retouch.undo()
    np.testing.assert_array_equal(result.data, PHOTO)
    assert not retouch.undo()


def test_the_engine_gets_the_present_picture_the_whole_style_and_the_strength(
    viewer: ViewerModel, result: Any, engine: PretendedEngine
) -> None:
    retouch = Retouch(viewer, result)
    result.data = 255 - PHOTO
    _stroked(retouch, _mask(slice(20, 30), slice(40, 50)), engine, 0.9)
    job = engine.jobs[-1]
    assert job.settings.style_strength == 0.9
    assert job.settings.smallest_scale == 0
    stroke = retouch._before[0][0]
    np.testing.assert_allclose(
        job.init * 255, 255.0 - PHOTO[stroke.rows, stroke.columns], atol=0.01
    )
    np.testing.assert_allclose(
        job.content * 255, PHOTO[stroke.rows, stroke.columns].astype(float), atol=0.01
    )
    assert job.regions[0].styles[0].image.shape == PHOTO.shape


def test_strokes_are_taken_back_one_by_one_and_told_in_the_record(
    viewer: ViewerModel, result: Any, engine: PretendedEngine
) -> None:
    retouch = Retouch(viewer, result)
    pictures = [result.data]
    for column in (5, 30, 60):
        _stroked(retouch, _mask(slice(20, 50), slice(column, column + 25)), engine)
        pictures.append(result.data)
    notices = result.metadata["neural_style"]["notices"]
    assert notices == ["Painted over by hand in 3 spots."]
    for before in pictures[-2::-1]:
        retouch.undo()
        np.testing.assert_array_equal(result.data, before)
    assert result.metadata["neural_style"]["notices"] == []


def test_once_a_run_has_gone_on_in_the_layer_there_is_nothing_to_take_back(
    viewer: ViewerModel, result: Any, engine: PretendedEngine
) -> None:
    retouch = Retouch(viewer, result)
    _stroked(retouch, _mask(slice(20, 50), slice(5, 30)), engine)
    record = result.metadata["neural_style"]
    result.data = PHOTO[::-1]
    result.metadata["neural_style"] = {**record, "notices": []}
    assert len(retouch) == 0
    assert not retouch.undo()
    np.testing.assert_array_equal(result.data, PHOTO[::-1])
    _stroked(retouch, _mask(slice(20, 50), slice(60, 80)), engine)
    assert result.metadata["neural_style"]["notices"] == ["Painted over by hand in 1 spots."]
    assert retouch.undo()
    np.testing.assert_array_equal(result.data, PHOTO[::-1])


def test_strokes_of_before_stay_told(
    viewer: ViewerModel, result: Any, engine: PretendedEngine
) -> None:
    first = Retouch(viewer, result)
    for column in (5, 30):
        _stroked(first, _mask(slice(20, 50), slice(column, column + 25)), engine)
    again = Retouch(viewer, result)
    assert len(again) == 0
    _stroked(again, _mask(slice(20, 50), slice(60, 85)), engine)
    assert result.metadata["neural_style"]["notices"] == ["Painted over by hand in 3 spots."]
    assert again.undo()
    assert result.metadata["neural_style"]["notices"] == ["Painted over by hand in 2 spots."]


def test_a_stroke_takes_what_the_run_took_of_a_style_with_a_transparent_part(
    engine: PretendedEngine,
) -> None:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True)
    cut_out = np.dstack([PHOTO[::-1], np.full(PHOTO.shape[:2], 255, np.uint8)])
    cut_out[:, 45:] = 0
    viewer.add_image(cut_out, name="painting", rgb=True)
    run = stylize_layers(viewer, "photo", "painting", **{**QUICK, "steps": 2}, engine=engine)
    retouch = Retouch(viewer, run.wait(PATIENCE).layer)
    _stroked(retouch, _mask(slice(20, 30), slice(40, 50)), engine)
    whole, part = (job.regions[0].styles[0] for job in engine.jobs)
    np.testing.assert_array_equal(part.image, whole.image)
    assert (part.guide is None) == (whole.guide is None)
    if whole.guide is not None:
        np.testing.assert_array_equal(part.guide, whole.guide)


@given(
    places=st.lists(st.integers(0, 999), min_size=1, max_size=20),
    length=st.integers(1, 1000),
    share=st.floats(0.05, 1),
)
def test_the_part_around_a_stroke_holds_it_and_lies_within_the_picture(
    places: list[int], length: int, share: float
) -> None:
    inside = np.unique([place % length for place in places])
    part = _around(inside, length, share)
    assert 0 <= part.start <= inside[0]
    assert inside[-1] < part.stop <= length
    small = inside[-1] - inside[0] < 100
    if small and length * share > 300:
        assert (part.stop - part.start) * share == pytest.approx(256, abs=1)


def test_what_cannot_be_painted_on_is_told(
    viewer: ViewerModel, result: Any, engine: PretendedEngine
) -> None:
    with pytest.raises(ImageError, match="no result"):
        Retouch(viewer, "photo")
    retouch = Retouch(viewer, result)
    with pytest.raises(ImageError, match="nothing is painted"):
        retouch.stroke(np.zeros((60, 90), bool), 0.5)
    viewer.layers.remove("painting")
    viewer.add_image(PHOTO, name="stand-in", rgb=True)
    stack = np.zeros((3, 60, 90, 3), np.uint8)
    viewer.add_image(stack, name="stack", rgb=True, metadata=dict(result.metadata))
    with pytest.raises(ImageError, match="flat results"):
        Retouch(viewer, "stack")


def test_a_real_stroke_comes_closer_to_the_style(viewer: ViewerModel) -> None:
    # A red style; the photo is grey noise.
    viewer.layers["photo"].data = np.repeat(PHOTO[..., :1], 3, axis=2)
    viewer.layers["painting"].data = (PHOTO * (1, 0.1, 0.1)).astype(np.uint8)
    settings = {**QUICK, "steps": 2, "size": 90, "style_strength": 0.0}
    run = stylize_layers(viewer, "photo", "painting", **settings).wait(PATIENCE)
    before = run.layer.data.astype(float)
    retouch = Retouch(viewer, run.layer)
    stroke = retouch.stroke(_mask(slice(10, 50), slice(10, 50)), 1.0)
    for picture in retouch.paint(stroke):
        retouch.apply(stroke, picture)
    after = run.layer.data.astype(float)

    def redness(picture: np.ndarray) -> float:
        part = picture[20:40, 20:40]
        return float((part[..., 0] - part[..., 1:].mean(axis=-1)).mean())

    assert redness(after) > redness(before) + 20
    np.testing.assert_array_equal(after[:, 60:], before[:, 60:])
