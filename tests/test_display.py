"""Whether a window can be opened: an answer in a sentence, whatever is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from napari_neural_style.display import debian_package, missing_libraries, window_obstacle

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_QPA_PLATFORM_PLUGIN_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pretended_ldd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `ldd` to which libxcb-cursor and libEGL are missing."""
    script = tmp_path / "bin" / "ldd"
    script.parent.mkdir()
    script.write_text(
        "#!/bin/sh\n"
        "echo '\tlinux-vdso.so.1 (0x00007ffc8f7d4000)'\n"
        "echo '\tlibxcb-cursor.so.0 => not found'\n"
        "echo '\tlibEGL.so.1 => not found'\n"
        "echo '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f31a1b1c410)'\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")


@on_linux
def test_without_display_there_is_none_and_nothing_to_repair() -> None:
    obstacle = window_obstacle()
    assert obstacle is not None
    assert obstacle.no_display
    assert "no display" in obstacle.reason


@on_linux
@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:size=800x600"])
def test_a_qt_told_to_do_without_windows_has_no_display(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    obstacle = window_obstacle()
    assert obstacle is not None
    assert obstacle.no_display
    assert platform.partition(":")[0] in obstacle.reason


@on_linux
@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_an_unreachable_display_is_said_to_be_silent(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, ":999" if variable == "DISPLAY" else "wayland-999")
    obstacle = window_obstacle()
    assert obstacle is not None
    assert obstacle.no_display
    assert "does not answer" in obstacle.reason


@on_linux
@pytest.mark.usefixtures("pretended_ldd")
def test_what_ldd_misses_is_named_as_packages_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Really unusable for Qt: the dynamic linker finds an empty file in the library's place.
    (tmp_path / "libxcb-cursor.so.0").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":999")
    obstacle = window_obstacle()
    assert obstacle is not None
    assert not obstacle.no_display
    assert obstacle.reason.endswith("sudo apt install libegl1 libxcb-cursor0")
    assert "\n" not in obstacle.reason


@on_linux
def test_a_qt_without_its_platform_is_an_obstacle_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":999")
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(tmp_path))
    obstacle = window_obstacle()
    assert obstacle is not None
    assert "Qt" in obstacle.reason
    assert "\n" not in obstacle.reason


# In a mount namespace of its own, where an overlay hides one file of the system's libraries.
_HIDING = """
set -e
folder=$(dirname "$1")
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work"
mknod "$2/upper/$(basename "$1")" c 0 0
mount -t overlay overlay -o "lowerdir=$folder,upperdir=$2/upper,workdir=$2/work" "$folder"
test ! -e "$1"
echo hidden
DISPLAY=:999 exec "$3" -c "
from napari_neural_style.display import window_obstacle
print(window_obstacle().reason)"
"""


@on_linux
@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libEGL.so.1", "libegl1"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
    ],
)
def test_a_library_that_is_really_missing_is_named_as_a_package(
    library: str, package: str, tmp_path: Path
) -> None:
    known = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    path = re.search(rf"{re.escape(library)} .*x86-64.* => (\S+)", known)
    if not path:
        pytest.skip(f"{library} is not on this machine")
    command = ["unshare", "-m", "sh", "-c", _HIDING, "sh", path[1], str(tmp_path), sys.executable]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if "hidden" not in outcome.stdout:
        pytest.skip("this user may not mount an overlay, to hide a library from Qt")
    assert outcome.returncode == 0, outcome.stderr
    sentence = outcome.stdout.splitlines()[-1]
    assert sentence.endswith(f"sudo apt install {package}")


@on_linux
@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not on this machine")
def test_the_rule_for_package_names_agrees_with_dpkg() -> None:
    """For every library of the system that the parts of Qt that open windows need directly."""
    import PyQt6

    qt = Path(PyQt6.__file__).parent / "Qt6"
    files = [qt / "plugins/platforms/libqxcb.so"]
    files += [qt / "lib" / f"libQt6{part}.so.6" for part in ("Core", "Gui", "Widgets", "XcbQpa")]
    needed = {name for file in files for name in _needed(file)}
    checked = 0
    found = sorted({pair for file in files for pair in _resolved(file) if pair[0] in needed})
    owners = _owners([path for _, path in found])
    for name, path in found:
        # The C library is never missing: nobody needs the name of its package.
        if (owner := owners.get(path)) and owner != "libc6":
            # Debian 13 has renamed some packages for their 64-bit time stamps.
            assert debian_package(name) == owner.removesuffix("t64"), path
            checked += 1
    assert checked > 5


def _needed(file: Path) -> set[str]:
    """Return the libraries that a file names itself, read from its table of strings."""
    names = re.findall(rb"\x00(lib[\w.+-]+\.so\.\d+)(?=\x00)", file.read_bytes())
    return {name.decode() for name in names}


def _resolved(file: Path) -> set[tuple[str, str]]:
    listing = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=True).stdout
    return {
        (name, path)
        for name, path in re.findall(r"^\s*(\S+) => (/\S+)", listing, re.MULTILINE)
        if path.startswith(("/lib", "/usr/lib"))
    }


def _owners(paths: list[str]) -> dict[str, str]:
    """Return which package each file is of, in one question: each makes dpkg read all it knows."""
    spellings = {
        spelling: path
        for path in paths
        for spelling in (str(Path(path).resolve()), f"/usr{path}", path)
    }
    answer = subprocess.run(
        ["dpkg", "-S", *spellings], capture_output=True, text=True, check=False
    ).stdout
    owners: dict[str, str] = {}
    for package, spelling in re.findall(r"^([^\s:,]+)[^\s]*: (/\S+)$", answer, re.MULTILINE):
        if spelling in spellings:
            owners[spellings[spelling]] = package
    return owners


@on_linux
@pytest.mark.usefixtures("pretended_ldd")
def test_missing_libraries_are_those_that_ldd_does_not_find() -> None:
    assert missing_libraries([Path("any.so")]) == {"libxcb-cursor.so.0", "libEGL.so.1"}


@on_linux
def test_a_program_that_runs_misses_no_library() -> None:
    assert missing_libraries([Path(sys.executable).resolve()]) == set()


def test_without_ldd_nothing_is_known_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_libraries([Path(sys.executable)]) == set()
