"""Image files in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.files import check_writable, read_image, write_image

# 2 high, 3 wide, every pixel different.
PIXELS = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 10


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
@pytest.mark.parametrize("ending", ["png", "tif", "bmp", "PNG"])
def test_a_picture_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, ending: str, pixels: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("picture") / f"picture.{ending}"
    check_writable(path)
    write_image(path, pixels)
    np.testing.assert_array_equal(read_image(path), pixels)


def test_a_jpeg_comes_back_nearly_as_it_was(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 40).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(ramp[:, None], ramp, 128), axis=-1).astype(np.uint8)
    write_image(tmp_path / "picture.jpg", pixels)
    difference = read_image(tmp_path / "picture.jpg").astype(int) - pixels
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_alpha_is_kept_where_the_format_can_hold_it(tmp_path: Path, ending: str) -> None:
    pixels = np.full((4, 5, 4), 200, np.uint8)
    pixels[..., 3] = np.arange(20, dtype=np.uint8).reshape(4, 5) * 10
    write_image(tmp_path / f"picture.{ending}", pixels)
    np.testing.assert_array_equal(
        read_image(tmp_path / f"picture.{ending}")[..., 3], pixels[..., 3]
    )


@pytest.mark.parametrize("ending", ["jpg", "JPEG", "jfif", "bmp", "pcx"])
def test_alpha_is_left_out_where_the_format_cannot_hold_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"picture.{ending}"
    check_writable(path)
    write_image(path, np.full((16, 16, 4), 100, np.uint8))
    assert abs(read_image(path).astype(int) - 100).max() < 4
    assert read_image(path).shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, PIXELS),
        (2, PIXELS[:, ::-1]),
        (3, PIXELS[::-1, ::-1]),
        (4, PIXELS[::-1]),
        # What EXIF calls 6 has to be turned clockwise, 8 the other way.
        (6, np.rot90(PIXELS, -1)),
        (8, np.rot90(PIXELS, 1)),
    ],
)
def test_a_photograph_is_turned_as_its_camera_noted(
    tmp_path: Path, orientation: int, upright: np.ndarray
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(PIXELS).save(tmp_path / "photo.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "photo.png"), upright)


def test_grey_of_16_bits_keeps_them(tmp_path: Path) -> None:
    pixels = np.arange(0, 60000, 5000, dtype=np.uint16).reshape(3, 4)
    Image.fromarray(pixels).save(tmp_path / "scan.png")
    np.testing.assert_array_equal(read_image(tmp_path / "scan.png"), pixels)
    assert read_image(tmp_path / "scan.png").dtype == np.uint16


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "LA"])
def test_any_other_kind_of_image_becomes_rgb_or_rgba(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(np.full((4, 5), 255, np.uint8)).convert(mode)
    grey.save(tmp_path / "picture.tif")
    expected = (4, 5, 4) if mode == "LA" else (4, 5, 3)
    pixels = read_image(tmp_path / "picture.tif")
    assert pixels.shape == expected
    assert (pixels == 255).all()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no file .*nowhere\.png"):
        read_image(tmp_path / "nowhere.png")


@pytest.mark.parametrize("damage", ["text", "empty", "cut off", "a folder"])
def test_what_is_no_image_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "letter.png"
    if damage == "a folder":
        path.mkdir()
    elif damage == "cut off":
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:5000])
    else:
        path.write_text("Dear Sir" if damage == "text" else "")
    with pytest.raises(ImageError, match=r"letter\.png") as refusal:
        read_image(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("ending", ["", "txt", "npy", "psd", "fits", "h5"])
def test_an_ending_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, ending: str
) -> None:
    # Pillow can read PSD and FITS, but not write them.
    with pytest.raises(ImageError, match=r"painted\.png"):
        check_writable(tmp_path / f"out.{ending}")


def test_a_folder_that_is_not_there_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no folder .*elsewhere"):
        check_writable(tmp_path / "elsewhere" / "out.png")


def test_a_folder_in_the_pictures_place_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "out.png").mkdir()
    with pytest.raises(ImageError, match="is a folder"):
        check_writable(tmp_path / "out.png")


def test_a_name_without_a_folder_means_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_writable(Path("out.png"))
    write_image(Path("out.png"), PIXELS)
    assert (tmp_path / "out.png").is_file()


def test_a_picture_that_cannot_be_saved_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "out.png").mkdir()
    with pytest.raises(ImageError, match=r"cannot be saved as .*out\.png"):
        write_image(tmp_path / "out.png", PIXELS)
