"""Pictures as phones take them: read where there is a decoder, else a sentence names it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.files import read_image
from napari_neural_style.pictures.reading import _register_heif

Y, X = np.mgrid[:64, :96]
RGB = np.stack([X + Y, 255 - X - Y, (X + Y) // 2], axis=-1).astype(np.uint8)


def silent(text: str) -> None:
    raise AssertionError(f"told: {text}")


@pytest.mark.parametrize("name", ["IMG_0001.HEIC", "photo.heif", "renamed.jpg"])
@pytest.mark.parametrize("kind", [b"heic", b"mif1"])
def test_without_a_decoder_one_sentence_says_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: bytes
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    _register_heif.cache_clear()
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x18ftyp" + kind + b"\0\0\0\0mif1heic" + b"\0" * 400)
    with pytest.raises(ImageError, match=r"pip install pillow-heif\)\.$") as error:
        read_image(path, silent)
    assert name in str(error.value)
    assert str(error.value).count(". ") == 0
    _register_heif.cache_clear()


@pytest.mark.parametrize("name", ["photo.heic", "renamed.jpg"])
def test_with_one_it_is_read_upright_and_with_its_alpha(tmp_path: Path, name: str) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="the decoder is the user's to install")
    pillow_heif.register_heif_opener()
    turned = Image.Exif()
    turned[0x0112] = 6
    file = tmp_path / "made.heic"
    Image.fromarray(RGB).save(file, quality=95, exif=turned.tobytes())
    found = read_image(file.rename(tmp_path / name), silent)
    np.testing.assert_allclose(found.astype(int), np.rot90(RGB, -1).astype(int), atol=8)
    file = tmp_path / "made.heic"
    Image.fromarray(np.dstack([RGB, np.full(X.shape, 128, np.uint8)])).save(file, quality=95)
    found = read_image(file.rename(tmp_path / name), silent)
    np.testing.assert_allclose(found[..., :3].astype(int), RGB.astype(int), atol=8)
    np.testing.assert_allclose(found[..., 3].astype(int), 128, atol=2)


def test_damaged_ones_are_one_sentence_too(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="the decoder is the user's to install")
    path = tmp_path / "photo.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 400)
    with pytest.raises(ImageError, match=r"photo\.heic") as error:
        read_image(path, silent)
    assert len(str(error.value).splitlines()) == 1
