"""Qt without a screen: what napari's canvas asks OpenGL is answered here."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from napari_once import found_out_once

from napari_neural_style._qt.widget import NeuralStyleWidget
from quick import QUICK

Open = Callable[..., NeuralStyleWidget]


@pytest.fixture(autouse=True)
def _no_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt's offscreen platform has no OpenGL context: adding a layer would fail."""
    if os.environ["QT_QPA_PLATFORM"] == "offscreen":
        from vispy.gloo import gl

        def parameter(name: int) -> str | int:
            return "" if name == gl.GL_EXTENSIONS else 8192

        monkeypatch.setattr(gl, "glGetParameter", parameter)


@pytest.fixture(autouse=True)
def _what_stays_is_no_garbage() -> None:
    """napari collects garbage several times for each viewer: not among modules and caches."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _napari_finds_out_once() -> Iterator[None]:
    with found_out_once():
        yield


@pytest.fixture(autouse=True)
def _fresh_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's widget remembers, the next one's must not know."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.fixture
def painting() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 128, (25, 25, 3), np.uint8)


@pytest.fixture
def open_widget(qtbot, make_napari_viewer_proxy) -> Iterator[Open]:
    """A function that docks a widget in a new viewer, or in the one given.

    With the viewer that napari gives to plugins, images for its layers, and an engine of the test's
    own if it has one. Whatever still runs is cancelled after the test.
    """
    opened: list[NeuralStyleWidget] = []

    def open_(*images: np.ndarray, viewer=None, engine=None) -> NeuralStyleWidget:
        viewer = viewer or make_napari_viewer_proxy(show=False)
        for name, image in zip(("photo", "painting", "sketch"), images, strict=False):
            viewer.add_image(image, name=name, rgb=True)
        widget = NeuralStyleWidget(viewer, engine)
        viewer.window.add_dock_widget(widget, name=f"Style transfer {len(opened)}")
        widget.viewer = viewer
        opened.append(widget)
        return widget

    yield open_
    for widget in opened:
        if (run := widget.current_run) and not run.over:
            run.cancel()
            qtbot.waitUntil(lambda run=run: run.over, timeout=60_000)


@pytest.fixture
def quick() -> dict:
    """Settings for a run of milliseconds."""
    return dict(QUICK)
