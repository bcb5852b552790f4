"""Presets and last settings that others have written, whatever they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from napari_neural_style.__main__ import main
from napari_neural_style.errors import SettingsError
from napari_neural_style.presets import catalogue, user_presets
from napari_neural_style.presets.last_settings import remembered, remembered_preset
from napari_neural_style.presets.user_presets import import_preset, save_preset
from napari_neural_style.settings import Settings

GOOD: dict[str, Any] = {"napari-neural-style preset": 1, "name": "good", "settings": {"steps": 9}}
NETWORK = (
    "\\\\host\\share\\vgg19.h5",
    "//host/share/vgg19.h5",
    "\\/host/share",
    "file://host/vgg19.h5",
    "file:/host",
    "http://host/vgg19.h5",
    "smb://host/vgg19.h5",
    "HTTPS://host/vgg19.h5",
)
LOCAL = ("/home/me/vgg19.h5", "C:\\weights\\vgg19.h5", "vgg19.h5", "~/vgg19.h5")
ODD: dict[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a huge number": 10**400,
    "null": None,
    "a truth": True,
    "a list": [1],
    "a mapping": {"self": 1},
    "deep": json.loads("[" * 19 + "]" * 19),
    "too deep": json.loads("[" * 200 + "]" * 200),
    "NUL": "a\0b",
    "half a pair": "\ud800",
}


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_: tmp_path)
    (tmp_path / "presets").mkdir()
    return tmp_path


def _put(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _told_in_a_sentence(path: Path) -> None:
    try:
        user_presets.delete_preset("good")
        import_preset(path)
    except SettingsError as error:
        told = str(error)
    else:
        return
    assert "\n" not in told
    assert len(told) < 3000


@pytest.mark.parametrize("path", [*NETWORK, *LOCAL])
def test_an_imported_preset_brings_no_path(
    profile: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    content = {**GOOD, "settings": {"steps": 9, "weights": path}}
    assert import_preset(_put(profile / "stranger.json", content)) == "good"
    settings = catalogue.settings("good")
    assert (settings.weights, settings.steps) == ("auto", 9)
    assert "weights file was not taken over" in catalogue.PRESETS["good"].description
    assert "names a weights file" in caplog.text


@pytest.mark.parametrize("path", NETWORK)
def test_a_file_put_there_by_hand_leads_into_no_network(profile: Path, path: str) -> None:
    _put(profile / "presets" / "a.json", {**GOOD, "settings": {"steps": 9, "weights": path}})
    assert catalogue.settings("good").weights == "auto"


@pytest.mark.parametrize("path", [*LOCAL, "imagenet", "auto"])
def test_ones_own_file_stays(profile: Path, path: str) -> None:
    save_preset("mine", Settings(weights=path))
    assert catalogue.settings("mine").weights == path


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["steps", "weights", "style_layers", "preset", "self", "cls"])
def test_odd_settings_are_refused_in_a_sentence(profile: Path, name: str, odd: str) -> None:
    path = _put(profile / "a.json", {**GOOD, "settings": {name: ODD[odd]}})
    (profile / "presets" / "a.json").write_bytes(path.read_bytes())
    user_presets.user_presets()
    _told_in_a_sentence(path)
    _put(profile / "last_settings.json", {"preset": "balanced", "changes": {name: ODD[odd]}})
    assert isinstance(remembered(Settings()), Settings)
    assert remembered_preset() == (None if odd == "too deep" else "balanced")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["name", "description", "settings", "napari-neural-style preset"])
def test_odd_presets_are_refused_in_a_sentence(profile: Path, name: str, odd: str) -> None:
    path = _put(profile / "a.json", {**GOOD, name: ODD[odd]})
    (profile / "presets" / "a.json").write_bytes(path.read_bytes())
    assert set(user_presets.user_presets()) <= {"good"}
    _told_in_a_sentence(path)


def test_last_settings_that_are_no_settings(profile: Path) -> None:
    path = profile / "last_settings.json"
    for content in ("[" * 100_000, "\0", "{", '{"changes": {"steps": ' + "9" * 5000 + "}}"):
        path.write_text(content)
        assert remembered(Settings()) == Settings()
    path.write_bytes(b"\xff\xfe{}")
    assert remembered_preset() is None
    path.write_text(json.dumps({"preset": "x", "changes": {"weights": "x" * 1_100_000}}))
    assert remembered(Settings()) == Settings()


@pytest.mark.parametrize(
    "text", ["100 %", "%s %d %", "%(prog)s 100%", "%(nothing)s", "{} {0}", "two\nlines", "\ud800"]
)
def test_help_lists_whatever_a_preset_says(
    profile: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    name = text if text.isprintable() else "odd"
    content = {**GOOD, "name": name, "description": f"<b>{text}</b>"}
    _put(profile / "presets" / "a.json", content)
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "<b>" in capsys.readouterr().out


def test_settings_say_what_is_wrong_with_any_value() -> None:
    class Evil:
        def __repr__(self) -> str:
            raise ValueError("no words")

        def __float__(self) -> float:
            raise KeyError("no number")

        __int__ = __index__ = __float__  # type: ignore[assignment]

    for value in (10**5000, -(10**5000), Evil(), float("nan"), [], {}, None, b"1", 1j):
        odd: list[dict[str, Any]] = [{"steps": value}, {"style_strength": value}]
        odd += [{"features": value}, {"device": value}]
        if value != b"1":
            odd.append({"content_layers": {"block1_conv1": value}})
        for settings in odd:
            with pytest.raises(SettingsError) as told:
                Settings(**settings)
            assert "\n" not in str(told.value)
            assert len(str(told.value)) < 500
    with pytest.raises(SettingsError, match="no setting 'self'"):
        Settings().replace(self=1)
