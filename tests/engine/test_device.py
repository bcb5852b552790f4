"""Choices of device, on a machine without a GPU."""

from __future__ import annotations

import pytest

from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.errors import SettingsError


def test_without_a_gpu_everything_runs_on_the_cpu():
    assert pick_device("auto") == pick_device("cpu") == "/CPU:0"
    assert describe_device("/CPU:0") == "CPU"


def test_missing_gpu_is_said_with_a_remedy():
    with pytest.raises(SettingsError, match=r"'gpu:3' \(there is none\): choose 'auto' or 'cpu'"):
        pick_device("gpu:3")
