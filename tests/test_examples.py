"""Every script in examples/ runs as it stands, small, and leaves behind what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_neural_style.keeping.records import read_record
from napari_neural_style.sample_data import load

#: Each starts an engine of its own: seconds on an idle machine, minutes on a busy one.
pytestmark = pytest.mark.timeout(900)

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))


def run(script: str, folder: Path) -> str:
    """Run a script in `folder`; return what it printed."""
    outcome = subprocess.run(
        [sys.executable, str(EXAMPLES / script)],
        cwd=folder,
        env={**os.environ, "EXAMPLE_SIZE": "32", "EXAMPLE_STEPS": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return outcome.stdout


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_arrays(tmp_path: Path) -> None:
    assert "step=3" in run("arrays.py", tmp_path)
    painted, photo = pixels(tmp_path / "arrays.png"), load("harbour_town")
    assert painted.shape == photo.shape
    assert np.abs(painted.astype(int) - photo).mean() > 2


def test_viewer_without_window(tmp_path: Path) -> None:
    printed = run("viewer_without_window.py", tmp_path)
    assert "step 3 of 3" in printed
    assert "The run is finished." in printed
    record = read_record(tmp_path / "viewer_without_window.png")
    assert record is not None
    assert record["inputs"]["style"] == "painting"


def test_masks_and_styles(tmp_path: Path) -> None:
    run("masks_and_styles.py", tmp_path)  # it checks what lies beyond the mask by itself
    painted, photo = pixels(tmp_path / "masks_and_styles.png"), load("chelsea")
    assert (painted[:, :100] != photo[:, :100]).any()
    assert (painted[:, -100:] != photo[:, -100:]).any()


def test_folder(tmp_path: Path) -> None:
    printed = run("folder.py", tmp_path)
    assert sorted(path.name for path in (tmp_path / "painted").iterdir()) == [
        "astronaut.png",
        "coffee.png",
    ]
    assert "broken.jpg is not an image" in printed


def test_cluster(tmp_path: Path) -> None:
    printed = run("cluster.py", tmp_path)
    for index in range(4):
        assert f"photo {index}: done" in printed
        assert pixels(tmp_path / f"cluster_{index}.png").shape == load("rocket").shape


@pytest.mark.parametrize("script", ["blended_styles.py", "colours.py"])
def test_sheets(script: str, tmp_path: Path) -> None:
    run(script, tmp_path)
    sheet = pixels((tmp_path / script).with_suffix(".png"))
    assert sheet.shape[1] > 3 * 256
    cells = [sheet[20:120, 270 * column + 20 : 270 * column + 220] for column in range(3)]
    assert not (cells[0] == cells[1]).all()
    assert not (cells[1] == cells[2]).all()


def test_stack(tmp_path: Path) -> None:
    assert "missing: []" in run("stack.py", tmp_path)
    stack = tifffile.imread(tmp_path / "stack.tif")
    assert stack.shape[0] == 4
    assert (stack[..., 3] == 255).all()


def test_observer(tmp_path: Path) -> None:
    assert "The run is finished." in run("observer.py", tmp_path)
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
