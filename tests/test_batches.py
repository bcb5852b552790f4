"""`stylize_many`: every item painted as `stylize` paints it, failures told, the rest going on."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
from PIL import Image

from napari_neural_style import stylize, stylize_many
from napari_neural_style.errors import ImageError, NeuralStyleError, SettingsError
from pretended import PretendedEngine
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
    """By another process, with an engine of its own; two of them are in examples/cluster.py."""
    distributed = pytest.importorskip("distributed")
    items = [*photos, np.full((8, 8), np.nan)]
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
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


def _odd_files(folder: Path) -> dict[str, str]:
    """Make files that cannot be read; return a word of each one's error."""
    folder.mkdir(exist_ok=True)
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    for name in ("half.avif", "half.png", "half.jpg", "half.webp"):
        Image.fromarray(noise).save(folder / name)
        (folder / name).write_bytes((folder / name).read_bytes()[:900])
        (folder / name).rename(folder / f"{name.replace('.', '-')}{Path(name).suffix}")
    (folder / "empty.png").write_bytes(b"")
    (folder / "letter.tif").write_bytes(b"II*\0Dear Sir")
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    Image.fromarray(np.full((9, 9), np.nan, np.float32)).save(folder / "holes.tif")
    return {path.stem: path.name for path in folder.iterdir()}


def test_no_file_ends_a_batch(photos, painting, tmp_path: Path) -> None:
    names = _odd_files(tmp_path / "photos")
    _saved(tmp_path / "photos" / "a.png", photos[0])
    _saved(tmp_path / "photos" / "z.png", photos[1])
    results = {p.name: p for p in stylize_many(tmp_path / "photos", painting, **QUICK)}
    assert {*results} == {*names, "a", "z"}
    for name, painted in results.items():
        if name in names:
            assert names[name] in str(painted.error), name
            assert "\n" not in str(painted.error)
        else:
            assert painted.error is None


class _Broken:
    """A picture in a file, of which this part cannot be read."""

    shape, dtype, ndim = (20, 30, 3), np.dtype(np.uint8), 3

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise KeyError("chunk 1.0.0")


class _Stack:
    """As a Zarr or HDF5 array: a slice is read when it is asked for."""

    def __init__(self, photos: np.ndarray) -> None:
        self.photos, self.shape, self.read = photos, photos.shape, []

    def __getitem__(self, index: int) -> np.ndarray:
        self.read.append(index)
        if index == 1:
            raise ValueError("a checksum\nis wrong")
        return self.photos[index]


def _iterated(photos: np.ndarray):
    yield photos[0]
    yield photos[1]
    raise OSError("the stick was pulled out")


@pytest.mark.parametrize(
    ("contents", "fine", "word"),
    [
        (lambda photos: [photos[0], None, photos[1]], "102", "no image"),
        (lambda photos: [photos[0], object(), photos[1]], "102", "no image"),
        (lambda photos: [photos[0], "nowhere.png", photos[1]], "102", "no file"),
        (lambda photos: [photos[0], _Broken(), photos[1]], "102", "chunk 1.0.0"),
        (lambda photos: [photos[0], [[1], [2, 3]], photos[1]], "102", "cannot be read"),
        (lambda photos: [photos[0], photos[1][:0], photos[1]], "102", "empty"),
        (_Stack, "102", "a checksum"),
        (_iterated, "110", "stick"),
    ],
)
def test_no_array_ends_a_batch(photos, painting, contents, fine: str, word: str) -> None:
    results = list(stylize_many(contents(photos), painting, **QUICK))
    assert len(results) == 3
    wrong = fine.index("0")
    for painted in results:
        assert (painted.error is not None) == (painted.index == wrong)
    assert word in str(results[wrong].error)
    assert "\n" not in str(results[wrong].error)


def test_of_an_array_in_a_file_one_slice_is_read_at_a_time(photos, painting) -> None:
    stack = _Stack(photos)
    results = stylize_many(stack, painting, **QUICK)
    assert stack.read == []
    next(results)
    assert stack.read == [0]


@pytest.mark.parametrize("error", [MemoryError(), ZeroDivisionError("x"), RuntimeError("a\nb")])
def test_no_error_in_painting_ends_a_batch(photos, painting, monkeypatch, error) -> None:
    from napari_neural_style import batches

    def paint(*_: object) -> None:
        raise error

    monkeypatch.setattr(batches, "paint", paint)
    results = list(stylize_many(list(photos), painting, **QUICK))
    assert [type(error).__name__ in str(painted.error) for painted in results] == [True] * 3


def test_no_error_in_writing_ends_a_batch(photos, painting, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0001.png").mkdir()
    results = list(stylize_many(list(photos), painting, output=tmp_path / "out", **QUICK))
    assert [painted.error is None for painted in results] == [True, False, True]
    assert "0001.png" in str(results[1].error)
    assert "it is kept as" in str(results[1].error)
    assert results[1].image is not None


def test_files_that_are_left_out_are_named_with_the_reason(
    photos, painting, tmp_path: Path, caplog
) -> None:
    folder = tmp_path / "photos"
    _saved(folder / "a.png", photos[0])
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "more").mkdir()
    (folder / "gone.png").symlink_to(tmp_path / "nowhere.png")
    Image.fromarray(photos[1]).save(folder / "without ending", "PNG")
    results = list(stylize_many(folder, painting, **QUICK))
    assert [(p.name, p.error) for p in results] == [("a", None), ("without ending", None)]
    told = caplog.text
    for name, reason in (
        ("notes.txt", "no image file"),
        (".hidden.png", "begins with a dot"),
        ("more", "folders within"),
        ("gone.png", "a link to nothing"),
    ):
        assert f"{name} is left out: " in told
        assert reason in told


def test_results_carry_their_record(photos, painting, tmp_path: Path) -> None:
    from napari_neural_style.records.records import read_record, recorded_settings

    _saved(tmp_path / "photos" / "a.png", photos[0])
    style = _saved(tmp_path / "style.png", painting)
    out = tmp_path / "out"
    (painted,) = stylize_many(tmp_path / "photos", style, output=out, seed=5, **QUICK)
    record = read_record(painted.path)
    assert record == painted.record
    assert recorded_settings(record).seed == 5
    assert record["inputs"]["content"] == "a"
    assert record["inputs"]["style"] == "style"
    assert record["step"] == QUICK["steps"]
    (unsaved,) = stylize_many([photos[0]], painting, **QUICK)
    assert unsaved.record["inputs"]["content"] is None


def test_16_bits_come_out_as_16_bits(photos, painting, tmp_path: Path) -> None:
    from napari_neural_style.pictures.files import read_image, write_image

    deep = photos[0].astype(np.uint16) * 257
    write_image(_saved(tmp_path / "photos" / "a.png", photos[1]), deep)
    (painted,) = stylize_many(tmp_path / "photos", painting, output=tmp_path / "out", **QUICK)
    assert painted.image.dtype == np.uint16
    np.testing.assert_array_equal(read_image(painted.path), painted.image)
    np.testing.assert_array_equal(painted.image, stylize(deep, painting, **QUICK))
    (wide,) = stylize_many([photos[0].astype(np.int64)], painting, output=tmp_path, **QUICK)
    np.testing.assert_array_equal(read_image(wide.path), wide.image)


def test_pages_that_are_left_out_are_told(photos, painting, tmp_path: Path) -> None:
    frames = [Image.fromarray(photo) for photo in photos]
    frames[0].save(tmp_path / "film.tif", save_all=True, append_images=frames[1:])
    (painted,) = stylize_many([tmp_path / "film.tif"], painting, **QUICK)
    assert "3 pictures" in painted.notes[0]
    np.testing.assert_array_equal(painted.image, stylize(photos[0], painting, **QUICK))


def test_several_styles_are_blended_files_among_them(tmp_path: Path, painting) -> None:
    Image.fromarray(painting).save(tmp_path / "first.png")
    engine = PretendedEngine()
    styles = [(tmp_path / "first.png", 2), painting[::-1]]
    (done,) = stylize_many([painting], styles, engine=engine, **QUICK)
    assert done.error is None
    assert done.record["inputs"]["style"] == "first"
    (region,) = engine.jobs[0].regions
    assert [style.weight for style in region.styles] == [2, 1]
    for style, wanted in zip(region.styles, (painting, painting[::-1]), strict=True):
        np.testing.assert_allclose(style.image, wanted / 255, atol=1e-6)
    for wrong in ([], [(painting, -1)], {}):
        with pytest.raises(NeuralStyleError):
            stylize_many([painting], wrong, engine=engine, **QUICK)
