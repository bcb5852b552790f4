"""The benchmarks follow the package: what they import, and what they call it by, is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "benchmarks"

#: In a process of its own: some of them bring TensorFlow, which no process with a window may.
_PROGRAM = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    if hasattr(module, "main"):
        sys.argv = [name, "--help"]
        try:
            module.main()
        except SystemExit as end:
            assert not end.code, name
"""


def test_every_benchmark_starts() -> None:
    names = sorted(file.stem for file in FOLDER.glob("*.py"))
    assert "networks" in names
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(FOLDER), *names],
        capture_output=True,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage:") >= 10
