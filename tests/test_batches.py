"""`stylize_many`: every item painted as `stylize` paints it, failures told, the rest going on."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
from PIL import Image

from napari_neural_style import stylize, stylize_many
from napari_neural_style.errors import ImageError, SettingsError
from quick import QUICK


@pytest.fixture
def photos() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), np.uint8)


@pytest.fixture
def painting() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 128, (25, 25, 3), np.uint8)


def test_each_item_is_what_stylize_makes_of_it(photos, painting) -> None:
    results = list(stylize_many(list(photos), painting, **QUICK))
    assert [painted.index for painted in results] == [0, 1, 2]
    for photo, painted in zip(photos, results, strict=True):
        np.testing.assert_array_equal(painted.image, stylize(photo, painting, **QUICK))


def test_failed_items_are_told_and_the_rest_goes_on(photos, painting, tmp_path) -> None:
    items = [photos[0], tmp_path / "nowhere.png", np.full((8, 8), np.nan), photos[1]]
    results = list(stylize_many(items, painting, **QUICK))
    assert [painted.error is None for painted in results] == [True, False, False, True]
    assert "There is no file" in str(results[1].error)
    assert "NaN" in str(results[2].error)
    assert results[1].name == "nowhere"
    assert results[3].image.shape == photos[1].shape


def test_a_folder_is_painted_into_another(photos, painting, tmp_path: Path) -> None:
    source, target = tmp_path / "photos", tmp_path / "new" / "painted"
    source.mkdir()
    for name, photo in zip(("b.png", "a.jpg"), photos, strict=False):
        Image.fromarray(photo).save(source / name)
    (source / "notes.txt").write_text("not an image")
    (source / "broken.png").write_text("not an image either")
    Image.fromarray(painting).save(tmp_path / "style.png")
    results = list(stylize_many(source, tmp_path / "style.png", output=target, **QUICK))
    assert [painted.name for painted in results] == ["a", "b", "broken"]
    assert sorted(path.name for path in target.iterdir()) == ["a.png", "b.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(results[1].path)), results[1].image)
    assert "not an image" in str(results[2].error)


def test_of_a_dask_array_one_slice_is_computed_at_a_time(photos, painting) -> None:
    computed: list[int] = []

    def load(block_info: dict) -> np.ndarray:
        index = block_info[None]["chunk-location"][0]
        computed.append(index)
        return photos[index : index + 1]

    stack = dask.array.map_blocks(
        load, chunks=((1, 1, 1), 20, 30, 3), dtype=np.uint8, meta=np.empty((0,) * 4, np.uint8)
    )
    results = stylize_many(stack, painting, **QUICK)
    assert computed == []
    assert next(results).index == 0
    assert computed == [0]


@pytest.mark.parametrize(
    ("contents", "changes", "error", "text"),
    [
        ([], {"stpes": 3}, SettingsError, "no setting 'stpes'"),
        ([], {"steps": 0}, SettingsError, "steps is 0"),
        ("no/such/folder", {}, ImageError, "There is no folder"),
        (np.zeros((20, 30, 3), np.uint8), {}, ImageError, "put it into a list"),
        ([], {"output": f"{__file__}/within"}, ImageError, "There is no folder"),
    ],
)
def test_what_concerns_all_items_is_said_before_the_first(
    painting, contents, changes, error, text
) -> None:
    with pytest.raises(error, match=text):
        stylize_many(contents, painting, **changes)


def test_a_cluster_paints_the_same_pictures(photos, painting) -> None:
    distributed = pytest.importorskip("distributed")
    items = [*photos, np.full((8, 8), np.nan)]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        results = {p.index: p for p in stylize_many(items, painting, client=client, **QUICK)}
    assert sorted(results) == [0, 1, 2, 3]
    assert "NaN" in str(results[3].error)
    for index, photo in enumerate(photos):
        np.testing.assert_array_equal(results[index].image, stylize(photo, painting, **QUICK))


def _saved(path: Path, photo: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(photo).save(path)
    return path


def test_nothing_that_is_painted_from_is_ever_written_over(photos, painting, tmp_path) -> None:
    path = _saved(tmp_path / "photos" / "a.png", photos[0])
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "photos")
    for folder in (path.parent, link):
        with pytest.raises(ImageError, match=r"a\.png is one of the images.*another folder"):
            stylize_many(tmp_path / "photos", painting, output=folder, **QUICK)
    _saved(tmp_path / "other" / "a.jpg", photos[1])
    with pytest.raises(ImageError, match="one of the images"):
        stylize_many(tmp_path / "other", path, output=path.parent, **QUICK)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), photos[0])


def test_two_results_in_one_file_are_refused(photos, painting, tmp_path: Path) -> None:
    first = _saved(tmp_path / "photos" / "a.png", photos[0])
    second = _saved(tmp_path / "photos" / "a.jpg", photos[1])
    elsewhere = _saved(tmp_path / "more" / "a.png", photos[1])
    numbered = _saved(tmp_path / "more" / "0000.png", photos[1])
    for contents in ([first, second], [first, elsewhere], [photos[0], numbered]):
        with pytest.raises(ImageError, match=r"would both be saved as .*: rename one"):
            stylize_many(contents, painting, output=tmp_path, **QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["more", "photos"]


def test_an_earlier_result_is_painted_anew(photos, painting, tmp_path: Path) -> None:
    _saved(tmp_path / "photos" / "a.jpg", photos[0])
    before = _saved(tmp_path / "a.png", photos[1])
    (painted,) = stylize_many(tmp_path / "photos", painting, output=tmp_path, **QUICK)
    assert painted.path == before
    np.testing.assert_array_equal(np.asarray(Image.open(before)), painted.image)
