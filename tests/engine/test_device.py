"""Choices of device and arithmetic, on a machine without a GPU."""

from __future__ import annotations

import json

import platformdirs
import pytest

from napari_neural_style.engine import device
from napari_neural_style.engine.device import describe_device, pick_device, pick_precision
from napari_neural_style.errors import SettingsError


def test_without_a_gpu_everything_runs_on_the_cpu():
    assert pick_device("auto") == pick_device("cpu") == "/CPU:0"
    assert describe_device("/CPU:0") == "CPU"


def test_missing_gpu_is_said_with_a_remedy():
    with pytest.raises(SettingsError, match=r"'gpu:3' \(there is none\): choose 'auto' or 'cpu'"):
        pick_device("gpu:3")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_asked_for_is_taken(precision):
    assert pick_precision(precision, "/CPU:0") == precision


def test_auto_precision_is_settled_once():
    found = pick_precision("auto", "/CPU:0")
    assert found in ("float32", "bfloat16")
    assert all(pick_precision("auto", "/CPU:0") == found for _ in range(3))


def test_auto_precision_is_remembered_from_one_process_to_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_: tmp_path)
    measure = device._remembered_precision.__wrapped__
    found = measure("/CPU:0")
    (file,) = tmp_path.iterdir()
    ((machine, kept),) = json.loads(file.read_text()).items()
    assert kept == found
    other = {"float32": "bfloat16", "bfloat16": "float32"}[found]
    file.write_text(json.dumps({machine: other}))
    assert measure("/CPU:0") == other
    file.write_text("not JSON")
    assert measure("/CPU:0") in ("float32", "bfloat16")
