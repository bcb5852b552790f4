"""Weights files that would read other files or fill the memory: refused before they are read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest
from engine_files import write_published_layout

from napari_neural_style.engine.weight_files import read_weights
from napari_neural_style.errors import WeightsError
from napari_neural_style.feature_layers import FEATURE_LAYERS

KERNEL, BIAS = np.full((3, 3, 3, 8), 0.5, np.float32), np.zeros(8, np.float32)
LAYER = FEATURE_LAYERS[0]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.h5"
    write_published_layout(path, {LAYER: (KERNEL, BIAS)})
    return path


def _external(file: h5py.File, folder: Path) -> None:
    secret = folder / "secret"
    secret.write_bytes(KERNEL.tobytes())
    file.create_dataset("block1_conv1/k", (3, 3, 3, 8), "f4", external=[(str(secret), 0, 864)])
    file["block1_conv1/b"] = BIAS


def _virtual(file: h5py.File, folder: Path) -> None:
    write_published_layout(folder / "other.h5", {LAYER: (KERNEL, BIAS)})
    layout = h5py.VirtualLayout((3, 3, 3, 8), "f4")
    source = h5py.VirtualSource(folder / "other.h5", f"{LAYER}/{LAYER}_W_1:0", (3, 3, 3, 8))
    layout[...] = source
    file.create_virtual_dataset("block1_conv1/k", layout)
    file["block1_conv1/b"] = BIAS


def _external_link(file: h5py.File, folder: Path) -> None:
    write_published_layout(folder / "other.h5", {LAYER: (KERNEL, BIAS)})
    file[LAYER] = h5py.ExternalLink(str(folder / "other.h5"), LAYER)


def _deep_external_link(file: h5py.File, folder: Path) -> None:
    file[f"{LAYER}/k"], file[f"{LAYER}/b"] = KERNEL, BIAS
    file["a/b/c"] = h5py.ExternalLink("//host/share/other.h5", "x")


def _soft_link(file: h5py.File, folder: Path) -> None:
    file[f"{LAYER}/k"], file[f"{LAYER}/b"] = KERNEL, BIAS
    file["block1_conv2"] = h5py.SoftLink(f"/{LAYER}")


def _dangling(file: h5py.File, folder: Path) -> None:
    file[f"{LAYER}/k"], file[f"{LAYER}/b"] = KERNEL, BIAS
    file["nothing"] = h5py.SoftLink("/nowhere")


def _declared(file: h5py.File, folder: Path) -> None:
    file.create_dataset(f"{LAYER}/k", (3, 3, 3, 2**32), "f4")
    file[f"{LAYER}/b"] = BIAS


def _declared_chunked(file: h5py.File, folder: Path) -> None:
    shape = (3, 3, 3, 2**26)
    file.create_dataset(f"{LAYER}/k", shape, "f4", chunks=(3, 3, 3, 2**16), compression="gzip")
    file[f"{LAYER}/b"] = BIAS


def _declared_bias(file: h5py.File, folder: Path) -> None:
    file[f"{LAYER}/k"] = KERNEL
    file.create_dataset(f"{LAYER}/b", (2**33,), "f4", chunks=(2**16,), compression="gzip")


def _many_of_middle_size(file: h5py.File, folder: Path) -> None:
    for layer in FEATURE_LAYERS:
        shape = (3, 3, 64, 2**15)
        options = {"chunks": (3, 3, 64, 64), "compression": "gzip"}
        file.create_dataset(f"{layer}/k", shape, "f4", **options)
        file[f"{layer}/b"] = BIAS


def _one_giant_chunk(file: h5py.File, folder: Path) -> None:
    options = {"chunks": (3, 3, 3, 2**24), "maxshape": (3, 3, 3, None), "compression": "gzip"}
    file.create_dataset(f"{LAYER}/k", (3, 3, 3, 8), "f4", **options)
    file[f"{LAYER}/b"] = BIAS


def _no_values(file: h5py.File, folder: Path) -> None:
    file[f"{LAYER}/k"] = h5py.Empty("f4")
    file[f"{LAYER}/b"] = BIAS


REFUSED: dict[str, tuple[Callable[[h5py.File, Path], None], str]] = {
    "external storage": (_external, "values in another file"),
    "a virtual dataset": (_virtual, "made of other files"),
    "an external link": (_external_link, "link to something else"),
    "an external link deep within": (_deep_external_link, "link to something else"),
    "a soft link": (_soft_link, "link to something else"),
    "a soft link to nothing": (_dangling, "link to something else"),
    "a huge shape": (_declared, "would take"),
    "a huge shape in chunks": (_declared_chunked, "would take"),
    "a huge bias": (_declared_bias, "would take"),
    "many arrays": (_many_of_middle_size, "would take"),
    "a giant chunk": (_one_giant_chunk, "would take"),
    "no values": (_no_values, "has no values"),
}


def _refused(path: Path, sentence: str) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(WeightsError, match=sentence) as told:
        read_weights(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)
    assert psutil.Process().memory_info().rss - before < 100e6


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("ending", ["h5", "keras", "unknown"])
def test_hdf5_that_reaches_beyond_itself(tmp_path: Path, what: str, ending: str) -> None:
    write, sentence = REFUSED[what]
    inside, path = tmp_path / "inside.h5", tmp_path / f"weights.{ending}"
    with h5py.File(inside, "w") as file:
        write(file, tmp_path)
    if ending == "keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(inside, "model.weights.h5")
    else:
        inside.rename(path)
    _refused(path, sentence)


def _npz(path: Path, arrays: dict[str, bytes], **options: int) -> None:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)


def _npy(array: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    file = io.BytesIO()
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": shape or array.shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + array.tobytes()


def test_an_archive_that_inflates(tmp_path: Path) -> None:
    bomb = _npy(np.zeros((3, 3, 3, 2**20), np.float32))
    options = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}
    arrays = {f"{LAYER}.kernel": bomb, f"{LAYER}.bias": _npy(BIAS)}
    _npz(tmp_path / "bomb.npz", arrays, **options)
    del bomb, arrays
    _refused(tmp_path / "bomb.npz", "would take")
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", **options) as archive:
        archive.writestr("model.weights.h5", bytes(110_000_000))
    _refused(tmp_path / "bomb.keras", "would take")


@pytest.mark.parametrize("shape", [(3, 3, 3, 2**40), (3, 3, 3, 2**62), (10**30,)])
def test_an_npz_that_declares_too_much(tmp_path: Path, shape: tuple[int, ...]) -> None:
    arrays = {f"{LAYER}.kernel": _npy(KERNEL, shape), f"{LAYER}.bias": _npy(BIAS)}
    _npz(tmp_path / "declared.npz", arrays)
    _refused(tmp_path / "declared.npz", "would take|cannot be read")


def test_a_file_larger_than_any_network(tmp_path: Path) -> None:
    path = tmp_path / "sparse.h5"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)
    _refused(path, "larger than 4 GB")


def test_what_is_well_compressed_and_small_is_read(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(f"{LAYER}/k", data=KERNEL, compression="gzip", chunks=True)
        file[f"{LAYER}/b"] = BIAS
        file["again"] = file[LAYER]  # a hard link, in a circle even
        file[f"{LAYER}/up"] = file["/"]
    for weights in (good, path):
        np.testing.assert_array_equal(read_weights(weights).kernels[LAYER], KERNEL)
    np.savez_compressed(
        tmp_path / "small.npz", **{f"{LAYER}.kernel": KERNEL, f"{LAYER}.bias": BIAS}
    )
    np.testing.assert_array_equal(read_weights(tmp_path / "small.npz").kernels[LAYER], KERNEL)
