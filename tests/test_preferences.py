"""Preferences as napari keeps them, and what the engine process is told of them."""

from __future__ import annotations

from importlib import resources

import pytest

from napari_neural_style.preferences import (
    IDLE_MINUTES,
    Preferences,
    idle_seconds,
    preferences,
    surroundings,
)

NAMES = tuple(f"NAPARI_NEURAL_STYLE_{name}" for name in ("CACHE", "OFFLINE", "IDLE_MINUTES"))


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def kept(plugin_settings, npe2pm):
    """The preferences as napari's dialog changes them."""
    with npe2pm.tmp_plugin(manifest=resources.files("napari_neural_style") / "napari.yaml"):
        from napari.settings import get_plugin_settings

        yield get_plugin_settings("napari-neural-style")


def test_manifest_and_package_agree_on_the_defaults(kept):
    assert preferences() == Preferences()


def test_what_the_user_chooses_is_what_is_read(kept):
    kept.weights.cache = "/data/weights"
    kept.weights.offline = True
    kept.painting.features = "builtin"
    kept.painting.idle_minutes = 5
    assert preferences() == Preferences("/data/weights", True, "builtin", 5)
    assert surroundings() == dict(zip(NAMES, ("/data/weights", "1", "5"), strict=True))


def test_impossible_values_are_refused_by_napari(kept):
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        kept.painting.idle_minutes = -1


def test_napari_that_knows_nothing_of_the_plugin_means_defaults(plugin_settings, npe2pm):
    assert preferences() == Preferences()
    assert surroundings() == dict(zip(NAMES, ("", "", "30"), strict=True))


def test_variables_set_by_hand_hold_where_nothing_is_preferred(kept, monkeypatch):
    for name, value in zip(NAMES, ("/mine", "yes", "2"), strict=True):
        monkeypatch.setenv(name, value)
    assert surroundings() == dict(zip(NAMES, ("/mine", "yes", "2"), strict=True))
    kept.weights.cache = "/preferred"
    assert surroundings()[NAMES[0]] == "/preferred"


@pytest.mark.parametrize(
    ("value", "seconds"), [("0.5", 30), ("0", None), ("-3", None), ("soon", None), ("", None)]
)
def test_idle_time_is_read_with_care(monkeypatch, value, seconds):
    monkeypatch.setenv(IDLE_MINUTES, value)
    assert idle_seconds() == seconds
