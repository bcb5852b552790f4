"""The benchmarks follow the package: what they import, and what they call it by, is there."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


def test_every_benchmark_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which has imported already most of what they need."""
    names = sorted(file.stem for file in FOLDER.glob("*.py"))
    assert "networks" in names
    # Others' modules may be called like these: both are found again as they were.
    before = dict(sys.modules)
    for name in names:
        sys.modules.pop(name, None)
    monkeypatch.syspath_prepend(str(FOLDER))
    try:
        for name in names:
            module = importlib.import_module(name)
            assert module.__file__ == str(FOLDER / f"{name}.py")
            if hasattr(module, "main"):
                monkeypatch.setattr(sys, "argv", [name, "--help"])
                with pytest.raises(SystemExit) as end:
                    module.main()
                assert not end.value.code, name
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update({name: before[name] for name in names if name in before})
    assert capsys.readouterr().out.count("usage:") >= 10
