"""Lengths of time in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.wording import duration

_SECONDS = {"s": 1, "min": 60, "h": 3600}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.9, "1 h 0 min"),
        (4200, "1 h 10 min"),
        (90000, "25 h 0 min"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(st.floats(0, 1e6))
def test_the_words_add_up_to_the_time(seconds: float) -> None:
    parts = re.findall(r"(\d+) (s|min|h)\b", duration(seconds))
    assert " ".join(f"{count} {unit}" for count, unit in parts) == duration(seconds)
    assert all(int(count) < 60 for count, unit in parts if unit != "h")
    told = sum(int(count) * _SECONDS[unit] for count, unit in parts)
    assert abs(told - seconds) <= (0.5 if seconds < 3599 else 60)
