"""A look in a file: the same when it is read again, and refused clearly when it is not whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from napari_neural_style import Look, NeuralStyleError
from napari_neural_style.errors import LookError
from tiny_looks import tiny_look

_FORM = "napari-neural-style look"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tiny_look(name="night").save(tmp_path / "night.look")


def _metadata(path: Path) -> dict[str, str]:
    content = path.read_bytes()
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]


def test_a_look_is_the_same_when_it_is_read_again(saved: Path) -> None:
    look, read = tiny_look(), Look.load(saved)
    assert read.name == "night"
    assert read.record == look.record
    assert read.network.widths == look.network.widths
    assert read.network.fingerprint == look.network.fingerprint
    for name, array in look.network.parameters.items():
        np.testing.assert_array_equal(read.network.parameters[name], array)
    np.testing.assert_array_equal(read.thumbnail, look.thumbnail)


def test_any_program_that_reads_safetensors_reads_it(saved: Path) -> None:
    arrays = load_file(saved)
    np.testing.assert_array_equal(
        arrays["enter.kernel"], tiny_look().network.parameters["enter.kernel"]
    )


def test_the_ending_is_added_and_the_name_is_that_of_the_file(tmp_path: Path) -> None:
    path = tiny_look().save(tmp_path / "a.night")
    assert path.name == "a.night.look"
    assert Look.load(path).name == "a.night"


def test_a_record_with_numbers_that_json_has_no_word_for_is_saved(tmp_path: Path) -> None:
    look = Look(tiny_look().network, "n", {"losses": {"total": float("nan")}})
    assert "total" in Look.load(look.save(tmp_path / "n")).record["losses"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda m, a: m.update({_FORM: "2"}), "later version"),
        (lambda m, a: m.update({_FORM: "new"}), "damaged"),
        (lambda m, a: m.pop(_FORM), "no look"),
        (lambda m, a: m.pop("about"), "damaged"),
        (lambda m, a: m.update(about="{"), "damaged"),
        (lambda m, a: m.update(about=m["about"].replace('"outer": 3', '"outer": 4')), "damaged"),
        (lambda m, a: m.update(about=m["about"].replace('"outer": 3', '"outer": 1e9')), "damaged"),
        (lambda m, a: m.update(about=m["about"].replace('"cells"', '"other"')), "damaged"),
        (lambda m, a: a.pop("leave.bias"), "'leave.bias'"),
        (lambda m, a: a.update(another=np.zeros(2, np.float16)), "'another'"),
        (lambda m, a: a.update({"leave.bias": np.full(12, np.nan, np.float16)}), "no numbers"),
        (lambda m, a: a.update({"leave.bias": np.zeros(12, np.float64)}), "not float16"),
        (lambda m, a: a.update(thumbnail=np.zeros((4, 4), np.uint8)), "no picture"),
        (lambda m, a: a.update(thumbnail=np.zeros((4, 9999, 3), np.uint8)), "too large"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused_in_a_sentence(saved, change, text) -> None:
    metadata, arrays = _metadata(saved), load_file(saved)
    change(metadata, arrays)
    save_file(arrays, saved, metadata)
    with pytest.raises(LookError, match=text) as caught:
        Look.load(saved)
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.look"
    with pytest.raises(LookError, match="cannot be read"):
        Look.load(path)
    for content in (b"", b"PK\x03\x04 not a look", b"\xff" * 100):
        path.write_bytes(content)
        with pytest.raises(LookError, match="no look"):
            Look.load(path)
    with path.open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(LookError, match="more than 20 MB"):
        Look.load(path)


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_a_look_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int, cut: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.look"
    tiny_look().save(path)
    content = bytearray(path.read_bytes())
    place %= len(content)
    if cut:
        del content[place:]
    else:
        content[place] = byte
    path.write_bytes(content)
    try:
        look = Look.load(path)
    except LookError:
        return
    assert not cut
    assert np.isfinite(look.network.parameters["enter.kernel"]).all()


def test_where_it_cannot_be_saved_what_was_there_stays(saved: Path, monkeypatch) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(NeuralStyleError, match="no space left on device"):
        tiny_look(seed=1).save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["night.look"]
