"""Results of a viewer at the size of a print."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import enlarge_result, reproduce, stylize_layers
from napari_neural_style.enlarging import Enlarging
from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.records.records import record_of
from pretended import PretendedEngine
from quick import PATIENCE, QUICK
from tiny_looks import tiny_look

pytestmark = pytest.mark.usefixtures("without_qt")


@pytest.fixture
def viewer(picture) -> ViewerModel:
    """A photo of 60 x 90 that lies askew, and a painting."""
    viewer = ViewerModel()
    photo, painting = ((255 * picture(60, 90, seed=seed)).astype(np.uint8) for seed in (1, 2))
    viewer.add_image(photo, name="photo", rgb=True, scale=(2, 2), translate=(7, 3), rotate=20)
    viewer.add_image(painting, name="painting", rgb=True)
    return viewer


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def result(viewer: ViewerModel, engine: PretendedEngine):
    settings = {**QUICK, "size": 45, "steps": 2, "style_strength": 0.7}
    return (
        stylize_layers(viewer, "photo", "painting", engine=engine, **settings).wait(PATIENCE).layer
    )


def test_it_starts_from_the_result_and_lies_over_it(viewer, engine, result) -> None:
    run = enlarge_result(viewer, result, size=180, steps=3, engine=engine).wait(PATIENCE)
    job = engine.jobs[-1]
    assert job.content.shape == (120, 180, 3)
    assert job.init.shape == (120, 180, 3)
    # The pretended engine paints negatives.
    assert np.abs(job.init - (1 - job.content)).mean() < 0.02
    settings = job.settings
    assert (settings.size, settings.steps, settings.style_strength) == (180, 3, 0.7)
    assert settings.finish_steps == 30
    assert settings.smallest_scale == 68, "the scales begin beyond the size that was painted"
    layer = run.layer
    assert layer.data.shape == (120, 180, 3)
    assert "180 x 120" in layer.name
    photo = viewer.layers["photo"]
    for corner, opposite in (((-0.5, -0.5), (-0.5, -0.5)), ((59.5, 89.5), (119.5, 179.5))):
        np.testing.assert_allclose(photo.data_to_world(corner), layer.data_to_world(opposite))


@pytest.mark.parametrize(("options", "longest"), [({}, 90), ({"centimetres": 2.54, "dpi": 60}, 60)])
def test_without_a_size_it_is_that_of_the_content_and_in_print_that_of_the_paper(
    viewer, engine, result, options: dict[str, Any], longest: int
) -> None:
    run = enlarge_result(viewer, result.name, engine=engine, **options).wait(PATIENCE)
    assert max(run.layer.data.shape) == longest


def test_a_mask_is_read_on_the_finer_pixels(viewer, engine) -> None:
    photo = viewer.layers["photo"]
    viewer.add_labels(np.tri(60, 90, dtype=int), name="where", affine=photo.affine)
    mask = viewer.layers["where"]
    mask.scale, mask.translate, mask.rotate = photo.scale, photo.translate, photo.rotate
    options = {**QUICK, "size": 45, "mask_softness": 0, "content_mask": "where", "engine": engine}
    layer = stylize_layers(viewer, "photo", "painting", **options).wait(PATIENCE).layer
    enlarge_result(viewer, layer, size=180, engine=engine).wait(PATIENCE)
    (region,) = engine.jobs[-1].regions
    np.testing.assert_array_equal(region.guide, np.kron(np.tri(60, 90), np.ones((2, 2))))


def test_what_was_enlarged_is_painted_again_at_that_size(viewer, engine, result) -> None:
    run = enlarge_result(viewer, result, size=180, engine=engine).wait(PATIENCE)
    assert record_of(run.layer)["inputs"]["enlarge"] is True
    again = reproduce(viewer, run.layer, engine=engine).wait(PATIENCE)
    assert again.layer.data.shape == run.layer.data.shape
    assert not again.notices


def test_a_look_paints_the_content_at_that_size(viewer, engine, result) -> None:
    look = tiny_look(name="night")
    run = enlarge_result(viewer, result, size=180, look=look, engine=engine).wait(PATIENCE)
    job = engine.jobs[-1]
    assert job.look is not None
    assert job.content.shape == (120, 180, 3)
    assert run.layer.data.shape == (120, 180, 3)


def test_16_bits_can_be_had_even_later(viewer, engine, result) -> None:
    run = enlarge_result(viewer, result, size=180, engine=engine).wait(PATIENCE)
    camera = run.camera()
    pixels = camera(np.uint16)
    assert (pixels.dtype, pixels.shape) == (np.uint16, (120, 180, 3))
    np.testing.assert_allclose(pixels / 257, run.layer.data, atol=1)
    run.let_inputs_go()
    np.testing.assert_array_equal(camera(np.uint16), pixels)


def test_what_it_takes_is_known_before(viewer, engine, result) -> None:
    plan = Enlarging.of(viewer, result)
    assert plan.shape == (60, 90)
    small, large = plan.estimate(180), plan.estimate(2000)
    assert small.size == 180
    assert large.bytes > small.bytes
    # The pretended engine takes two seconds a step, whatever the size; what it took is known.
    doubled, fourfold = plan.estimate(90).seconds, plan.estimate(180).seconds
    assert 1.5 * doubled < fourfold < 5 * doubled
    again = ViewerModel()
    for layer in viewer.layers:
        again.add_layer(type(layer).create(*layer.as_layer_data_tuple()))
    assert Enlarging.of(again, result.name).estimate(180).seconds is None, "painted elsewhere"


def test_what_cannot_be_is_said_in_a_sentence(viewer, engine, result) -> None:
    with pytest.raises(ImageError, match="carries no record"):
        enlarge_result(viewer, "photo", engine=engine)
    with pytest.raises(SettingsError, match="not both"):
        enlarge_result(viewer, result, size=90, centimetres=3, engine=engine)
    with pytest.raises(SettingsError, match="choose other dpi"):
        enlarge_result(viewer, result, centimetres=300, engine=engine)
    viewer.layers.remove("photo")
    with pytest.raises(ImageError, match="'photo'"):
        enlarge_result(viewer, result, engine=engine)
