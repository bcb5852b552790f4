"""Saving: refused before the work, whole or not at all, and never lost."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from napari_neural_style import safe_files
from napari_neural_style.errors import ImageError
from napari_neural_style.pictures import writing
from napari_neural_style.pictures.files import (
    check_size,
    check_writable,
    read_image,
    write_image,
)
from napari_neural_style.safe_files import whole_file

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
DEEP = np.random.default_rng(1).integers(0, 65536, (70, 8, 3), np.uint16)


@pytest.fixture
def shelter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a picture is kept that has no place."""
    where = tmp_path / "state"
    monkeypatch.setattr(writing.platformdirs, "user_state_path", lambda _: where)
    return where / "kept"


@pytest.mark.parametrize(
    "ending", ["ico", "icns", "gif", "xbm", "msp", "palm", "pdf", "mpo", "ICO"]
)
def test_formats_that_would_make_another_picture_of_it_are_refused(
    tmp_path: Path, ending: str
) -> None:
    with pytest.raises(ImageError, match=rf"out\.{ending}"):
        check_writable(tmp_path / f"out.{ending}")


@pytest.mark.parametrize(
    ("ending", "longest"), [("webp", 16383), ("jpg", 65500), ("jpeg", 65500), ("avif", 65535)]
)
def test_sizes_that_a_format_cannot_hold_are_refused(
    tmp_path: Path, ending: str, longest: int
) -> None:
    path = tmp_path / f"out.{ending}"
    check_writable(path, (3, longest, 3))
    check_size(path, (longest, 3, 3))
    for shape in ((longest + 1, 3, 3), (3, longest + 1, 3)):
        with pytest.raises(ImageError, match=rf"out\.{ending}.*save it as PNG"):
            check_writable(path, shape)
    check_writable(tmp_path / "out.png", (100_000, 3, 3))


def test_a_size_of_its_own_is_what_the_format_says(tmp_path: Path) -> None:
    wide = np.zeros((1, 16384, 3), np.uint8)
    with pytest.raises(ImageError, match="16383"):
        write_image(tmp_path / "out.webp", wide)
    assert not list(tmp_path.iterdir())


def test_what_goes_in_is_not_written_over(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(PIXELS).save(photo)
    (tmp_path / "link.png").symlink_to(photo)
    (tmp_path / "hard.png").hardlink_to(photo)
    for name in ("photo.png", "link.png", "hard.png", "../" + tmp_path.name + "/photo.png"):
        with pytest.raises(ImageError, match=r"painted from.*--overwrite"):
            check_writable(tmp_path / name, inputs=[tmp_path / "style.png", photo])
        check_writable(tmp_path / name, inputs=[photo], overwrite=True)
    check_writable(tmp_path / "other.png", inputs=[photo])


def without_privilege(code: str, *arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run Python as a user whom permissions hold for."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


TRY = """
import sys
from pathlib import Path
from napari_neural_style.pictures.files import check_writable
check_writable(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="setpriv is Linux's")
def test_places_that_may_not_be_written_to_are_refused_before_the_work(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "there.png").write_bytes(b"")
    locked.chmod(0o555)
    final = tmp_path / "final.png"
    final.write_bytes(b"the only copy")
    final.chmod(0o444)
    for path, word in (
        (locked / "out.png", "Nothing can be saved in the folder"),
        (locked / "there.png", "Nothing can be saved in the folder"),
        (final, "may not be replaced"),
    ):
        outcome = without_privilege(TRY, path)
        assert f"ImageError: {word}" in outcome.stderr or word in outcome.stderr, outcome.stderr
    locked.chmod(0o755)
    assert final.read_bytes() == b"the only copy"


def test_odd_places_are_refused_before_the_work(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(ImageError, match="not an ordinary file"):
            check_writable(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="shorter"):
        check_writable(tmp_path / ("x" * 300 + ".png"))
    with pytest.raises(ImageError, match="no folder"):
        check_writable(tmp_path / "a.png" / "b.png")
    check_writable(tmp_path / ("x" * 250 + ".png"))
    write_image(tmp_path / ("x" * 250 + ".png"), PIXELS)


def test_trying_a_place_leaves_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(b"earlier")
    check_writable(tmp_path / "there.png")
    check_writable(tmp_path / "new.png")
    assert [path.name for path in tmp_path.iterdir()] == ["there.png"]
    assert (tmp_path / "there.png").read_bytes() == b"earlier"


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "bmp"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_disk_that_is_full_leaves_the_earlier_file_and_keeps_the_picture(
    tmp_path: Path, shelter: Path, monkeypatch: pytest.MonkeyPatch, ending: str, dtype: type
) -> None:
    path = tmp_path / f"out.{ending}"
    path.write_bytes(b"yesterday's")
    pixels = PIXELS.astype(dtype) * (257 if dtype is np.uint16 else 1)
    replace = os.replace

    def full_here(source: Any, target: Any) -> None:
        if Path(target).parent == tmp_path:
            full_disk()
        replace(source, target)

    monkeypatch.setattr(safe_files.os, "replace", full_here)
    with pytest.raises(ImageError, match=r"no space left on device; it is kept as .*out-1\.png"):
        write_image(path, pixels, keep=True)
    assert path.read_bytes() == b"yesterday's"
    np.testing.assert_array_equal(read_image(shelter / "out-1.png"), pixels)
    with pytest.raises(ImageError, match=r"out-2\.png"):
        write_image(path, pixels, keep=True)
    with pytest.raises(ImageError, match=r"no space left on device\.$"):
        write_image(path, pixels)
    assert not [p for p in tmp_path.iterdir() if ".part" in p.name]


def test_where_even_that_is_impossible_it_is_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "tmp"
    other.mkdir()
    (tmp_path / "a file").write_bytes(b"")
    home = tmp_path / "a file" / "home"
    monkeypatch.setattr(writing.platformdirs, "user_state_path", lambda _: home)
    monkeypatch.setattr(writing.tempfile, "gettempdir", lambda: str(other))
    (tmp_path / "out.png").mkdir()
    with pytest.raises(ImageError, match="kept as"):
        write_image(tmp_path / "out.png", PIXELS, keep=True)
    np.testing.assert_array_equal(read_image(other / "out-1.png"), PIXELS)


def test_a_kill_in_the_middle_leaves_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"yesterday's")
    code = """
import os, signal, sys
from pathlib import Path
from napari_neural_style.safe_files import whole_file
with whole_file(Path(sys.argv[1])) as part:
    part.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    outcome = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert outcome.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"yesterday's"


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.png"
    real.parent.mkdir()
    real.write_bytes(b"")
    real.chmod(0o640)
    link = tmp_path / "link.png"
    link.symlink_to(real)
    write_image(link, PIXELS)
    assert link.is_symlink()
    np.testing.assert_array_equal(read_image(real), PIXELS)
    assert real.stat().st_mode & 0o777 == 0o640


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(value: int) -> None:
        for _ in range(20):
            with whole_file(tmp_path / "a.json") as part:
                part.write_text(str(value) * 1000)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    text = (tmp_path / "a.json").read_text()
    assert len(set(text)) == 1
    assert len(text) == 1000


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bits_go_out_as_they_are_with_their_text(
    tmp_path: Path, ending: str, channels: int
) -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 65536, (130, 9, channels), np.uint16)
    path = tmp_path / f"deep.{ending}"
    write_image(path, pixels, ("neural_style", '{"a": 1}'))
    np.testing.assert_array_equal(read_image(path), pixels)
    with Image.open(path) as image:
        text = image.info["neural_style"] if ending == "png" else image.tag_v2[270]
        assert text.rstrip("\0") == '{"a": 1}'
        image.verify() if ending == "png" else image.load()


@pytest.mark.parametrize("ending", ["jpg", "webp", "bmp"])
def test_other_formats_get_8_bits(tmp_path: Path, ending: str) -> None:
    flat = np.full((16, 16, 3), 200 * 257, np.uint16)
    write_image(tmp_path / f"a.{ending}", flat)
    assert np.abs(read_image(tmp_path / f"a.{ending}").astype(int) - 200).max() <= 2


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg", "a.webp", "deep.png", "deep.tif"])
def test_results_carry_the_profile_of_srgb(tmp_path: Path, name: str) -> None:
    write_image(tmp_path / name, DEEP if name.startswith("deep") else PIXELS)
    with Image.open(tmp_path / name) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_the_same_picture_is_the_same_file(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", PIXELS)
    write_image(tmp_path / "b.png", PIXELS)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_of_bytes_can_be_written(tmp_path: Path) -> None:
    odd_name = os.fsdecode(b"caf\xe9.png")
    check_writable(tmp_path / odd_name)
    write_image(tmp_path / odd_name, PIXELS)
    np.testing.assert_array_equal(read_image(tmp_path / odd_name), PIXELS)


@pytest.mark.skipif(sys.platform != "linux", reason="setpriv is Linux's")
def test_a_protected_file_is_not_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "final.png"
    path.write_bytes(b"the only copy")
    path.chmod(0o444)
    code = """
import sys
from pathlib import Path
import numpy as np
from napari_neural_style.pictures.files import write_image
write_image(Path(sys.argv[1]), np.zeros((2, 2, 3), np.uint8))
"""
    assert "permission denied" in without_privilege(code, path).stderr
    assert path.read_bytes() == b"the only copy"


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_resolution_in_print_is_told_where_formats_can(
    tmp_path: Path, name: str, dtype: type
) -> None:
    write_image(tmp_path / name, np.full((20, 30, 3), 7, dtype), dpi=300)
    with Image.open(tmp_path / name) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_large_tiff_files_are_tiled_and_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: type
) -> None:
    monkeypatch.setattr(writing, "_LARGE_TIFF", 1000)
    across = np.linspace(0, np.iinfo(dtype).max, 700)
    pixels = np.broadcast_to(across[:, np.newaxis], (500, 700, 3)).astype(dtype)
    write_image(tmp_path / "a.tif", pixels, ("record", "text"), dpi=300)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages[0]
        assert (page.is_tiled, page.tilewidth, page.description) == (True, 256, "text")
        np.testing.assert_array_equal(page.asarray(), pixels)
    assert (tmp_path / "a.tif").stat().st_size < pixels.nbytes / 3
    if dtype == np.uint8:
        with Image.open(tmp_path / "a.tif") as image:
            np.testing.assert_array_equal(np.asarray(image), pixels)
