"""The sample images, their entries in the manifest, and the script that paints them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Image
from npe2 import PluginManifest
from npe2.manifest.utils import import_python_name

import napari_neural_style
from napari_neural_style.sample_data import PAIRS, SAMPLES, load, open_pair, open_sample

MANIFEST = Path(napari_neural_style.__file__).with_name("napari.yaml")
CLONE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    return PluginManifest.from_file(MANIFEST)


@pytest.mark.parametrize("key", SAMPLES)
def test_every_sample_is_an_rgb_picture_of_a_useful_size(key: str) -> None:
    pixels = load(key)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert 300 <= max(pixels.shape[:2]) <= 1024
    assert pixels.std() > 20, "a picture has contrast"


def test_the_samples_are_all_different() -> None:
    means = {key: tuple(load(key).mean(axis=(0, 1)).round(2)) for key in SAMPLES}
    assert len(set(means.values())) == len(SAMPLES)


@pytest.mark.parametrize("key", SAMPLES)
def test_a_sample_opens_as_one_layer_that_tells_its_origin(key: str) -> None:
    ((pixels, options, kind),) = open_sample(key)
    layer = Image(pixels, **options)
    assert kind == "image"
    assert layer.rgb
    assert layer.name
    assert any(word in layer.metadata["origin"] for word in ("public domain", "CC0", "BSD-3"))


@pytest.mark.parametrize("key", PAIRS)
def test_a_pair_lies_side_by_side_and_equally_high(key: str) -> None:
    layers = [Image(pixels, **options) for pixels, options, _ in open_pair(key)]
    (top, left), (bottom, right) = layers[0].extent.world
    (style_top, style_left), (style_bottom, _) = layers[1].extent.world
    np.testing.assert_allclose(style_bottom - style_top, bottom - top, atol=1)
    np.testing.assert_allclose(style_top, top, atol=1)
    assert 0 < style_left - right < 0.1 * (right - left), "beside it, with a small gap"


@pytest.mark.parametrize("key", PAIRS)
def test_a_pair_is_made_of_samples(key: str) -> None:
    content, style = open_pair(key)
    np.testing.assert_array_equal(content[0], load(PAIRS[key][0]))
    np.testing.assert_array_equal(style[0], load(PAIRS[key][1]))


def test_the_menu_offers_every_sample_and_every_pair(manifest: PluginManifest) -> None:
    offered = manifest.contributions.sample_data
    assert {sample.key for sample in offered} == SAMPLES.keys() | PAIRS.keys()
    for sample in offered:
        assert any(w in sample.display_name for w in ("public domain", "CC0", "BSD-3"))


def test_every_entry_of_the_menu_opens_the_sample_of_its_key(manifest: PluginManifest) -> None:
    commands = {command.id: command for command in manifest.contributions.commands}
    for sample in manifest.contributions.sample_data:
        opened = import_python_name(commands[sample.command].python_name)()
        expected = open_pair(sample.key) if sample.key in PAIRS else open_sample(sample.key)
        assert [options["name"] for _, options, _ in opened] == [
            options["name"] for _, options, _ in expected
        ]


def test_the_manifest_is_valid_and_all_it_names_can_be_imported(manifest: PluginManifest) -> None:
    manifest.validate_imports()
    assert manifest.name == "napari-neural-style"
    docks = [widget.display_name for widget in manifest.contributions.widgets]
    assert docks == ["Style transfer", "History", "Compare", "Sweep", "Looks"]
    assert "napari/layers/filter" in manifest.contributions.menus


@pytest.mark.skipif(
    not (CLONE / "sample_data" / "paint.py").is_file(), reason="not in a clone of the repository"
)
def test_the_script_paints_the_committed_picture_again(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="the painters need SciPy")
    subprocess.run(
        [sys.executable, CLONE / "sample_data" / "paint.py", "woodcut", "--out", tmp_path],
        check=True,
        capture_output=True,
    )
    from napari_neural_style.pictures.files import read_image

    painted = read_image(tmp_path / "woodcut.jpg").astype(int)
    committed = read_image(CLONE / "sample_data" / "woodcut.jpg").astype(int)
    assert painted.shape == committed.shape
    assert np.abs(painted - committed).mean() < 2, "other library versions may round otherwise"
    other = np.abs(painted - committed[::-1]).mean()
    assert other > 20, "the comparison must be able to fail"
