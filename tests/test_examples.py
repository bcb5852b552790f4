"""Every script in examples/ runs as it stands, small, and leaves behind what it says."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_neural_style.records.records import read_record
from napari_neural_style.sample_data import load
from without_tensorflow import pretended_python

Run = Callable[[str], str]

EXAMPLES = Path(__file__).parents[1] / "examples"
#: Workers import the script that starts them, and an observer stays for good.
APART = ("cluster.py", "observer.py")
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, without_qt: None
) -> Callable[[str], str]:
    """A function that runs a script in `tmp_path` and returns what it printed.

    In this process, for the sake of time: its engine is warm. Some need one of their own; theirs
    knows nothing of TensorFlow.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXAMPLE_SIZE", "32")
    monkeypatch.setenv("EXAMPLE_STEPS", "3")

    def run_(script: str) -> str:
        if script in APART:
            if os.name == "posix":
                monkeypatch.setenv("NAPARI_NEURAL_STYLE_PYTHON", pretended_python(tmp_path))
            command = [sys.executable, str(EXAMPLES / script)]
            outcome = subprocess.run(command, capture_output=True, text=True, check=False)
            assert outcome.returncode == 0, outcome.stderr[-3000:]
            return outcome.stdout
        capsys.readouterr()
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
        return str(capsys.readouterr().out)

    return run_


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_arrays(run: Run, tmp_path: Path) -> None:
    assert "step=3" in run("arrays.py")
    painted, photo = pixels(tmp_path / "arrays.png"), load("harbour_town")
    assert painted.shape == photo.shape
    assert np.abs(painted.astype(int) - photo).mean() > 2


def test_viewer_without_window(run: Run, tmp_path: Path) -> None:
    printed = run("viewer_without_window.py")
    assert "step 3 of 3" in printed
    assert "The run is finished." in printed
    record = read_record(tmp_path / "viewer_without_window.png")
    assert record is not None
    assert record["inputs"]["style"] == "painting"


def test_masks_and_styles(run: Run, tmp_path: Path) -> None:
    run("masks_and_styles.py")  # it checks what lies beyond the mask by itself
    painted, photo = pixels(tmp_path / "masks_and_styles.png"), load("chelsea")
    assert (painted[:, :100] != photo[:, :100]).any()
    assert (painted[:, -100:] != photo[:, -100:]).any()


def test_folder(run: Run, tmp_path: Path) -> None:
    printed = run("folder.py")
    assert sorted(path.name for path in (tmp_path / "painted").iterdir()) == [
        "astronaut.png",
        "coffee.png",
    ]
    assert "broken.jpg is not an image" in printed


def test_cluster(run: Run, tmp_path: Path) -> None:
    printed = run("cluster.py")
    for index in range(4):
        assert f"photo {index}: done" in printed
        assert pixels(tmp_path / f"cluster_{index}.png").shape == load("rocket").shape


@pytest.mark.parametrize("script", ["blended_styles.py", "colours.py"])
def test_sheets(run: Run, script: str, tmp_path: Path) -> None:
    run(script)
    sheet = pixels((tmp_path / script).with_suffix(".png"))
    assert sheet.shape[1] > 3 * 256
    cells = [sheet[20:120, 270 * column + 20 : 270 * column + 220] for column in range(3)]
    assert not (cells[0] == cells[1]).all()
    assert not (cells[1] == cells[2]).all()


def test_stack(run: Run, tmp_path: Path) -> None:
    assert "missing: []" in run("stack.py")
    stack = tifffile.imread(tmp_path / "stack.tif")
    assert stack.shape[0] == 4
    assert (stack[..., 3] == 255).all()


def test_observer(run: Run, tmp_path: Path) -> None:
    assert "The run is finished." in run("observer.py")
    rows = (tmp_path / "losses.csv").read_text().splitlines()
    assert rows[0] == "preset,step,total,content,style"
    assert [row.split(",")[1] for row in rows[1:]] == ["1", "2", "3"]


def test_every_script_is_listed_and_tested() -> None:
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    source = Path(__file__).read_text("utf-8")
    assert len(SCRIPTS) >= 9
    for script in SCRIPTS:
        assert f"`{script}`" in readme
        assert f'"{script}"' in source
        assert len((EXAMPLES / script).read_text("utf-8").splitlines()) <= 45, script
