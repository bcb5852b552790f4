"""`stylize_layers` with layers of every kind, and layers that are meddled with during the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import StyleRun, stylize_layers
from napari_neural_style.errors import ImageError, SettingsError
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

HEIGHT, WIDTH = 12, 16
RNG = np.random.default_rng(6)
PHOTO = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
Start = Callable[..., StyleRun]


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True, scale=(2, 3), translate=(5, 7))
    viewer.add_image(RNG.random((25, 25, 3)), name="painting", rgb=True)
    return viewer


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def start(
    viewer: ViewerModel, engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch, without_qt: None
) -> Start:
    """A function that starts a run of three steps on the pretended engine."""

    def start_(content: Any = "photo", style: Any = "painting", **options: Any) -> StyleRun:
        settings = {**QUICK, "steps": 3, "update_every": 1, **options}
        return stylize_layers(viewer, content, style, **settings, engine=engine)

    return start_


@pytest.mark.parametrize("content", [(4, HEIGHT, WIDTH), (2, 4, HEIGHT, WIDTH)])
@pytest.mark.parametrize("style", [(9, 11), (3, 9, 11)])
def test_layers_of_different_dimensions_go_together(
    start: Start, viewer: ViewerModel, content: tuple[int, ...], style: tuple[int, ...]
) -> None:
    pixels = RNG.integers(0, 256, content, np.uint8)
    viewer.add_image(pixels, name="deep", contrast_limits=(0, 255))
    viewer.add_image(RNG.random(style), name="sketch")
    viewer.dims.set_current_step(viewer.dims.ndim - 3, 1)
    layer = start("deep", "sketch").wait(PATIENCE).layer
    shown = pixels[tuple(viewer.dims.current_step[:-2])]
    assert layer.ndim == len(content)
    assert layer.data.shape == (*(1,) * (len(content) - 2), HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(layer.data.reshape(HEIGHT, WIDTH, 3)[..., 0], 255 - shown, atol=2)
    # The other way round: a flat content, the style a slice of a stack.
    flat = start("photo", "deep").wait(PATIENCE).layer
    np.testing.assert_allclose(flat.data, 255 - PHOTO, atol=1)


def test_what_is_edited_renamed_and_deleted_during_the_run_changes_nothing(
    start: Start, viewer: ViewerModel
) -> None:
    content, style = viewer.layers
    pixels = content.data.copy()
    run = start()
    meddled: list[int] = []

    def meddle(_: object) -> None:
        meddled.append(1)
        if len(meddled) == 1:
            content.data = np.zeros((3, 4, 3), np.uint8)
            content.scale, content.contrast_limits = (1, 1), (0, 7)
            content.name, style.name = "a", "b"
        if len(meddled) == 2:
            viewer.layers.remove(content)
            viewer.layers.remove(style)
            run.layer.name = "mine"

    run.progressed.connect(meddle)
    run.wait(PATIENCE)
    assert len(meddled) == 3
    assert run.state == "finished"
    np.testing.assert_allclose(run.layer.data, 255 - pixels, atol=1)
    np.testing.assert_allclose(run.layer.data_to_world((1, 1)), (7, 10))
    assert [layer.name for layer in viewer.layers] == ["mine"]


@pytest.mark.parametrize("what", ["content", "style"])
def test_a_transparent_image_is_refused(start: Start, viewer: ViewerModel, what: str) -> None:
    viewer.add_image(np.zeros((9, 9, 4), np.uint8), rgb=True, name="glass")
    with pytest.raises(ImageError, match=rf"{what} layer 'glass' is transparent everywhere"):
        start(**{what: "glass"})


def test_the_view_is_painted_without_the_style_and_without_earlier_results(
    start: Start, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    photo = viewer.layers["photo"]
    overlay = RNG.random((HEIGHT, WIDTH))
    viewer.add_image(
        overlay,
        colormap="red",
        blending="additive",
        contrast_limits=(0, 1),
        scale=photo.scale,
        translate=photo.translate,
    )
    expected = PHOTO / 255
    expected[..., 0] = np.minimum(expected[..., 0] + overlay, 1)
    for _ in range(2):
        run = start("view").wait(PATIENCE)
        np.testing.assert_allclose(engine.jobs[-1].content, expected, atol=6e-3)
        np.testing.assert_allclose(run.layer.data_to_world((1, 1)), photo.data_to_world((1, 1)))
    assert run.layer.name.startswith("view in the style of painting")


def test_a_layer_called_view_is_that_layer(
    start: Start, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    viewer.add_image(np.full((5, 6, 3), 255, np.uint8), rgb=True, name="view", visible=False)
    start("view").wait(PATIENCE)
    np.testing.assert_array_equal(engine.jobs[-1].content, 1)


def test_a_region_is_painted_alone(start: Start, viewer: ViewerModel) -> None:
    corners = np.array([[2, 4], [2, 9], [8, 9], [8, 4]]) - 0.5
    viewer.add_shapes(corners * (2, 3) + (5, 7), shape_type="polygon", name="here")
    layer = start(region="here").wait(PATIENCE).layer
    np.testing.assert_allclose(layer.data, 255 - PHOTO[2:8, 4:9], atol=1)
    np.testing.assert_allclose(layer.data_to_world((0, 0)), (5 + 2 * 2, 7 + 4 * 3))


def test_of_a_pyramid_no_more_is_read_than_is_painted(
    start: Start, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    fine = RNG.integers(0, 256, (128, 96, 3), np.uint8)
    viewer.add_image([fine, fine[::2, ::2], fine[::4, ::4]], multiscale=True, rgb=True, name="map")
    layer = start("map", size=30).wait(PATIENCE).layer
    assert engine.jobs[-1].content.shape == (32, 24, 3)
    np.testing.assert_allclose(layer.data_to_world((-0.5, -0.5)), (-0.5, -0.5))
    np.testing.assert_allclose(layer.data_to_world((31.5, 23.5)), (127.5, 95.5))


def test_a_wrong_setting_is_told_before_anything_is_read(start: Start) -> None:
    with pytest.raises(SettingsError, match="steps"):
        start(steps=-1)
