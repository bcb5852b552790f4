"""Whatever kind of file it is: the picture comes in as viewers show it, or one sentence does."""

from __future__ import annotations

import io
import logging
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.files import is_picture, read_image
from napari_neural_style.pictures.images import to_rgb
from napari_neural_style.pictures.reading import MAX_MEGAPIXELS

HEIGHT, WIDTH = 24, 32
Y, X = np.mgrid[:HEIGHT, :WIDTH]
GREY = (X * 8 % 256).astype(np.uint8)
RGB = np.stack([X * 8, Y * 10, 255 - X * 8], axis=-1).astype(np.uint8)
ALPHA = (Y * 11).astype(np.uint8)
GREYS = np.repeat(GREY[..., None], 3, axis=-1)


def silent(text: str) -> None:
    raise AssertionError(f"told: {text}")


def save(pixels: np.ndarray, path: Path, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def shown(path: Path, tell: Callable[[str], object] = silent) -> np.ndarray:
    """Return what the reader makes of a file, as floats in [0, 255], with alpha if there is any."""
    rgb, alpha = to_rgb(read_image(path, tell))
    if alpha is None:
        return rgb * 255
    return np.dstack([rgb * 255, alpha * (255 / np.iinfo(alpha.dtype).max)])


def netpbm(kind: int, pixels: np.ndarray, top: int) -> bytes:
    height, width = pixels.shape[:2]
    head = f"P{kind}\n# a comment\n{width} {height}\n{top}\n".encode()
    if kind in (2, 3):
        return head + " ".join(str(value) for value in pixels.ravel()).encode()
    return head + pixels.astype(">u2" if top > 255 else "u1").tobytes()


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **{"metadata": None, "photometric": "minisblack", **options})
    return file.getvalue()


def png_of_depth(pixels: np.ndarray, kind: int, *before: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of 16 bits, written by hand: Pillow cannot."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = pixels.shape[:2]
    raw = np.ascontiguousarray(pixels.astype(">u2")).view(np.uint8).reshape(height, -1)
    rows = b"".join(b"\0" + row.tobytes() for row in raw)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
        + b"".join(chunk(*pair) for pair in before)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


WIDE = RGB.astype(np.uint16) * 257
DEEP = GREY.astype(np.uint16) * 257
LZW = io.BytesIO()
Image.fromarray(DEEP).save(LZW, "TIFF", compression="tiff_lzw")
PLAIN_PAGE = {"photometric": "rgb"}
#: File name, its bytes, and the picture in it, to be met to half a step of 8 bits.
EXACT: dict[str, tuple[bytes, np.ndarray]] = {
    "float 0 to 1.tif": (tiff((GREY / 255).astype("f4")), GREYS),
    "float 0 to 255.tif": (tiff(GREY.astype("f4")), GREYS),
    "float 0 to 65535.tif": (tiff(DEEP.astype("f4")), GREYS),
    "half.tif": (tiff((GREY / 255).astype("f2")), GREYS),
    "double.tif": (tiff((GREY / 255).astype("f8")), GREYS),
    "float colours.tif": (tiff((RGB / 255).astype("f4"), **PLAIN_PAGE), RGB),
    "int16.tif": (tiff(GREY.astype("i2")), GREYS),
    "int32.tif": (tiff(DEEP.astype("i4")), GREYS),
    "int32 of bytes.tif": (tiff(GREY.astype("i4")), GREYS),
    "uint32.tif": (tiff(DEEP.astype("u4")), GREYS),
    "int64.tif": (tiff(GREY.astype("i8")), GREYS),
    "uint16.tif": (tiff(DEEP), GREYS),
    "uint16 of bytes.tif": (tiff(GREY.astype("u2")), GREYS),
    "big-endian.tif": (tiff(DEEP, byteorder=">"), GREYS),
    "big-endian float.tif": (tiff((GREY / 255).astype("f4"), byteorder=">"), GREYS),
    "BigTIFF.tif": (tiff(DEEP, bigtiff=True), GREYS),
    "deflated.tif": (tiff(DEEP, compression="zlib", predictor=True), GREYS),
    "LZW.tif": (LZW.getvalue(), GREYS),
    "white is zero.tif": (tiff(65535 - DEEP, photometric="miniswhite"), GREYS),
    "white is zero, 8 bits.tif": (tiff(255 - GREY, photometric="miniswhite"), GREYS),
    "colours.tif": (tiff(RGB, **PLAIN_PAGE), RGB),
    "planar.tif": (
        tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate"),
        RGB,
    ),
    "planar, 16 bits.tif": (
        tiff(np.moveaxis(WIDE, -1, 0), photometric="rgb", planarconfig="separate"),
        RGB,
    ),
    "colours, 16 bits.tif": (tiff(WIDE, **PLAIN_PAGE), RGB),
    "tiles.tif": (tiff(WIDE, tile=(16, 16), **PLAIN_PAGE), RGB),
    "alpha, 16 bits.tif": (
        tiff(
            np.dstack([WIDE, ALPHA.astype("u2") * 257]), extrasamples=["unassalpha"], **PLAIN_PAGE
        ),
        np.dstack([RGB, ALPHA]),
    ),
    "PGM.pgm": (netpbm(5, GREY, 255), GREYS),
    "PGM, 16 bits.pgm": (netpbm(5, DEEP, 65535), GREYS),
    "PGM, 12 bits.pgm": (netpbm(5, np.rint(GREY / 255 * 4095).astype(int), 4095), GREYS),
    "PGM in words.pgm": (netpbm(2, DEEP, 65535), GREYS),
    "PPM.ppm": (netpbm(6, RGB, 255), RGB),
    "PPM, 16 bits.ppm": (netpbm(6, WIDE, 65535), RGB),
    "PPM in words.ppm": (netpbm(3, WIDE, 65535), RGB),
    "PFM.pfm": (
        b"Pf\n32 24\n-1\n" + (GREY[::-1] / 255).astype("<f4").tobytes(),
        GREYS,
    ),
    "colours, 16 bits.png": (png_of_depth(WIDE, 2), RGB),
    "alpha, 16 bits.png": (
        png_of_depth(np.dstack([WIDE, ALPHA.astype("u2") * 257]), 6),
        np.dstack([RGB, ALPHA]),
    ),
    "grey, 16 bits.png": (png_of_depth(DEEP, 0), GREYS),
    "grey and alpha, 16 bits.png": (
        png_of_depth(np.dstack([DEEP, ALPHA.astype("u2") * 257]), 4),
        np.dstack([GREYS, ALPHA]),
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_numbers_of_every_kind_are_the_picture_that_they_are(tmp_path: Path, name: str) -> None:
    data, expected = EXACT[name]
    path = tmp_path / name
    path.write_bytes(data)
    found = shown(path)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=0.51)


@pytest.mark.parametrize("name", [name for name in EXACT if "16 bits" in name])
def test_16_bits_are_all_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(EXACT[name][0])
    pixels = read_image(path)
    assert pixels.dtype == np.uint16
    fine = tmp_path / "fine.png"
    # Shades between those of 8 bits.
    ramp = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint16).reshape(HEIGHT, WIDTH, 3) * 28
    fine.write_bytes(png_of_depth(ramp, 2))
    np.testing.assert_array_equal(read_image(fine), ramp)


MODES = {
    "1": ("png", "tif", "bmp"),
    "L": ("png", "tif", "jpg", "bmp", "gif", "webp", "pgm"),
    "LA": ("png", "tif"),
    "P": ("png", "gif", "tif", "bmp"),
    "RGB": ("png", "tif", "bmp", "ppm", "webp", "tga", "jp2", "avif"),
    "RGBA": ("png", "tif", "webp", "tga", "avif"),
    "CMYK": ("tif", "jpg"),
    "YCbCr": ("tif", "jpg"),
    "LAB": ("tif",),
    "HSV": (),
}


@pytest.mark.parametrize(("mode", "ending"), [(m, e) for m, es in MODES.items() for e in es])
def test_every_mode_comes_in_as_it_is_seen(tmp_path: Path, mode: str, ending: str) -> None:
    flat = np.full((16, 16, 3), (200, 60, 40), np.uint8)
    image = Image.fromarray(flat)
    if mode == "LAB":
        to = ImageCms.createProfile("LAB")
        srgb = ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, srgb, to, outputMode="LAB")
    else:
        image = image.convert(mode)
    grey = mode in ("1", "L", "LA")
    expected = np.asarray(image.convert("RGB") if mode != "LAB" else Image.fromarray(flat))
    lossless = ending in ("png", "bmp", "gif", "pgm", "ppm", "tga") or ending == "tif"
    options = {"lossless": True} if ending == "webp" else {}
    image.save(tmp_path / f"picture.{ending}", **options)
    found = shown(tmp_path / f"picture.{ending}")
    assert np.abs(found[..., :3] - expected).max() <= (1 if lossless and mode != "LAB" else 6)
    if grey:
        assert np.ptp(found[..., :3], axis=-1).max() <= 1


def test_a_palette_with_transparency_keeps_both(tmp_path: Path) -> None:
    image = Image.fromarray(RGB).quantize(16)
    image.save(tmp_path / "a.png", transparency=3)
    image.save(tmp_path / "b.png", transparency=bytes([255, 0, 128]))
    image.save(tmp_path / "a.gif", transparency=3)
    for name in ("a.png", "b.png", "a.gif"):
        found = shown(tmp_path / name)
        assert found.shape == (HEIGHT, WIDTH, 4)
        there = found[..., 3] == 255
        assert 0 < there.sum() < there.size
        expected = np.asarray(image.convert("RGB"))
        np.testing.assert_allclose(found[there][:, :3], expected[there], atol=0.5)


def test_one_colour_that_stands_for_nothing_is_transparent(tmp_path: Path) -> None:
    save(RGB, tmp_path / "a.png", transparency=tuple(int(v) for v in RGB[3, 4]))
    key = b"".join(int(v).to_bytes(2, "big") for v in WIDE[3, 4])
    (tmp_path / "b.png").write_bytes(png_of_depth(WIDE, 2, (b"tRNS", key)))
    grey = int(DEEP[3, 4]).to_bytes(2, "big")
    (tmp_path / "c.png").write_bytes(png_of_depth(DEEP, 0, (b"tRNS", grey)))
    for name, pixels in (("a.png", RGB), ("b.png", WIDE), ("c.png", DEEP[..., None])):
        found = shown(tmp_path / name)
        hidden = (pixels == pixels[3, 4]).all(axis=-1)
        np.testing.assert_array_equal(found[..., 3] == 0, hidden)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (GREY.astype("i2") - 100, "lowest"),
        (GREY.astype("f4") - 100, "lowest"),
        (GREY.astype("f4") / 1e6, "lowest"),
        (GREY.astype("f4") * 1e6, "lowest"),
        (GREY.astype("i4") * 1_000_000, "lowest"),
        ((GREY.astype("u2") * 16).astype("u2"), "12 bits"),
        ((GREY // 64).astype("u2"), "lowest"),
        ((GREY // 20).astype("i4"), "lowest"),
        (np.where(GREY > 200, np.nan, GREY / 255).astype("f4"), "NaN"),
        (np.where(GREY > 200, np.inf, GREY / 255).astype("f4"), "NaN or infinite"),
    ],
)
def test_values_without_a_common_white_are_spread_and_told(
    tmp_path: Path, values: np.ndarray, word: str
) -> None:
    path = tmp_path / "measured.tif"
    path.write_bytes(tiff(values))
    told: list[str] = []
    found = shown(path, told.append)
    assert len(told) == 1
    assert word in told[0]
    assert "measured.tif" in told[0]
    assert np.ptp(found) > 180, "neither black nor white"


@pytest.mark.parametrize("values", [np.full((9, 9), np.nan, "f4"), np.zeros((9, 9), "c8")])
def test_what_holds_no_numbers_is_refused_by_name(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "odd.tif"
    path.write_bytes(tiff(values))
    with pytest.raises(ImageError, match=r"odd\.tif"):
        read_image(path)


@pytest.mark.parametrize("value", [0, 200])
@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "i4", "f4"])
def test_a_picture_of_one_shade_is_of_that_shade(tmp_path: Path, kind: str, value: int) -> None:
    path = tmp_path / "flat.tif"
    path.write_bytes(tiff(np.full((9, 9), value, kind)))
    np.testing.assert_allclose(shown(path), value, atol=0.51)


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


#: What EXIF's number says is at the top left, and which way the rows go, done by Pillow's words.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "avif", "deep.tif", "deep.png"])
def test_every_orientation_is_honoured_once(tmp_path: Path, ending: str, orientation: int) -> None:
    path = tmp_path / f"turned.{ending}"
    upright = Image.fromarray(RGB)
    if orientation in TURNS:
        upright = upright.transpose(TURNS[orientation])
    if ending == "deep.tif":
        path.write_bytes(
            tiff(WIDE, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
        )
    elif ending == "deep.png":
        exif = exif_of(orientation).tobytes()[6:]
        path.write_bytes(png_of_depth(WIDE, 2, (b"eXIf", exif)))
    else:
        options = {"jpg": {"quality": 100, "subsampling": 0}, "avif": {"quality": 100}}
        save(RGB, path, exif=exif_of(orientation), **options.get(ending, {"lossless": True}))
    found = shown(path)
    assert found.shape == (upright.height, upright.width, 3)
    assert np.abs(found - np.asarray(upright)).mean() < 4


def odd_exif(orientation: int) -> bytes:
    """EXIF whose resolution unit is a fraction, where a whole number is due."""
    entries = struct.pack("<H", 2) + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack("<HHII", 0x0128, 5, 1, 38) + bytes(4)
    return b"Exif\0\0II*\0\x08\0\0\0" + entries + struct.pack("<II", 2, 1)


@pytest.mark.parametrize(
    "exif",
    [
        odd_exif(1),
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40,
        b"Exif\0\0nonsense",
        b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHI", 1, 0x0112, 2, 9) + b"\xff" * 9,
    ],
)
@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_broken_exif_is_no_reason_to_refuse_a_photograph(
    tmp_path: Path, ending: str, exif: bytes
) -> None:
    path = tmp_path / f"photo.{ending}"
    save(RGB, path, exif=exif)
    assert shown(path).shape == (HEIGHT, WIDTH, 3)


def test_a_turned_photograph_with_odd_exif_is_turned(tmp_path: Path) -> None:
    save(RGB, tmp_path / "photo.jpg", exif=odd_exif(6))
    assert shown(tmp_path / "photo.jpg").shape == (WIDTH, HEIGHT, 3)


@pytest.mark.parametrize("size", [2_000_000, 90_000_000])
@pytest.mark.parametrize("international", [False, True])
def test_a_long_text_is_no_reason_to_refuse_a_picture(
    tmp_path: Path, size: int, international: bool
) -> None:
    info = PngImagePlugin.PngInfo()
    add = info.add_itxt if international else info.add_text
    add("history", "x" * size, zip=True)
    save(RGB, tmp_path / "photo.png", pnginfo=info)
    np.testing.assert_array_equal(shown(tmp_path / "photo.png").round(), RGB)


@pytest.mark.parametrize("ending", ["", ".dat", ".jpg", ".tif", ".txt", ".PNG"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"])
def test_what_it_is_called_does_not_matter(tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"picture{ending}"
    Image.fromarray(RGB).save(path, kind)
    assert shown(path).shape == (HEIGHT, WIDTH, 3)
    assert is_picture(path)


FORMATS = ["png", "jpg", "tif", "webp", "gif", "bmp", "avif", "ppm", "tga", "jp2", "ico", "psd"]


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.01, 0.1, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_cut_off_is_read_or_told_in_one_sentence(
    tmp_path: Path, ending: str, kept: float
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    if ending == "psd":
        data = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + bytes(14)
        data += np.moveaxis(noise, -1, 0).tobytes()
    else:
        file = io.BytesIO()
        Image.fromarray(noise).save(file, Image.registered_extensions()[f".{ending}"])
        data = file.getvalue()
    path = tmp_path / f"half.{ending}"
    path.write_bytes(data[: int(len(data) * kept)])
    _sane_or_sentence(path)


@pytest.mark.parametrize("name", EXACT)
def test_a_damaged_file_is_read_or_told_in_one_sentence(tmp_path: Path, name: str) -> None:
    data = bytearray(EXACT[name][0])
    rng = np.random.default_rng(len(data))
    path = tmp_path / name
    for _ in range(20):
        broken = data.copy()
        for place in rng.integers(0, min(len(data), 400), 3):
            broken[place] = rng.integers(256)
        path.write_bytes(broken)
        _sane_or_sentence(path)


def _sane_or_sentence(path: Path) -> None:
    try:
        pixels = read_image(path, lambda _: None)
    except ImageError as error:
        text = str(error)
        assert path.name in text
        assert "\n" not in text
        assert text.endswith(".")
    else:
        assert pixels.dtype in (np.uint8, np.uint16)
        assert pixels.ndim == 2 or pixels.shape[-1] in (3, 4)


def adobe_rgb() -> bytes:
    """A profile of matrix and curves with Adobe RGB's (1998) published primaries."""

    def s15(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(s15, values))

    desc = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(4 + 4 + 2 + 1 + 67)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.19921875 * 256))
    tags = {b"desc": desc, b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz(0.9642, 1, 0.8249)}
    tags |= {b"rXYZ": xyz(0.60974, 0.31111, 0.01947), b"gXYZ": xyz(0.20528, 0.62567, 0.06087)}
    tags |= {b"bXYZ": xyz(0.14919, 0.06322, 0.74457)}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s", at + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ "
    )
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp"
    head = head.ljust(68, b"\0") + s15(0.9642) + s15(1) + s15(0.8249)
    return head.ljust(128, b"\0") + table + body


def in_srgb(rgb: np.ndarray) -> np.ndarray:
    """Return what Adobe RGB's colours are in sRGB, by the published matrices."""
    linear = (rgb / 255) ** 2.19921875
    xyz = linear @ np.array(
        [[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]]
    )
    srgb = np.array(
        [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]
    )
    linear = np.clip(xyz @ np.linalg.inv(srgb), 0, 1)
    return 255 * np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


MILD = np.stack([60 + X * 3, 80 + Y * 4, 160 - X * 2], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "deep.png", "deep.tif", "alpha.png"])
def test_colours_of_a_profile_are_converted_to_srgb(tmp_path: Path, kind: str) -> None:
    path, profile = tmp_path / f"wide.{kind}", adobe_rgb()
    deep = MILD.astype(np.uint16) * 257 + 100  # between two shades of 8 bits
    colours = deep / 257 if kind.startswith("deep") else MILD
    if kind == "deep.png":
        chunk = b"wide\0\0" + zlib.compress(profile)
        path.write_bytes(png_of_depth(deep, 2, (b"iCCP", chunk)))
    elif kind == "deep.tif":
        path.write_bytes(tiff(deep, photometric="rgb", iccprofile=profile))
    elif kind == "alpha.png":
        save(np.dstack([MILD, ALPHA]), path, icc_profile=profile)
    else:
        options = {"jpg": {"quality": 100, "subsampling": 0}}.get(kind, {"lossless": True})
        save(MILD, path, icc_profile=profile, **options)
    found = shown(path)
    off = np.abs(found[..., :3] - in_srgb(colours))
    assert off.mean() < 1.5 if kind == "jpg" else off.max() < 2
    assert np.abs(in_srgb(MILD) - MILD).max() > 10, "the profile matters"
    if kind == "alpha.png":
        np.testing.assert_array_equal(found[..., 3].round(), ALPHA)
    if kind.startswith("deep"):
        assert (read_image(path) % 257 != 0).mean() > 0.5, "shades in between are kept"


@pytest.mark.parametrize("profile", [b"", b"nonsense", adobe_rgb()[:200]])
def test_a_profile_that_cannot_be_read_changes_nothing(tmp_path: Path, profile: bytes) -> None:
    save(RGB, tmp_path / "a.png", icc_profile=profile)
    np.testing.assert_array_equal(shown(tmp_path / "a.png").round(), RGB)


def test_a_profile_of_srgb_changes_no_pixel(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save(RGB, tmp_path / "a.png", icc_profile=srgb)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), RGB)
    # That of colours, in a grey file, fits it as well.
    save(GREY, tmp_path / "b.png", icc_profile=srgb)
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), GREYS)


@pytest.mark.parametrize("ending", ["tif", "gif", "png", "webp", "avif"])
def test_of_several_pictures_the_first_is_taken_and_the_rest_told(
    tmp_path: Path, ending: str
) -> None:
    frames = [Image.fromarray(np.roll(RGB, 8 * k, axis=1)) for k in range(3)]
    options = {"webp": {"lossless": True}, "avif": {"quality": 100}}.get(ending, {})
    path = tmp_path / f"film.{ending}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    told: list[str] = []
    found = shown(path, told.append)[..., :3]
    assert np.abs(found - RGB).mean() < 12
    assert len(told) == 1
    assert "3 pictures" in told[0]
    assert path.name in told[0]


def test_stacks_of_microscopes_are_told_and_thumbnails_are_not(tmp_path: Path) -> None:
    stack = np.stack([DEEP] * 5)
    tifffile.imwrite(tmp_path / "imagej.tif", stack, imagej=True)
    tifffile.imwrite(tmp_path / "ome.ome.tif", stack, metadata={"axes": "ZYX"})
    for name in ("imagej.tif", "ome.ome.tif"):
        told: list[str] = []
        np.testing.assert_allclose(shown(tmp_path / name, told.append), GREYS, atol=0.5)
        assert "5 pictures" in told[0]
    with tifffile.TiffWriter(tmp_path / "pyramid.tif") as writer:
        writer.write(RGB, photometric="rgb", subifds=1)
        writer.write(RGB[::2, ::2], photometric="rgb", subfiletype=1)
    with tifffile.TiffWriter(tmp_path / "thumbnail.tif") as writer:
        writer.write(RGB, photometric="rgb")
        writer.write(RGB[::2, ::2], photometric="rgb", subfiletype=1)
    for name in ("pyramid.tif", "thumbnail.tif"):
        np.testing.assert_array_equal(shown(tmp_path / name).round(), RGB)


def test_the_second_picture_of_a_telephone_is_no_film(tmp_path: Path) -> None:
    first, second = Image.fromarray(RGB), Image.fromarray(RGB[::2, ::2])
    first.save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=[second])
    assert shown(tmp_path / "phone.jpg").shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_very_large_files_are_refused_until_the_user_allows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = tmp_path / f"scan.{ending}"
    if ending == "pgm":
        path.write_bytes(netpbm(5, np.full((1000, 2000), 30000), 65535))
    else:
        Image.new("L", (2000, 1000), 90).save(path)
    assert read_image(path).shape[:2] == (1000, 2000)
    monkeypatch.setenv(MAX_MEGAPIXELS, "1.5")
    with pytest.raises(ImageError, match=rf"scan\.{ending}.*2 million.*set {MAX_MEGAPIXELS}=2"):
        read_image(path)
    monkeypatch.setenv(MAX_MEGAPIXELS, "2")
    assert read_image(path).shape[:2] == (1000, 2000)
    monkeypatch.setenv(MAX_MEGAPIXELS, "many")
    assert read_image(path).shape[:2] == (1000, 2000)


def test_pillows_own_limits_are_as_they_were(tmp_path: Path) -> None:
    from PIL import ImageFile

    def limits() -> tuple[object, ...]:
        chunk = PngImagePlugin.MAX_TEXT_CHUNK
        return Image.MAX_IMAGE_PIXELS, chunk, ImageFile.LOAD_TRUNCATED_IMAGES

    before = limits()
    path = save(RGB, tmp_path / "a.png")
    read_image(path)
    assert limits() == before
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImageError):
        read_image(path)
    assert limits() == before


def test_heic_without_its_decoder_says_which(tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(struct.pack(">I4s4sI", 24, b"ftyp", b"heic", 0) + b"mif1heic" + bytes(99))
    with pytest.raises(ImageError, match=r"IMG_0001\.HEIC .*pillow-heif") as refusal:
        read_image(path)
    assert "\n" not in str(refusal.value)


def test_what_is_told_goes_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = [Image.fromarray(RGB)] * 2
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    with caplog.at_level(logging.WARNING):
        read_image(tmp_path / "two.tif")
    assert "two.tif holds 2 pictures" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_of_bytes_is_read_and_can_be_said(tmp_path: Path) -> None:
    import os

    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    save(RGB, path)
    np.testing.assert_array_equal(read_image(path), RGB)
    path.write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"caf.*xe9|caf.*dce9") as refusal:
        read_image(path)
    str(refusal.value).encode("utf-8")


@pytest.mark.parametrize("ending", ["dng", "NEF", "cr2", "arw"])
def test_a_raw_photograph_is_not_taken_for_its_preview(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"raw.{ending}"
    path.write_bytes(tiff(RGB, photometric="rgb", subfiletype=1))
    with pytest.raises(ImageError, match=rf"raw\.{ending} is a raw photograph"):
        read_image(path)


def test_an_address_is_no_file(tmp_path: Path) -> None:
    for address in ("https://example.org/photo.png", "s3://bucket/photo.png"):
        with pytest.raises(ImageError, match=r"photo\.png is an address.*download"):
            read_image(address)
        with pytest.raises(ImageError, match=r"photo\.png is an address.*download"):
            read_image(Path(address))


def test_the_home_folder_is_known_by_its_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(RGB, tmp_path / "photo.png")
    np.testing.assert_array_equal(read_image("~/photo.png"), RGB)


def test_a_damaged_tiff_is_one_sentence_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = bytearray(tiff(DEEP))
    data[10:40] = b"\xff" * 30
    (tmp_path / "damaged.tif").write_bytes(data)
    with pytest.raises(ImageError, match=r"damaged\.tif"):
        read_image(tmp_path / "damaged.tif")
    assert not [record for record in caplog.records if record.name == "tifffile"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("there are none here")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="not an ordinary file"):
        read_image(tmp_path / "pipe.png")
