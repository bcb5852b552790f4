"""What is measured once and remembered."""

from __future__ import annotations

import json

import platformdirs
import pytest

from napari_neural_style.engine import arithmetic
from napari_neural_style.engine.arithmetic import pick_precision, pick_winograd


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_asked_for_is_taken(precision):
    assert pick_precision(precision, "/CPU:0") == precision


def test_auto_precision_is_settled_once():
    found = pick_precision("auto", "/CPU:0")
    assert found in ("float32", "bfloat16")
    assert all(pick_precision("auto", "/CPU:0") == found for _ in range(3))


@pytest.mark.parametrize(
    ("seconds", "precision", "winograd"),
    [
        ({"float32": 1.0, "bfloat16": 1.0, "winograd": 1.0}, "float32", False),
        ({"float32": 1.0, "bfloat16": 0.5, "winograd": 1.0}, "bfloat16", False),
        ({"float32": 1.0, "bfloat16": 0.5, "winograd": 0.8}, "bfloat16", True),
        ({"float32": 1.0, "bfloat16": 0.9, "winograd": 0.5}, "float32", True),
        ({"float32": 1.0, "bfloat16": 2.0, "winograd": 0.5}, "float32", True),
    ],
)
def test_the_fastest_is_taken_where_it_is_worth_it(monkeypatch, seconds, precision, winograd):
    monkeypatch.setattr(arithmetic, "_convolution", lambda kind, *_: kind)
    monkeypatch.setattr(arithmetic, "_seconds", seconds.__getitem__)
    assert arithmetic._fastest("/CPU:0") == (precision, winograd)


def test_winograd_is_for_float32_on_a_cpu(monkeypatch):
    fastest = arithmetic._Arithmetic("bfloat16", winograd=True)
    monkeypatch.setattr(arithmetic, "_remembered", lambda _: fastest)
    assert pick_winograd("float32", "/CPU:0")
    assert not pick_winograd("bfloat16", "/CPU:0")
    assert not pick_winograd("float32", "/GPU:0")


def test_what_was_measured_is_remembered_from_one_process_to_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_: tmp_path)
    measure = arithmetic._remembered.__wrapped__
    found = measure("/CPU:0")
    (file,) = tmp_path.iterdir()
    ((machine, kept),) = json.loads(file.read_text()).items()
    assert kept == found._asdict()
    other = {"precision": "bfloat16", "winograd": not found.winograd}
    file.write_text(json.dumps({machine: other}))
    assert measure("/CPU:0")._asdict() == other
    monkeypatch.setattr(arithmetic, "_fastest", lambda _: found)  # as it was measured above
    for damaged in ("not JSON", "[]", json.dumps({machine: "float32"}), json.dumps({machine: {}})):
        file.write_text(damaged)
        assert measure("/CPU:0") is found
