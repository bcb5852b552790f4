"""Scripts that need a real window run in a process of their own, under Xvfb.

What breaks there is a segmentation fault as often as an exception.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPTS = Path(__file__).parent / "scripts"

needs_xvfb = pytest.mark.skipif(
    not shutil.which("xvfb-run"), reason="xvfb-run is not installed: apt install xvfb xauth"
)


def run_in_windows(*scripts: list[str | Path]) -> str:
    """Run scripts, each with its arguments, on the screen of a laptop, one after the other.

    Return what they printed; they ended well.
    """
    told = json.dumps([[str(word) for word in script] for script in scripts])
    display = ["xvfb-run", "-a", "-s", "-screen 0 1366x768x24"]
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    # Mesa draws on the processor, and its threads wait for each other longer than they draw.
    environment["LP_NUM_THREADS"] = "0"
    outcome = subprocess.run(
        [*display, sys.executable, str(_SCRIPTS / "in_turn.py"), told],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, (
        f"exit code {outcome.returncode} (139 is a segmentation fault)\n"
        f"{outcome.stdout[-2000:]}\n{outcome.stderr[-4000:]}"
    )
    # A thread that outlives Qt says so, and now and then ends with the whole process.
    for word in ("Traceback", "aborted thread"):
        assert word not in outcome.stderr, outcome.stderr[-4000:]
    return outcome.stdout
