"""A look wherever a style stands; and where it cannot."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
from napari.components import ViewerModel
from PIL import Image

from napari_neural_style import paint_lazily, reproduce, stylize, stylize_layers, stylize_many
from napari_neural_style.__main__ import main
from napari_neural_style.errors import ImageError, LookError
from napari_neural_style.look_network import TILE
from napari_neural_style.records.records import record_of
from tiny_looks import tiny_look

OPTIONS = {"precision": "float32", "device": "cpu"}


@pytest.fixture(scope="module")
def photo(picture) -> np.ndarray:
    return np.round(255 * picture(40, 52)).astype(np.uint8)


@pytest.fixture(scope="module")
def painted(photo) -> np.ndarray:
    """The photo as the look paints it."""
    return stylize(photo, tiny_look(), **OPTIONS)


def test_arrays(photo, painted, tmp_path: Path) -> None:
    assert painted.shape == photo.shape
    assert painted.dtype == np.uint8
    assert painted.std() > 1
    np.testing.assert_array_equal(
        stylize(photo, str(tiny_look().save(tmp_path / "a")), **OPTIONS), painted
    )
    assert stylize(photo[..., 0], tiny_look(), **OPTIONS).shape == photo.shape


def test_it_paints_the_contents_own_pixels_unless_told_a_size(picture) -> None:
    large = picture(10, 700)
    small = stylize(large, tiny_look(), size=350, result_size="painted", **OPTIONS)
    assert small.shape == (5, 350, 3)
    assert stylize(large, tiny_look(), result_size="painted", **OPTIONS).shape == large.shape


def test_under_a_mask_and_in_the_contents_colours(photo, painted) -> None:
    mask = np.zeros(photo.shape[:2], bool)
    mask[:, 30:] = True
    half = stylize(photo, tiny_look(), content_mask=mask, mask_softness=0, **OPTIONS)
    np.testing.assert_array_equal(half[:, :30], photo[:, :30])
    np.testing.assert_array_equal(half[:, 30:], painted[:, 30:])
    coloured = stylize(photo, tiny_look(), color="content", **OPTIONS)
    distance = np.abs(coloured.mean((0, 1)) - photo.mean((0, 1))).sum()
    assert distance < np.abs(painted.mean((0, 1)) - photo.mean((0, 1))).sum()


def test_layers(photo, painted) -> None:
    viewer = ViewerModel()
    viewer.add_image(photo, name="photo", scale=(2, 2), rgb=True)
    run = stylize_layers(viewer, "photo", tiny_look(name="night"), **OPTIONS).wait()
    assert (run.state, run.steps, run.layer.name) == ("finished", 1, "photo in the style of night")
    np.testing.assert_array_equal(run.layer.data, painted)
    np.testing.assert_array_equal(run.layer.scale, (2, 2))
    record = record_of(run.layer)
    assert record["inputs"]["look"]["sha256"] == tiny_look().network.fingerprint
    with pytest.raises(ImageError, match="the look 'night'"):
        reproduce(viewer, run.layer)


def test_every_slice_of_a_stack(photo, painted) -> None:
    viewer = ViewerModel()
    viewer.add_image(np.stack([photo, photo]), name="film", rgb=True)
    options = {**OPTIONS, "slices": "all", "temporal_consistency": 1.0}
    run = stylize_layers(viewer, "film", tiny_look(), **options).wait()
    assert (run.state, run.steps, run.progress.step) == ("finished", 2, 2)
    for frame in run.layer.data:
        np.testing.assert_array_equal(frame[..., :3], painted)


def test_a_grey_stack_in_a_viewer_is_painted_as_it_is_shown(photo) -> None:
    viewer = ViewerModel()
    viewer.add_image(photo[..., 0], name="cells", contrast_limits=(0, 255))
    run = stylize_layers(viewer, "cells", tiny_look(), **OPTIONS).wait()
    wanted = stylize(photo[..., 0], tiny_look(), **OPTIONS).astype(int)
    np.testing.assert_allclose(run.layer.data, wanted, atol=1)


def test_a_batch(photo, painted, tmp_path: Path) -> None:
    look = tiny_look(name="night").save(tmp_path / "night")
    for style in (look, tiny_look(name="night")):
        results = list(stylize_many([photo, photo[::-1]], style, output=tmp_path / "o", **OPTIONS))
        assert [result.error for result in results] == [None, None]
        np.testing.assert_array_equal(results[0].image, painted)
        assert results[0].record["inputs"]["style"] == "night"


def test_the_command_line(photo, painted, tmp_path: Path, capsys) -> None:
    Image.fromarray(photo).save(tmp_path / "photo.png")
    look = tiny_look().save(tmp_path / "night")
    names = [str(tmp_path / "photo.png"), str(look), "-o", str(tmp_path / "out.png")]
    assert main([*names, "--precision", "float32", "--device", "cpu"]) == 0
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), painted)
    assert "photo in the style of night, at once" in capsys.readouterr().out
    look.write_bytes(b"")
    assert main(names) == 1
    assert "no look" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("style", "options", "text"),
    [
        ([tiny_look(), tiny_look(1)], {}, "stands alone"),
        ([(tiny_look(), 0.5)], {}, "stands alone"),
        ({1: tiny_look()}, {"content_mask": np.ones((40, 52), int)}, "stands alone"),
        (tiny_look(), {"style_mask": np.ones((4, 4), int)}, "no parts"),
        (tiny_look(), {"init": np.zeros((4, 4))}, "no image to start from"),
    ],
)
def test_where_it_cannot_stand_a_sentence_says_so(photo, style, options, text) -> None:
    with pytest.raises(ImageError, match=text):
        stylize(photo, style, **options)


@pytest.mark.parametrize("shape", [(9, 2 * TILE + 20, 3), (2, TILE + 60, 8, 4)])
def test_lazily_it_is_the_same_picture_without_seams(picture, shape) -> None:
    whole = np.round(255 * picture(*shape[-3:-1])).astype(np.uint8)
    if shape[-1] == 4:
        whole = np.dstack([whole, np.full(whole.shape[:2], 200, np.uint8)])
    image = np.broadcast_to(whole, shape)
    wanted = stylize(whole, tiny_look(), **OPTIONS)
    lazy = paint_lazily(dask.array.from_array(image, chunks=37), tiny_look(), **OPTIONS)
    assert (lazy.shape, lazy.dtype) == (image.shape, image.dtype)
    found = lazy.compute()
    for each in found if len(shape) == 4 else [found]:
        np.testing.assert_array_equal(each, wanted)


def test_lazily_only_what_is_asked_for_is_read(picture) -> None:
    read: list[tuple[int, ...]] = []

    def load(block_info: dict) -> np.ndarray:
        read.append(block_info[None]["chunk-location"])
        return np.zeros((8, TILE, 3), np.uint8)

    wide = dask.array.map_blocks(
        load, chunks=(8, (TILE,) * 5, 3), dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8)
    )
    lazy = paint_lazily(wide, tiny_look(), **OPTIONS)
    assert read == []
    lazy[:, :100].compute()
    assert sorted(place[1] for place in read) == [0, 1]


@pytest.mark.parametrize(
    ("image", "look", "error", "text"),
    [
        (np.zeros((5, 40, 40), np.uint8), tiny_look(), ImageError, "grey stack"),
        (np.zeros((40, 40, 3), np.int64), tiny_look(), ImageError, "which value is white"),
        (np.zeros((0, 40, 3), np.uint8), tiny_look(), ImageError, "empty"),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3)), LookError, "with a look"),
        (np.zeros((8, 8, 3), np.uint8), "no.look", LookError, "cannot be read"),
    ],
)
def test_lazily_what_cannot_be_is_refused_at_once(image, look, error, text) -> None:
    with pytest.raises(error, match=text):
        paint_lazily(image, look)
