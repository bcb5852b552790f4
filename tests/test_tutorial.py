"""The tutorial runs from top to bottom, and is shown with what its cells show."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOK: dict[str, Any] = json.loads((DOCS / "tutorial.ipynb").read_text("utf-8"))


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _kinds(notebook: dict[str, Any]) -> list[list[str]]:
    return [
        [output["output_type"] for output in cell["outputs"]]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def test_every_cell_runs_and_shows_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without_qt: None
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXAMPLE_SIZE", "32")
    monkeypatch.setenv("EXAMPLE_STEPS", "3")
    again = copy.deepcopy(NOTEBOOK)
    _script("run_tutorial").run_cells(again)
    assert _kinds(again) == _kinds(NOTEBOOK), "python docs/run_tutorial.py keeps what is shown"
    assert sum(kinds.count("execute_result") for kinds in _kinds(again)) >= 6


def test_a_cell_that_fails_is_told() -> None:
    cell = {"cell_type": "code", "source": ["1 / 0"], "outputs": []}
    with pytest.raises(ZeroDivisionError):
        _script("run_tutorial").run_cells({"cells": [cell]})


def test_the_page_has_all_cells_with_their_pictures() -> None:
    pytest.importorskip("mkdocs")
    page = _script("notebook_page").page_of(NOTEBOOK)
    assert page.startswith("# Tutorial")
    assert page.count("```python") == len(_kinds(NOTEBOOK))
    pictures = sum(kinds.count("execute_result") for kinds in _kinds(NOTEBOOK))
    assert page.count("](data:image/jpeg;base64,") == pictures
