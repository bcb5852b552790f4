"""A small share of what ``benchmarks/reliability.py`` measures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(__file__).parent.parent / "benchmarks" / "reliability.py"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.timeout(900)
def test_a_few_of_everything_that_can_go_wrong() -> None:
    counts = {"killed": 2, "stopped": 1, "starved": 1, "calls": 5, "files": 100, "runs": 2}
    options = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
    done = subprocess.run(
        [sys.executable, str(COMMAND), *options], capture_output=True, text=True, check=False
    )
    rows = re.findall(r"^\| .+? \| (\d+) \| (\d+) \| 0 \|", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert rows == [(str(count), str(count)) for count in counts.values()]
    assert "Processes left behind: 0." in done.stdout
