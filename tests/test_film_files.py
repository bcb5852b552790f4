"""Films and looks in napari's own ways: opened, dropped, saved."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import Look, follow, paint_lazily, stylize
from napari_neural_style.errors import FilmError, ImageError, LookError
from napari_neural_style.film_files import film_reader, look_reader
from napari_neural_style.films.pyav import SUFFIXES
from napari_neural_style.looks import own_looks as module
from napari_neural_style.looks.own_looks import own_looks
from pretended import PretendedEngine
from tiny_films import colours, heard, shown, stamps, write_film
from tiny_looks import tiny_look

PLUGIN = "napari-neural-style"
OPTIONS = {"precision": "float32", "device": "cpu"}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    times = [0, 40, 60, 200]
    return write_film(
        tmp_path / "film.mp4", colours(4), times=times, unit=Fraction(1, 1000), sound="aac"
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "folder", lambda: tmp_path / "looks")
    return tmp_path / "looks"


@pytest.fixture(autouse=True)
def npe2(npe2pm: Any) -> Iterator[Any]:
    """npe2's manager with this plugin and no other."""
    with npe2pm.tmp_plugin(manifest=resources.files("napari_neural_style") / "napari.yaml"):
        yield npe2pm


def test_the_manifest_says_what_can_be_read(npe2: Any) -> None:
    readers = npe2.get_manifest(PLUGIN).contributions.readers
    patterns = {reader.command: set(reader.filename_patterns) for reader in readers}
    assert patterns[f"{PLUGIN}.film_reader"] == {f"*{suffix}" for suffix in SUFFIXES}
    assert patterns[f"{PLUGIN}.look_reader"] == {"*.look"}
    assert film_reader("photo.png") is None
    assert film_reader(["film.mp4"]) is None
    assert look_reader("photo.png") is None


def test_napari_opens_a_film_as_a_lazy_stack(film: Path) -> None:
    viewer = ViewerModel()
    (layer,) = viewer.open(str(film), plugin=PLUGIN)
    assert (layer.name, layer.rgb, layer.data.shape) == ("film", True, (4, 32, 32, 3))
    assert not isinstance(layer.data, np.ndarray)
    viewer.dims.set_current_step(0, 2)
    np.testing.assert_array_equal(layer.data[2].compute(), shown(film)[2])
    live = follow(viewer, layer, tiny_look(), engine=PretendedEngine()).catch_up(60)
    np.testing.assert_array_equal(live.layer.data, 255 - shown(film)[2])


def test_a_painted_film_is_painted_and_saved_frame_by_frame(film: Path, tmp_path: Path) -> None:
    viewer = ViewerModel()
    (layer,) = viewer.open(str(film), plugin=PLUGIN)
    painted = viewer.add_image(
        paint_lazily(layer.data, tiny_look(), **OPTIONS), rgb=True, metadata=layer.metadata
    )
    output = tmp_path / "painted.mp4"
    assert painted.save(str(output), plugin=PLUGIN) == [str(output)]
    assert stamps(output) == stamps(film)
    assert heard(output) == heard(film)
    wanted = stylize(shown(film)[3], tiny_look(), **OPTIONS)
    # Films have colours at half the size: what is as fine as a pixel is gone, areas are not.
    blocks = [i.reshape(4, 8, 4, 8, 3).mean((1, 3)) for i in (shown(output)[3], wanted)]
    np.testing.assert_allclose(*blocks, atol=16)
    assert {path.name for path in tmp_path.iterdir()} == {"film.mp4", "painted.mp4"}


def test_any_stack_of_colours_can_be_saved(tmp_path: Path) -> None:
    output = tmp_path / "made.mp4"
    stack = np.concatenate([colours(3), np.full((3, 32, 32, 1), 255, np.uint8)], axis=-1)
    save(output, stack / np.float32(255))
    assert np.median(np.abs(shown(output).astype(int) - colours(3))) <= 5
    np.testing.assert_allclose(np.diff(np.array(stamps(output), float)), 1 / 25, atol=0.001)


def save(path: Path, data: np.ndarray, **metadata: str) -> None:
    from napari_neural_style import film_files

    film_files.write_film(str(path), data, {"metadata": metadata})


def test_what_is_no_film_cannot_be_saved_as_one(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="stack of colour pictures"):
        save(tmp_path / "o.mp4", np.zeros((4, 5, 3), np.uint8))
    (tmp_path / "file").touch()
    with pytest.raises(FilmError, match="cannot be saved"):
        save(tmp_path / "file" / "o.mp4", colours(2))


def test_a_look_that_is_dropped_is_kept_once(folder: Path, tmp_path: Path) -> None:
    viewer, told = ViewerModel(), []
    own_looks().changed.connect(told.append)
    try:
        path = tiny_look().save(tmp_path / "night")
        viewer.open(str(path), plugin=PLUGIN)
        viewer.open(str(path), plugin=PLUGIN)
    finally:
        own_looks().changed.disconnect(told.append)
    assert not viewer.layers
    assert own_looks().paths() == [folder / "night.look"]
    assert told == [folder / "night.look"] * 2
    assert Look.load(folder / "night.look").record["steps"] == 2


def test_looks_of_one_name_get_numbers_and_can_be_forgotten(folder: Path) -> None:
    for seed in (0, 1, 0):
        own_looks().keep(tiny_look(seed, name="a/b: "))
    assert [path.name for path in own_looks().paths()] == ["a_b_ 2.look", "a_b_.look"]
    own_looks().forget(folder / "a_b_ 2.look")
    assert [path.name for path in own_looks().paths()] == ["a_b_.look"]


def test_a_damaged_look_is_not_taken(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.look").write_bytes(b"no look")
    reader = look_reader(str(tmp_path / "bad.look"))
    assert reader
    with pytest.raises(LookError, match="no look, or it is damaged"):
        reader(str(tmp_path / "bad.look"))
    assert own_looks().paths() == []
