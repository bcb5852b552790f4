"""What stopped a write is told as it is, and what helps against that."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_neural_style import file_faults
from napari_neural_style.file_faults import fault, remedy
from without_tensorflow import painting_program


def of(number: int) -> OSError:
    return OSError(number, os.strerror(number), "out.png")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left on device"),
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "read-only file system"),
        (errno.EIO, "input/output error"),
    ],
)
def test_the_system_s_own_words_become_a_part_of_a_sentence(number: int, says: str) -> None:
    assert fault(of(number)) == says
    assert fault(ValueError("broken.\nIn the second line")) == "broken"
    assert fault(ValueError()) == "ValueError"


def test_only_what_helps_is_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    assert remedy(of(errno.EACCES), "choose another place") == "choose another place"
    assert remedy(of(errno.ENOSPC), "see to the home folder") == "make room there"
    monkeypatch.setattr(file_faults, "_limit", lambda: 5000)
    assert "5000 bytes" in fault(of(errno.EFBIG))
    assert remedy(of(errno.EFBIG), "make room there") == "lift that limit"
    # As of the 4 GB that files of a memory stick may have.
    monkeypatch.setattr(file_faults, "_limit", lambda: None)
    assert fault(of(errno.EFBIG)) == "the file is larger than its disk can hold"
    assert remedy(of(errno.EFBIG), "make room there") == "choose another place"


@pytest.mark.skipif(os.name != "posix", reason="limits of a shell")
@pytest.mark.parametrize(("blocks", "says"), [(0, "does not let the program"), (64, "out.png")])
def test_a_limit_for_the_size_of_files_is_told_in_one_sentence(
    tmp_path: Path, blocks: int, says: str
) -> None:
    """With none at all, libraries fail that write when they are imported; with some, the result."""
    rng = np.random.default_rng(0)
    for name in ("photo.png", "painting.png"):
        Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8)).save(tmp_path / name)
    words = "photo.png painting.png -o out.png --features builtin --size 90 --steps 2"
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * blocks,) * 2)

    outcome = subprocess.run(
        painting_program(*words.split()),
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1, outcome.stderr
    last = outcome.stderr.splitlines()[-1]
    assert says in last
    assert f"no file may have more than {1024 * blocks} bytes here" in last
    assert "ulimit -f" in last
    assert "home folder" not in last
