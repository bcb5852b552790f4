"""`save_levels`: a picture at several sizes, in a folder that napari opens."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import pytest
import zarr
from napari.components import ViewerModel
from napari_builtins.io import napari_get_reader
from skimage.transform import downscale_local_mean

from napari_neural_style import level_files, save_levels
from napari_neural_style.errors import ImageError


def picture(height: int, width: int, dtype: Any = np.uint8, *slices: int) -> np.ndarray:
    unit = np.random.default_rng(0).random((*slices, height, width, 3))
    return (unit * (np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1)).astype(dtype)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_files, "_SMALLEST", 40)
    monkeypatch.setattr(level_files, "TILE", 32)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_each_size_is_the_mean_of_the_one_before(tmp_path: Path, dtype: Any) -> None:
    image = picture(131, 90, dtype)
    lazy = dask.array.from_array(image, chunks=(50, 17, 3))
    folder = save_levels(lazy, tmp_path / "painted.zarr")
    found = [zarr.open_array(folder / name, mode="r") for name in ("00", "01", "02")]
    assert not (folder / "03").exists()
    np.testing.assert_array_equal(found[0][:], image)
    assert all(max(array.chunks) <= 32 for array in found)
    for large, small in itertools.pairwise(found):
        rows, columns = (side // 2 * 2 for side in large.shape[:2])
        mean = downscale_local_mean(large[:rows, :columns].astype(float), (2, 2, 1))
        one = 0.51 if np.issubdtype(dtype, np.integer) else 1e-6
        np.testing.assert_allclose(small[:].astype(float), mean, atol=one)


def test_napari_opens_it_as_one_layer_of_several_sizes(tmp_path: Path, without_qt: None) -> None:
    folder = save_levels(picture(100, 90), tmp_path / "painted.zarr")
    (data,) = napari_get_reader(str(folder))(str(folder))
    layer = ViewerModel().add_image(*data)
    assert layer.multiscale
    assert layer.rgb
    assert [level.shape[:2] for level in layer.data] == [(100, 90), (50, 45), (25, 22)]


def test_slices_stay(tmp_path: Path) -> None:
    image = picture(50, 60, np.uint8, 3)
    folder = save_levels(image, tmp_path / "painted.zarr")
    np.testing.assert_array_equal(zarr.open_array(folder / "00", mode="r")[:], image)
    assert zarr.open_array(folder / "01", mode="r").shape == (3, 25, 30, 3)


def test_what_is_there_stays_unless_it_is_to_go(tmp_path: Path) -> None:
    place = tmp_path / "painted.zarr"
    save_levels(picture(20, 20), place)
    with pytest.raises(ImageError, match="is there already"):
        save_levels(picture(30, 30), place)
    broken = dask.array.from_array(picture(64, 64), chunks=32).map_blocks(_broken, dtype=np.uint8)
    with pytest.raises(ZeroDivisionError):
        save_levels(broken, place, overwrite=True)
    assert zarr.open_array(place / "00", mode="r").shape == (20, 20, 3)
    save_levels(picture(30, 30), place, overwrite=True)
    assert zarr.open_array(place / "00", mode="r").shape == (30, 30, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["painted.zarr"]


def _broken(block: np.ndarray) -> np.ndarray:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("image", "name", "words"),
    [
        (picture(20, 20), "painted.png", "does not end like a zarr folder"),
        (picture(20, 20)[..., 0], "painted.zarr", "height, width, 3 or 4"),
        (picture(20, 20)[:0], "painted.zarr", "height, width, 3 or 4"),
        (picture(20, 20).astype(str), "painted.zarr", "integers or floats"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    tmp_path: Path, image: Any, name: str, words: str
) -> None:
    with pytest.raises(ImageError, match=words):
        save_levels(image, tmp_path / name)


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ImageError, match="cannot be saved as"):
        save_levels(picture(20, 20), tmp_path / "file" / "painted.zarr")
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImageError, match="need the library zarr"):
        save_levels(picture(20, 20), tmp_path / "painted.zarr")
