"""Painting as commands of napari: typed, so that graphs and agents can drive it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from napari import types
from napari._app_model import get_app_model
from napari.components import ViewerModel
from napari.layers import Image, Layer

from napari_neural_style import api, history, save_preset
from napari_neural_style.commands import stylize_image, stylize_selected
from napari_neural_style.errors import ImageError, NeuralStyleError, SettingsError
from napari_neural_style.presets import preset_files
from napari_neural_style.records.records import recorded_settings
from napari_neural_style.settings import Settings, setting_names
from pretended import PretendedEngine
from quick import QUICK

PHOTO = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
PAINTING = np.random.default_rng(1).integers(0, 128, (25, 25, 3), np.uint8)
COMMAND = "napari-neural-style.stylize_image"


@pytest.fixture
def npe2(npe2pm: Any) -> Iterator[Any]:
    """npe2's manager with this plugin and no other."""
    with npe2pm.tmp_plugin(manifest=resources.files("napari_neural_style") / "napari.yaml"):
        yield npe2pm


@pytest.fixture
def app(npe2: Any) -> Iterator[Any]:
    """napari's app-model with this plugin's commands, registered as napari does it."""
    from napari.plugins import _npe2

    application = get_app_model()
    actions, _ = _npe2._npe2_manifest_to_actions(npe2.get_manifest("napari-neural-style"))
    ours = [action for action in actions if action.id not in application.commands]
    dispose = application.register_actions(ours)
    yield application
    dispose()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    pretended = PretendedEngine()
    monkeypatch.setattr(api, "engine_process", lambda: pretended)
    return pretended


def test_npe2_paints_an_array(
    npe2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_qt: None
) -> None:
    monkeypatch.setattr(preset_files, "folder", lambda: tmp_path)
    save_preset("tiny", Settings(**QUICK))
    told = {"preset": "tiny", "style_strength": 0.7}
    painted = npe2.commands.execute(COMMAND, (PHOTO, PAINTING), told)
    layer = Layer.create(*painted)
    assert isinstance(layer, Image)
    assert layer.rgb
    assert layer.data.shape == PHOTO.shape
    assert np.abs(layer.data.astype(int) - PHOTO).mean() > 1
    settings = recorded_settings(layer.metadata["neural_style"])
    assert (settings.steps, settings.style_strength) == (QUICK["steps"], 0.7)


def test_app_model_paints_an_array(app: Any, engine: PretendedEngine) -> None:
    future = app.commands.execute_command(COMMAND, PHOTO, PAINTING, steps=2)
    data, about, kind = future.result()
    np.testing.assert_allclose(data, 255 - PHOTO, atol=1)
    assert kind == "image"
    assert about["name"] == "content in the style of style"
    assert engine.jobs[0].settings.steps == 2


def test_whoever_reads_type_hints_knows_what_goes_in_and_out() -> None:
    hints = get_type_hints(stylize_image)
    assert hints["content"] == hints["style"] == types.ImageData
    assert hints["return"] == types.LayerDataTuple
    assert hints.keys() == {*inspect.signature(stylize_image).parameters, "return"}
    settings = get_type_hints(Settings)
    for name in hints.keys() & set(setting_names()) - {"preset"}:
        assert hints[name] == settings[name] | None, name


def test_masks_are_for_the_part_to_be_painted(engine: PretendedEngine) -> None:
    mask = np.zeros(PHOTO.shape[:2], int)
    mask[:, 15:] = 1
    data, _, _ = stylize_image(PHOTO, PAINTING, mask, steps=1)
    np.testing.assert_array_equal(data[:, :10], PHOTO[:, :10])
    np.testing.assert_allclose(data[:, 20:], 255 - PHOTO[:, 20:], atol=1)


def test_every_picture_of_a_stack_is_painted(engine: PretendedEngine) -> None:
    stack = np.stack([PHOTO, PHOTO[::-1]])
    data, _, _ = stylize_image(stack, PAINTING, steps=1)
    np.testing.assert_allclose(np.asarray(data)[..., :3], 255 - stack, atol=1)


def test_grey_is_what_napari_shows(engine: PretendedEngine) -> None:
    grey = np.linspace(-3, 7, 600).reshape(20, 30)
    data, _, _ = stylize_image(grey, PAINTING, steps=1)
    expected = 255 * (1 - (grey + 3) / 10)
    np.testing.assert_allclose(data, np.repeat(expected[..., np.newaxis], 3, -1), atol=1.01)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((PHOTO[0, 0], PAINTING), ImageError, "content is no picture"),
        ((PHOTO, 3), ImageError, "style is no picture"),
        ((PHOTO, PAINTING, None, None, "sketchy"), SettingsError, "sketchy"),
    ],
)
def test_what_cannot_be_painted(
    engine: PretendedEngine, arguments: Any, kind: type[NeuralStyleError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        stylize_image(*arguments)


def test_an_error_of_the_engine_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise NeuralStyleError("The paint has run out.")

    monkeypatch.setattr(api, "engine_process", lambda: PretendedEngine(fail))
    with pytest.raises(NeuralStyleError, match="run out"):
        stylize_image(PHOTO, PAINTING, steps=1)


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True)
    viewer.add_image(PAINTING, name="painting", rgb=True)
    viewer.add_labels(np.zeros((20, 30), int), name="labels")
    return viewer


def test_the_palette_paints_what_is_selected(
    app: Any, engine: PretendedEngine, viewer: ViewerModel, without_qt: None
) -> None:
    viewer.layers.selection = {viewer.layers["photo"], viewer.layers["painting"]}
    app.commands.execute_command("napari-neural-style.stylize_selected", viewer)
    (run,) = [entry.run for entry in history(viewer)]
    run.wait()
    assert run.layer in viewer.layers
    assert run.layer.name == "photo in the style of painting"
    np.testing.assert_allclose(run.layer.data, 255 - PHOTO, atol=1)


@pytest.mark.parametrize(
    "names", [[], ["photo"], ["photo", "labels"], ["photo", "painting", "labels"]]
)
def test_two_images_must_be_selected(viewer: ViewerModel, names: list[str]) -> None:
    viewer.layers.selection = {viewer.layers[name] for name in names}
    with pytest.raises(ImageError, match="Select two image layers"):
        stylize_selected(viewer)


def test_the_palette_offers_only_what_works_there(app: Any) -> None:
    def offered(selected: int) -> list[str]:
        context = {"num_selected_image_layers": selected}
        return [
            name.removeprefix("napari-neural-style.")
            for name, command in app.registered_actions.items()
            if name.startswith("napari-neural-style.")
            and (command.enablement is None or command.enablement.eval(context))
        ]

    assert offered(1) == offered(3) == []
    assert offered(2) == ["stylize_selected"]
