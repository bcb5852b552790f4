"""A registry of this test's own, and packages that are really on the path."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_neural_style.hooks import Extensions, manager, observing

Install = Callable[..., Path]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Extensions:
    """What is registered, with nothing but the built-ins in it; gone after the test."""
    fresh = Extensions()
    monkeypatch.setattr(manager, "_extensions", fresh)
    monkeypatch.setattr(observing, "_silenced", set())
    return fresh


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A function that puts a package on the path as pip does, metadata and all.

    ``install("brush-marks", "brush_marks", source)`` writes the module and an entry point to it.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def put(package: str, module: str, source: str, target: str = "") -> Path:
        (folder / f"{module}.py").write_text(source)
        metadata = folder / f"{module}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        (metadata / "entry_points.txt").write_text(
            f"[napari_neural_style]\n{module} = {target or module}\n"
        )
        sys.modules.pop(module, None)
        return folder

    yield put
    for path in folder.glob("*.py"):
        sys.modules.pop(path.stem, None)
