"""Whatever users call an image: one picture by every way in, or one sentence."""

from __future__ import annotations

import decimal
import io
from pathlib import Path
from typing import Any

import dask
import dask.array
import numpy as np
import pytest
import xarray
from PIL import Image

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.arrays import as_array, numbers
from napari_neural_style.pictures.images import to_rgb

PHOTO = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
UNIT = (PHOTO / 255).astype(np.float32)


class Tensor:
    """As PyTorch's: no array while gradients go through it, or while it is on a device."""

    def __init__(self, values: np.ndarray, dtype: str = "torch.float32", ready: int = 0) -> None:
        self.values, self.dtype, self.ready = values, dtype, ready

    def detach(self) -> Tensor:
        return Tensor(self.values, self.dtype, self.ready | 1)

    def cpu(self) -> Tensor:
        return Tensor(self.values, self.dtype, self.ready | 2)

    def float(self) -> Tensor:
        return Tensor(self.values, "torch.float32", self.ready)

    def resolve_conj(self) -> Tensor:
        return self

    def resolve_neg(self) -> Tensor:
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.ready != 3 or self.dtype == "torch.bfloat16":
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.values


class OnTheGpu:
    """As CuPy's: only `get` brings it over."""

    __cuda_array_interface__ = None

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def get(self) -> np.ndarray:
        return PHOTO


class OnlyDlpack:
    """An array of a library that knows no numpy."""

    def __init__(self, place: tuple[int, int] = (1, 0)) -> None:
        self.place = place

    def __dlpack__(self, **_: Any) -> Any:
        if self.place[0] != 1:
            raise BufferError("it is on another device")
        return PHOTO.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.place


def frozen(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


KINDS: dict[str, Any] = {
    "bytes": PHOTO,
    "float32": UNIT,
    "float64": PHOTO / 255,
    "float16": UNIT.astype(np.float16),
    "longdouble": UNIT.astype(np.longdouble),
    "big-endian": PHOTO.astype(">u2") * 257,
    "big-endian floats": UNIT.astype(">f4"),
    "int64": PHOTO.astype(np.int64),
    "int16": PHOTO.astype(np.int16),
    "uint16 of bytes": PHOTO.astype(np.uint16),
    "uint64 of 16 bits": PHOTO.astype(np.uint64) * 257,
    "Fortran": np.asfortranarray(PHOTO),
    "backwards": PHOTO[::-1, ::-1].copy()[::-1, ::-1],
    "every other": np.repeat(PHOTO, 2, axis=0)[::2],
    "read-only": frozen(PHOTO),
    "masked": np.ma.masked_less(PHOTO, 5),
    "list of floats": UNIT.tolist(),
    "list of numbers": PHOTO.tolist(),
    "tuple": tuple(map(tuple, UNIT.tolist())),
    "xarray": xarray.DataArray(UNIT, dims=("y", "x", "band")),
    "dask": dask.array.from_array(PHOTO, chunks=(3, 4, 3)),
    "xarray of dask": xarray.DataArray(dask.array.from_array(PHOTO)),
    "Pillow": Image.fromarray(PHOTO),
    "Pillow with alpha": Image.fromarray(PHOTO).convert("RGBA"),
    "tensor": Tensor(UNIT),
    "bfloat16 tensor": Tensor(UNIT, "torch.bfloat16"),
    "tensor of bytes": Tensor(PHOTO, "torch.uint8"),
    "CuPy": OnTheGpu(),
    "memoryview": memoryview(PHOTO),
    "DLPack": OnlyDlpack(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_picture_in_every_kind(kind: str) -> None:
    rgb, _ = to_rgb(KINDS[kind], "content")
    assert rgb.dtype == np.float32
    np.testing.assert_allclose(rgb, UNIT, atol=5e-4 if kind == "float16" else 1e-6)


def test_files_are_images_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    for path in ("photo.png", Path("photo.png"), tmp_path / "photo.png"):
        np.testing.assert_array_equal(as_array(path), PHOTO)
    with pytest.raises(ImageError, match=r"no file nowhere\.png"):
        as_array("nowhere.png")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"])
def test_pillows_images_of_any_mode_are_what_they_look_like(mode: str) -> None:
    flat = Image.new("RGB", (8, 6), (255, 255, 255))
    image = flat.convert("L").convert(mode) if mode in ("I", "F") else flat.convert(mode)
    rgb, _ = to_rgb(image)
    assert rgb.shape == (6, 8, 3)
    np.testing.assert_allclose(rgb, 1, atol=0.01)


def test_a_photograph_that_pillow_has_opened_is_turned_upright_once(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PHOTO).save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as image:
        np.testing.assert_array_equal(as_array(image), np.rot90(PHOTO, -1))


def test_a_half_file_that_pillow_has_opened_is_a_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / "half.png"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with Image.open(path) as image, pytest.raises(ImageError, match="content cannot be read"):
        as_array(image, "content")


def failing() -> dask.array.Array:
    def load() -> np.ndarray:
        raise OSError("disk sector\nunreadable")

    return dask.array.from_delayed(dask.delayed(load)(), (6, 8, 3), np.uint8)


@pytest.mark.parametrize(
    "thing",
    [
        None,
        7,
        "",
        object(),
        {},
        {"a": 1},
        [],
        [[1, 2], [3]],
        [["a", "b"], ["c", "d"]],
        [object()],
        b"bytes",
        lambda: 0,
        np.array("text"),
        np.zeros((4, 4), "M8[s]"),
        np.zeros((4, 4), "m8[s]"),
        OnlyDlpack((2, 0)),
        io.BytesIO(b"bytes"),
        np.zeros((4, 4), [("r", "u1"), ("g", "u1")]),
        np.zeros((4, 4), complex),
        np.array([[decimal.Decimal(1)]]),
        np.zeros((0, 4, 3)),
        np.zeros((2, 2, 7)),
        range(5),
        failing(),
        Path("no/such/file.png"),
    ],
)
def test_what_is_no_image_is_one_sentence(thing: Any) -> None:
    with pytest.raises(ImageError) as refusal:
        to_rgb(thing, "content")
    text = str(refusal.value)
    assert "\n" not in text
    assert text.endswith((".", "0, -1)", "0]"))


def test_a_file_that_is_open_is_left_as_it_is() -> None:
    file = io.BufferedReader(io.BytesIO(b"bytes"))
    with pytest.raises(ImageError, match="no image but of type BufferedReader"):
        as_array(file, "content")
    assert file.read() == b"bytes"


def test_the_reason_of_what_is_lazy_is_told() -> None:
    with pytest.raises(ImageError, match=r"content cannot be read .*OSError: disk sector"):
        numbers(failing(), "content")
