"""Presets of the user's own: saved, used by name, shared as files; and the last settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style import PRESETS, stylize
from napari_neural_style.errors import SettingsError
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.presets import preset_files, user_presets
from napari_neural_style.presets.last_settings import (
    forget,
    remember,
    remembered,
    remembered_preset,
)
from napari_neural_style.presets.user_presets import (
    delete_preset,
    export_preset,
    import_preset,
    save_preset,
)
from napari_neural_style.settings import Settings
from pretended import PretendedEngine

OIL = Settings(style_scale=2.0, tv_weight=0.5, style_layers={"block2_conv1": 1.0})


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile of this test's own."""
    monkeypatch.setattr(preset_files, "folder", lambda: tmp_path / "presets")
    monkeypatch.setattr(
        "napari_neural_style.presets.last_settings._path", lambda: tmp_path / "last_settings.json"
    )
    return tmp_path


def test_a_saved_preset_is_one_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert save_preset("  thick   oil ", OIL) == "thick oil"
    assert "thick oil" in PRESETS
    assert list(PRESETS)[-1] == "thick oil"
    assert PRESETS["thick oil"].values == {
        "style_scale": 2.0,
        "tv_weight": 0.5,
        "style_layers": {"block2_conv1": 1.0},
    }
    assert "style scale 2.0" in PRESETS["thick oil"].description
    assert presets.settings("thick oil", steps=7) == OIL.replace(preset="thick oil", steps=7)
    engine = PretendedEngine()
    photo = np.random.default_rng(0).integers(0, 256, (18, 20, 3), np.uint8)
    stylize(photo, photo, preset="thick oil", steps=1, engine=engine)
    assert engine.jobs[0].settings == OIL.replace(preset="thick oil", steps=1)


def test_a_preset_saved_again_is_replaced_and_a_deleted_one_is_gone(profile: Path) -> None:
    save_preset("oil", OIL)
    save_preset("Oil", OIL.replace(style_scale=1.5), "Thin.")
    assert [name for name in PRESETS if name.casefold() == "oil"] == ["Oil"]
    assert PRESETS["Oil"].description == "Thin."
    assert len(list((profile / "presets").iterdir())) == 1
    delete_preset("oil")
    assert "Oil" not in PRESETS
    with pytest.raises(SettingsError, match=r"no preset 'oil' of your own; there are: none"):
        delete_preset("oil")
    with pytest.raises(SettingsError, match="no preset 'paper' of your own"):
        delete_preset("paper")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b", "paper", "BALANCED", 5, None])
def test_names_that_cannot_be_are_refused(profile: Path, name: Any) -> None:
    with pytest.raises(SettingsError, match="preset"):
        save_preset(name, OIL)
    assert not (profile / "presets").exists()


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_any_other_name_will_do_and_none_takes_the_place_of_another(one: str, other: str) -> None:
    saved = {}
    for name, scale in ((one, 1.5), (other, 2.5)):
        try:
            saved[save_preset(name, Settings(style_scale=scale)).casefold()] = scale
        except SettingsError:
            continue
    own = user_presets.user_presets()
    assert {name.casefold(): preset.values["style_scale"] for name, preset in own.items()} == saved
    for name in own:
        delete_preset(name)


def test_a_preset_goes_to_a_friend_as_a_file(profile: Path) -> None:
    save_preset("Öl, dick", OIL, "Thick\nstrokes.")
    file = export_preset("Öl, dick", profile / "mine")
    assert file == profile / "mine.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    assert (content["name"], content["description"]) == ("Öl, dick", "Thick strokes.")
    assert set(content["settings"]) == {"style_scale", "tv_weight", "style_layers"}
    with pytest.raises(SettingsError, match="already"):
        import_preset(file)
    delete_preset("Öl, dick")
    assert import_preset(file) == "Öl, dick"
    assert presets.settings("Öl, dick") == OIL.replace(preset="Öl, dick")
    with pytest.raises(SettingsError, match="cannot be written"):
        export_preset("Öl, dick", profile / "no folder" / "mine.json")


GOOD: dict[str, Any] = {"napari-neural-style preset": 1, "name": "good", "settings": {"steps": 9}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no JSON", "not JSON"),
        ("[" * 100_000, "no preset|too large"),
        ("[1]", "no preset"),
        ({"steps": 3}, "no preset"),
        ({**GOOD, "settings": None}, "no settings"),
        ({**GOOD, "description": 5}, "no settings"),
        ({**GOOD, "name": ""}, "needs a name"),
        ({**GOOD, "name": "paper"}, "comes with the package"),
        ({**GOOD, "settings": {"steps": "many"}}, "'good' cannot be used here: steps"),
        ({**GOOD, "settings": {"from_the_future": 1}}, "no setting 'from_the_future'"),
        ({**GOOD, "napari-neural-style preset": 2}, "later version"),
        ({**GOOD, "filling": "x" * 200_000}, "too large"),
    ],
)
def test_a_file_that_is_no_preset_is_refused_and_does_no_harm_in_the_folder(
    profile: Path, content: Any, sentence: str
) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    path = profile / "bad.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        import_preset(path)
    save_preset("oil", OIL)
    (profile / "presets" / "bad.json").write_text(text)
    assert list(user_presets.user_presets()) == ["oil"]


def test_files_that_are_no_files(profile: Path) -> None:
    for path in (profile / "missing.json", profile):
        with pytest.raises(SettingsError, match="cannot be read"):
            import_preset(path)
    (profile / "presets").write_text("a file where a folder should be")
    assert user_presets.user_presets() == {}
    with pytest.raises(SettingsError, match="cannot be saved"):
        save_preset("oil", OIL)


def test_a_file_put_into_the_folder_by_hand_is_a_preset(profile: Path) -> None:
    save_preset("oil", OIL)
    (profile / "presets" / "from a friend.json").write_text(json.dumps(GOOD))
    assert presets.settings("good").steps == 9
    delete_preset("good")
    assert "good" not in PRESETS


def test_a_broken_write_leaves_the_preset_as_it_was(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_preset("oil", OIL)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(SettingsError, match="no space left"):
        save_preset("oil", Settings(steps=3))
    assert PRESETS["oil"].values["style_scale"] == 2.0
    assert len(list((profile / "presets").iterdir())) == 1, "nothing half written stays"


def test_the_last_settings_come_back_at_the_next_start() -> None:
    standard = presets.settings("paper")
    last = standard.replace(steps=123, style_layers={"block1_conv1": 1.0})
    remember(last, standard)
    assert remembered_preset() == "paper"
    assert remembered(standard) == last
    # What was never changed follows the preset, the preferences and later versions.
    later = standard.replace(learning_rate=0.5)
    assert remembered(later) == last.replace(learning_rate=0.5)
    forget()
    assert remembered_preset() is None
    assert remembered(standard) == standard


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", {}),
        ("[1]", {}),
        ('{"preset": 5, "changes": 7}', {}),
        ('{"preset": "balanced", "changes": {"steps": 9, "gone": 1, "size": "big"}}', {"steps": 9}),
    ],
)
def test_what_can_no_longer_be_read_is_left_out(
    profile: Path, content: str, expected: dict[str, Any]
) -> None:
    (profile / "last_settings.json").write_text(content)
    assert remembered(Settings()) == Settings(**expected)
    assert remembered_preset() in (None, "balanced")
