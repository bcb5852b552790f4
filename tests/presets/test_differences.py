"""What differs between runs, in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.presets import catalogue as presets
from napari_neural_style.presets.differences import differences, varying
from napari_neural_style.settings import Settings


def _record(settings: Settings, **inputs: str) -> dict:
    return {"settings": settings.to_json(), "inputs": inputs}


def test_what_differs_is_said_in_the_words_of_the_settings() -> None:
    before = Settings(style_strength=0.5, seed=0)
    assert differences(before, None) == ""
    assert differences(before, before) == "the same settings"
    after = Settings(style_strength=0.8, seed=1)
    assert differences(after, before) == "seed 0 -> 1, style strength 0.5 -> 0.8"


def test_inputs_that_differ_are_said_as_well() -> None:
    before = _record(Settings(), content="photo", style="night", fingerprint="04eeb9bd")
    after = _record(
        Settings(), content="photo", style="mosaic", region="here", fingerprint="4abd8d98"
    )
    assert differences(after, before) == "style night -> mosaic, region none -> here"


def test_of_two_presets_the_names_are_enough() -> None:
    before, after = presets.settings("balanced"), presets.settings("preview")
    assert differences(after, before) == "preset balanced -> preview"
    assert differences(after.replace(seed=7), before) == "preset balanced -> preview, seed 0 -> 7"


def test_a_record_of_another_version_is_compared_as_it_stands() -> None:
    other = {"settings": '{"preset": "gone", "brushes": 3}'}
    assert "brushes 3 -> none" in differences(_record(Settings()), other)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=5))
def test_what_varies_tells_runs_apart_exactly_if_they_differ(runs: list) -> None:
    texts = varying([Settings(seed=seed, style_strength=strength) for seed, strength in runs])
    shown = [(seed, f"{strength:.6g}") for seed, strength in runs]
    for one, text in zip(shown, texts, strict=True):
        for other, other_text in zip(shown, texts, strict=True):
            assert (text == other_text) == (one == other) or text == ""
    if len(set(runs)) == 1:
        assert set(texts) == {""}
    if len({seed for seed, _ in runs}) > 1:
        assert all(f"seed {seed}" in text for (seed, _), text in zip(runs, texts, strict=True))
