"""The command line, as a user types it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from napari_neural_style.__main__ import main
from napari_neural_style.presets.catalogue import PRESETS
from napari_neural_style.settings import setting_names

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
    process = subprocess.Popen(
        _command("photo.png", "painting.jpg", "-o", "out.png", *QUICK, "--steps", "100000"),
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
