"""The command line, as a user types it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points, version
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from napari_neural_style import __main__
from napari_neural_style.__main__ import main
from napari_neural_style.presets.catalogue import PRESETS
from napari_neural_style.settings import setting_names
from without_tensorflow import begin_painting

QUICK = """
    --features builtin --size 24 --steps 12 --update-every 4 --style-loss gram --precision float32
    --content-layers block1_conv1 --style-layers block1_conv1:1
""".split()  # noqa: SIM905


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with photo.png (30x20) and painting.jpg; and no display."""
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)).save(tmp_path / "photo.png")
    Image.fromarray(rng.integers(0, 99, (25, 25, 3), np.uint8)).save(tmp_path / "painting.jpg")
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "napari_neural_style", *arguments]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(*arguments), capture_output=True, text=True, check=False)


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_files_are_painted_without_a_window(folder: Path) -> None:
    outcome = _run("photo.png", "painting.jpg", "-o", "out.png", *QUICK)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.count("\n") == 1
    assert "out.png" in outcome.stdout
    assert _size(folder / "out.png") == (30, 20)
    painted = np.asarray(Image.open(folder / "out.png")).astype(int)
    assert np.abs(painted - np.asarray(Image.open(folder / "photo.png"))).mean() > 1
    assert "Traceback" not in outcome.stderr
    assert "step 12 of 12" in outcome.stderr


def test_a_mask_says_where_and_how_strongly(folder: Path) -> None:
    photo = np.asarray(Image.open(folder / "photo.png")).astype(int)
    grey = np.zeros((20, 30), np.uint8)
    grey[:, 10:20], grey[:, 20:] = 80, 255
    Image.fromarray(grey).save("grey.png")
    Image.fromarray(grey // 80).save("levels.png")
    changes = []
    for options in (["--mask", "grey.png"], ["--mask", "levels.png", "--mask-levels", "3"]):
        arguments = ["photo.png", "painting.jpg", "-o", "out.png", *options, "--overwrite"]
        assert main([*arguments, *QUICK, "--mask-softness", "0"]) == 0
        painted = np.asarray(Image.open("out.png")).astype(int)
        change = np.abs(painted - photo).mean(axis=(0, 2)).reshape(3, 10).mean(axis=1)
        assert change[0] == 0
        assert 0 < change[1] < change[2]
        changes.append(change)
    np.testing.assert_allclose(*changes, rtol=0.1)


def test_the_demo_without_a_display_says_so_in_one_line_and_paints(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--size", "32", *QUICK[4:], "--features", "builtin"]) == 0
    said = capfd.readouterr()
    first, second = said.out.strip().splitlines()
    assert "no display" in first
    assert "neural-style-demo.png" in first
    assert "Harbour town in the style of Swirling night" in second
    assert min(_size(folder / "neural-style-demo.png")) > 300, "the size of the sample"
    assert "100%" in said.err


def test_without_display_own_images_need_an_output(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["photo.png", "painting.jpg"]) == 1
    said = capfd.readouterr()
    assert "no display" in said.err
    assert "-o OUT.png" in said.err
    assert said.err.count("\n") == 1
    assert not said.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("nowhere.png painting.jpg -o out.png", "no file nowhere.png"),
        ("photo.png letter.txt -o out.png", "letter.txt is not an image"),
        ("photo.png painting.jpg -o out.docx", "out.docx does not end like an image"),
        ("photo.png painting.jpg -o elsewhere/out.png", "no folder"),
        ("photo.png painting.jpg -o . ", "painted.png"),
        ("photo.png painting.jpg -o out.png --steps 0", "steps is 0"),
        ("photo.png painting.jpg -o out.png --style-strength 2", "style_strength is 2"),
        ("photo.png painting.jpg -o out.png --style-layers block9_conv1:1", "block9_conv1"),
        ("photo.png painting.jpg -o out.png --device toaster", "toaster"),
        ("photo.png painting.jpg -o out.png --device gpu:7 --features builtin", "gpu:7"),
        ("photo.png painting.jpg -o out.png --weights lost.h5", "lost.h5"),
        ("photo.png painting.jpg -o out.png --mask painting.jpg", "(25, 25), but the photo has"),
        ("photo.png painting.jpg -o out.png --mask nowhere.png", "no file nowhere.png"),
    ],
)
def test_an_error_is_one_sentence_and_exit_code_1(
    folder: Path, capfd: pytest.CaptureFixture[str], arguments: str, says: str
) -> None:
    (folder / "letter.txt").write_text("Dear Sir")
    assert main(arguments.split()) == 1
    said = capfd.readouterr()
    *before, sentence = said.err.strip().splitlines()
    assert says.lower() in sentence.lower()
    assert all("|" in line for line in before), "nothing but the progress bar may come before it"
    assert "Traceback" not in said.err
    assert not said.out
    assert not (folder / "out.png").exists()


def test_an_error_in_a_process_of_its_own_is_the_same(folder: Path) -> None:
    outcome = _run("nowhere.png", "painting.jpg", "-o", "out.png")
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines() == ["There is no file nowhere.png: check the path."]
    assert not outcome.stdout


def test_files_of_the_users_that_are_called_like_modules_are_not_imported(folder: Path) -> None:
    for name in ("random", "queue", "tempfile", "signal", "string", "tensorflow", "json"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('the user has a {name}.py')")
    outcome = _run("nowhere.png", "painting.jpg", "-o", "out.png")
    assert outcome.stderr.splitlines() == ["There is no file nowhere.png: check the path."]


def test_it_says_what_it_is_called_and_its_version(capfd: pytest.CaptureFixture[str]) -> None:
    for option in ("--help", "--version"):
        with pytest.raises(SystemExit) as end:
            main([option])
        assert not end.value.code
    usage, *_, last = capfd.readouterr().out.splitlines()
    assert usage.startswith("usage: napari-neural-style [-h] [PHOTO PAINTING]")
    assert last == f"napari-neural-style {version('napari-neural-style')}"
    (program,) = entry_points(group="console_scripts", name="napari-neural-style")
    assert program.load() is __main__.program


@pytest.mark.parametrize(
    "arguments",
    [
        ["photo.png"],
        ["photo.png", "-o", "out.png"],
        ["photo.png", "painting.jpg", "-o", "out.png", "--preset", "nice"],
        ["photo.png", "painting.jpg", "-o", "out.png", "--steps", "many"],
        ["photo.png", "painting.jpg", "-o", "out.png", "--style-layers", "block1_conv1:much"],
    ],
)
def test_a_wrong_call_is_answered_with_the_usage(
    capfd: pytest.CaptureFixture[str], arguments: Sequence[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    said = capfd.readouterr().err
    assert said.startswith("usage: ")
    assert "PHOTO PAINTING" in said


def test_the_help_names_every_setting_preset_and_choice() -> None:
    outcome = _run("--help")
    assert outcome.returncode == 0
    for name in setting_names():
        assert f"--{name.replace('_', '-')} " in outcome.stdout, name
    for name, preset in PRESETS.items():
        assert f"{name}: {preset.description}" in outcome.stdout
    for word in (
        "PHOTO PAINTING",
        "-o OUT.png",
        "neural-style-demo.png",
        "wasserstein",
        "bfloat16",
    ):
        assert word in outcome.stdout
    assert max(map(len, outcome.stdout.splitlines())) < 120


def test_every_setting_given_reaches_the_run(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    slower = ["--steps", "20", "--preset", "preview"]
    assert main(["photo.png", "painting.jpg", "-o", "out.jpg", *QUICK, *slower]) == 0
    assert "step 20 of 20" in capfd.readouterr().err
    with Image.open(folder / "out.jpg") as picture:
        assert picture.format == "JPEG"


@pytest.fixture
def long_run(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A run of its own session, as from a terminal, that is in the middle of its work."""
    # Tests that run in the background may ignore Ctrl+C, and what they start would as well.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = begin_painting(
        *("photo.png", "painting.jpg", "-o", "out.png", *QUICK, "--steps", "100000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, ours)
    assert process.stderr is not None
    seen = ""
    while not re.search(r"step [1-9]\d* of 100000", seen):
        character = process.stderr.read(1)
        assert character, f"ended before its first step: {seen}"
        seen += character
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_ctrl_c_saves_what_there_is_and_leaves_nothing_behind(
    folder: Path, long_run: subprocess.Popen[str]
) -> None:
    children = psutil.Process(long_run.pid).children(recursive=True)
    assert children, "there is an engine process"
    # A terminal sends it to every process of the session: to the engine as well.
    os.killpg(long_run.pid, signal.SIGINT)
    out, err = long_run.communicate(timeout=60)
    assert long_run.returncode == 130, err
    assert _size(folder / "out.png") == (30, 20)
    assert "out.png" in out
    assert "Traceback" not in err
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert len(gone) == len(children)


#: As `QUICK`, in Python's words.
SETTINGS = {
    "features": "builtin",
    "size": 24,
    "steps": 12,
    "update_every": 4,
    "style_loss": "gram",
    "precision": "float32",
    "content_layers": {"block1_conv1": 1.0},
    "style_layers": {"block1_conv1": 1.0},
}


def _both(said: pytest.CaptureResult[str]) -> str:
    return said.out + said.err


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("kind", ["grey", "colours", "alpha"])
def test_16_bits_are_one_picture_by_every_way_and_come_out_as_16(
    folder: Path, ending: str, kind: str
) -> None:
    from napari_neural_style import stylize, stylize_many
    from napari_neural_style.pictures.files import read_image, write_image

    rng = np.random.default_rng(4)
    deep = rng.integers(0, 65536, (20, 30, 3), np.uint16)
    if kind == "alpha":
        deep = np.dstack([deep, rng.integers(0, 256, (20, 30), np.uint16) * np.uint16(257)])
    if kind == "grey":
        deep = deep[..., 0]
        Image.fromarray(deep).save(folder / "deep.png")
    else:
        write_image(folder / "deep.png", deep)
    painting = read_image(folder / "painting.jpg")
    arrays = stylize(deep, painting, **SETTINGS)
    assert arrays.dtype == np.uint16
    (batch,) = stylize_many([folder / "deep.png"], painting, **SETTINGS)
    np.testing.assert_array_equal(batch.image, arrays)
    assert main(["deep.png", "painting.jpg", "-o", f"out.{ending}", *QUICK]) == 0
    np.testing.assert_array_equal(read_image(folder / f"out.{ending}"), arrays)


@pytest.mark.parametrize("which", ["photo.png", "painting.jpg"])
def test_what_goes_in_is_replaced_only_where_that_is_wanted(
    folder: Path, capfd: pytest.CaptureFixture[str], which: str
) -> None:
    before = (folder / which).read_bytes()
    assert main(["photo.png", "painting.jpg", "-o", which, *QUICK]) == 1
    assert "--overwrite" in capfd.readouterr().err
    assert (folder / which).read_bytes() == before
    assert main(["photo.png", "painting.jpg", "-o", which, "--overwrite", *QUICK]) == 0
    assert (folder / which).read_bytes() != before


def test_frames_that_are_left_out_are_told(folder: Path) -> None:
    frames = [Image.new("RGB", (30, 20), (k * 60, 90, 30)) for k in range(4)]
    frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:])
    words = "film.gif", "painting.jpg", "-o", "out.png", *QUICK
    with begin_painting(*words, stdout=-1, stderr=-1, text=True) as painting:
        _, told = painting.communicate()
    assert painting.returncode == 0
    assert "film.gif holds 4 pictures: only the first is taken" in told


def test_a_picture_that_fits_no_format_is_refused_before_the_work(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (16400, 2)).save(folder / "strip.png")
    for name in ("out.webp", "out.gif", "out.ico"):
        assert main(["strip.png", "painting.jpg", "-o", name, *QUICK]) == 1
        said = capfd.readouterr()
        assert "save it as PNG" in said.err
        assert "step" not in said.err
    painted = ["--result-size", "painted", *QUICK]
    assert main(["strip.png", "painting.jpg", "-o", "out.webp", *painted]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_that_the_console_cannot_show_are_no_obstacle(folder: Path, encoding: str) -> None:
    # Letters that most encodings lack, and bytes that are no letters at all.
    content, style = "фото.png", os.fsdecode(b"caf\xe9.jpg")
    output = os.fsdecode(b"\xd0\xb6\xe9.png")
    (folder / "photo.png").rename(folder / content)
    (folder / "painting.jpg").rename(folder / style)
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    words = content, style, "-o", output, *QUICK
    with begin_painting(*words, env=environment, stdout=-1, stderr=-1) as painting:
        _, told = painting.communicate()
    assert painting.returncode == 0, told
    assert (folder / output).is_file()
    assert b"Traceback" not in told


def test_the_same_grey_ramp_in_any_file_is_the_same_painting(folder: Path) -> None:
    from napari_neural_style.pictures.files import read_image

    grey = np.broadcast_to(np.arange(30, dtype=np.uint8) * 8, (20, 30)).copy()
    files = {
        "eight.png": Image.fromarray(grey),
        "float.tif": Image.fromarray((grey / 255).astype("float32")),
        "int32.tif": Image.fromarray(grey.astype("int32") * 257),
        "sixteen.png": Image.fromarray(grey.astype("uint16") * 257),
    }
    found = {}
    for name, image in files.items():
        image.save(folder / name)
        assert main([name, "painting.jpg", "-o", f"out-{name}.png", *QUICK]) == 0
        pixels = read_image(folder / f"out-{name}.png")
        found[name] = pixels / np.float64(np.iinfo(pixels.dtype).max)
    for name, picture in found.items():
        np.testing.assert_allclose(picture, found["eight.png"], atol=0.02, err_msg=name)
