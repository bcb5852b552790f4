"""Viewers with a window and threads: what is refused, and who brings pictures into the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from conftest import Open
from napari_neural_style import stylize_layers
from napari_neural_style.errors import NeuralStyleError
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

SETTINGS = {**QUICK, "steps": 3, "update_every": 1}


def beside_the_window(function: Callable[[], Any]) -> Any:
    """Return what a function returns in another thread, while Qt lives on here."""
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(function)
        while not job.done():
            QApplication.processEvents()
        return job.result()


def test_a_run_is_not_begun_in_another_thread(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    viewer = open_widget(photo, painting).viewer

    def begin() -> None:
        stylize_layers(viewer, "photo", "painting", engine=PretendedEngine(), **SETTINGS)

    with pytest.raises(NeuralStyleError, match="main thread only") as error:
        beside_the_window(begin)
    assert str(error.value).count(". ") == 0


def test_a_run_is_waited_for_in_another_thread_while_the_window_lives(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    viewer = open_widget(photo, painting).viewer
    run = stylize_layers(viewer, "photo", "painting", engine=PretendedEngine(), **SETTINGS)
    threads = set()
    run.progressed.connect(lambda progress: threads.add(threading.current_thread()))
    assert beside_the_window(lambda: run.wait(PATIENCE)) is run
    assert threads == {threading.main_thread()}
    np.testing.assert_array_equal(run.layer.data, 255 - photo)


def test_a_viewer_without_a_window_is_painted_in_beside_one(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    open_widget(photo, painting)

    def serve() -> Any:
        viewer = ViewerModel()
        viewer.add_image(photo, name="photo", rgb=True)
        viewer.add_image(painting, name="painting", rgb=True)
        run = stylize_layers(viewer, "photo", "painting", engine=PretendedEngine(), **SETTINGS)
        return run.wait(PATIENCE).layer.data

    np.testing.assert_array_equal(beside_the_window(serve), 255 - photo)
