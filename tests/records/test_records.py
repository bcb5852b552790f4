"""The record: what it says, and its way into a file and back."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from npe2 import PluginManifest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import napari_neural_style
from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.files import read_image, write_image
from napari_neural_style.progress import Notice
from napari_neural_style.records.layer_writer import write_layer
from napari_neural_style.records.records import (
    KEY,
    make_record,
    read_record,
    record_of,
    recorded_settings,
    saved_text,
    watch_files,
)
from napari_neural_style.settings import Settings
from pretended import pretended_progress

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
MANIFEST = Path(napari_neural_style.__file__).with_name("napari.yaml")


def record_with(**changes: Any) -> dict[str, Any]:
    progress = pretended_progress(
        12,
        20,
        losses={"total": 0.5, "content": 0.1},
        seconds=3.5,
        features="Built-in network",
        weights_sha256="ab12",
    )
    notices = [Notice("The built-in network paints.", important=True), Notice("Step 12")]
    settings = Settings(seed=7, **changes)
    return make_record(settings, progress, notices, {"content": "Fluß", "style": "星月夜"})


def test_the_record_is_complete() -> None:
    record = record_with(style_layers={"block1_conv1": 2.0})
    assert recorded_settings(record) == Settings(seed=7, style_layers={"block1_conv1": 2.0})
    assert record["inputs"] == {"content": "Fluß", "style": "星月夜"}
    assert record["weights"] == {"title": "Built-in network", "sha256": "ab12"}
    assert (record["step"], record["seconds"], record["device"]) == (12, 3.5, "CPU")
    assert record["losses"] == {"total": 0.5, "content": 0.1}
    assert record["notices"] == ["The built-in network paints."]
    assert record["versions"]["python"] == platform.python_version()
    for package in ("napari", "napari-neural-style"):
        assert record["versions"][package] == version(package)
    assert record["versions"]["tensorflow"][0].isdigit(), "by whatever name it is installed"
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize("ending", ["png", "PNG", "tif", "tiff"])
def test_a_saved_picture_carries_its_record(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"painted.{ending}"
    write_image(path, PIXELS, text=saved_text(record_with()))
    assert read_record(path) == record_with()
    assert read_record(str(path)) == record_with()
    np.testing.assert_array_equal(read_image(path), PIXELS)


@given(name=st.text(max_size=40), note=st.text(max_size=40))
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, ending: str, name: str, note: str
) -> None:
    path = tmp_path_factory.mktemp("record") / f"painted.{ending}"
    record = {**record_with(), "inputs": {"content": name}, "notices": [note]}
    write_image(path, PIXELS, saved_text(record))
    assert read_record(path) == record


@pytest.mark.parametrize("ending", ["jpg", "bmp", "webp"])
def test_a_format_without_room_for_it_is_saved_without(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"painted.{ending}"
    write_image(path, PIXELS, text=saved_text(record_with()))
    assert read_record(path) is None
    assert read_image(path).shape == (7, 9, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[1, 2]",
        '"neural_style"',
        json.dumps({KEY: 5}),
        json.dumps({KEY: {"step": 3}}),
        json.dumps({KEY: {"settings": "no JSON"}}),
        json.dumps({KEY: {"settings": "[]"}}),
        json.dumps({KEY: {"settings": 4}}),
        "[" * 100_000,
    ],
)
def test_a_damaged_record_is_none(tmp_path: Path, text: str) -> None:
    info = PngInfo()
    info.add_text(KEY, text)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    assert read_record(tmp_path / "a.png") is None
    Image.fromarray(PIXELS).save(tmp_path / "a.tif", tiffinfo={270: text})
    assert read_record(tmp_path / "a.tif") is None


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_file_whatever_it_holds_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("noise")
    for ending in ("png", "tif"):
        path = folder / f"painted.{ending}"
        write_image(path, PIXELS, text=saved_text(record_with()))
        path.write_bytes(path.read_bytes()[:cut] + noise)
        assert read_record(path) in (None, record_with())


def test_what_is_no_file_has_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    assert read_record(tmp_path / "missing.png") is None
    assert read_record("https://example.org/painted.png") is None


def test_a_result_opened_again_has_its_record(tmp_path: Path) -> None:
    for name in ("before", "after", "plain"):
        record = None if name == "plain" else record_with(steps=9)
        write_image(tmp_path / f"{name}.png", PIXELS, record and saved_text(record))
    viewer = ViewerModel()

    def open_(name: str) -> Any:
        from napari.layers import Image as Layer
        from napari.layers._source import layer_source

        with layer_source(path=str(tmp_path / f"{name}.png")):
            return viewer.add_layer(Layer(read_image(tmp_path / f"{name}.png"), rgb=True))

    before = open_("before")
    watch_files(viewer)
    watch_files(viewer)
    after, plain = open_("after"), open_("plain")
    viewer.add_points(np.zeros((1, 2)))
    assert record_of(before) == record_of(after) == record_with(steps=9)
    assert record_of(plain) is None
    assert KEY not in plain.metadata


def test_naparis_save_writes_the_record(tmp_path: Path, npe2pm: Any) -> None:
    viewer = ViewerModel()
    result = viewer.add_image(PIXELS, rgb=True, metadata={KEY: record_with()})
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)):
        for ending in ("png", "tif"):
            path = tmp_path / f"painted.{ending}"
            assert result.save(str(path), plugin="napari-neural-style")
            assert read_record(path) == record_with()
            np.testing.assert_array_equal(read_image(path), PIXELS)


def test_an_image_that_is_no_result_is_saved_as_napari_does_it(tmp_path: Path) -> None:
    depth = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    write_layer(str(tmp_path / "scan.tif"), depth, {"metadata": {}})
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "scan.tif"), depth)
    assert read_record(tmp_path / "scan.tif") is None


def test_a_result_in_a_slice_of_a_stack_is_saved_as_one_picture(tmp_path: Path) -> None:
    path = tmp_path / "painted.png"
    write_layer(str(path), PIXELS[None, None], {"metadata": {KEY: record_with()}})
    np.testing.assert_array_equal(read_image(path), PIXELS)
    assert read_record(path) == record_with()


def test_a_stack_of_results_goes_into_one_tiff(tmp_path: Path) -> None:
    stack = np.random.default_rng(1).integers(0, 256, (3, 7, 9, 4), np.uint8)
    attributes = {"metadata": {KEY: record_with()}}
    write_layer(str(tmp_path / "stack.tif"), stack, attributes)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "stack.tif"), stack)
    assert read_record(tmp_path / "stack.tif") == record_with()
    with pytest.raises(ImageError, match="TIFF"):
        write_layer(str(tmp_path / "stack.png"), stack, attributes)


def test_a_result_of_16_bits_keeps_them_in_tiff_and_not_in_png(tmp_path: Path) -> None:
    deep = PIXELS.astype(np.uint16) * 257
    attributes = {"metadata": {KEY: record_with()}}
    write_layer(str(tmp_path / "deep.tif"), deep, attributes)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "deep.tif"), deep)
    write_layer(str(tmp_path / "deep.png"), deep, attributes)
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png"), PIXELS)
    assert read_record(tmp_path / "deep.png") == record_with()
