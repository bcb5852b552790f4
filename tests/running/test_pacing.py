"""How often previews are finished, by a clock that the test winds."""

from __future__ import annotations

import time

import numpy as np
import pytest

from napari_neural_style.pictures.images import FloatImage
from napari_neural_style.running.pacing import PreviewPace
from pretended import pretended_progress

PIXELS = np.zeros((2, 3, 3), np.uint8)


class Clock:
    """Passes only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)


def _shown(monkeypatch: pytest.MonkeyPatch, painting: float, finishing: float) -> list[int]:
    """Return which of twenty previews are shown, given the seconds that each takes."""
    clock = Clock(monkeypatch)
    pace, shown = PreviewPace(), []

    def finish(_: FloatImage) -> np.ndarray:
        clock.now += finishing
        return PIXELS

    for step in range(1, 21):
        clock.now += painting
        if pace.picture(pretended_progress(step, 20), finish) is not None:
            shown.append(step)
    monkeypatch.undo()
    return shown


@pytest.mark.parametrize(("painting", "finishing"), [(3.0, 2.9), (0.0, 0.1), (1e-3, 0.05)])
def test_what_is_cheap_or_quicker_than_the_painting_is_always_shown(
    monkeypatch: pytest.MonkeyPatch, painting: float, finishing: float
) -> None:
    assert _shown(monkeypatch, painting, finishing) == list(range(1, 21))


def test_large_pictures_take_no_more_time_than_passes_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Three seconds each, one after every half second of painting: each sixth step, and the last.
    assert _shown(monkeypatch, painting=0.5, finishing=3.0) == [1, 7, 13, 19, 20]


def test_the_first_and_the_last_are_always_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _shown(monkeypatch, painting=0.01, finishing=60) == [1, 20]
