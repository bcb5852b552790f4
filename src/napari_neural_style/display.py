"""Whether a window can be opened, checked in advance, since Qt aborts the process if not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.process.interpreter import python

__all__ = ["Obstacle", "debian_package", "missing_libraries", "window_obstacle"]

_PROBE = "from qtpy.QtWidgets import QApplication; QApplication([])"
_PROBE_SECONDS = 60.0
_WINDOWLESS_PLATFORMS = ("offscreen", "minimal", "vnc")
#: Libraries of Qt whose Debian packages do not follow the naming rule of `debian_package`.
_IRREGULAR = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgldispatch.so.0": "libglvnd0",
    "libz.so.1": "zlib1g",
}


@dataclass(frozen=True)
class Obstacle:
    """Why no window can be opened.

    Parameters
    ----------
    reason : str
        One sentence for the user, with a remedy if there is one.
    no_display : bool
        Whether the machine has no screen, so that there is nothing to repair.
    """

    reason: str
    no_display: bool = False


def window_obstacle() -> Obstacle | None:
    """Return what prevents a window from opening, or None.

    Starts Qt in a subprocess, since Qt aborts its process if a system library is missing.
    """
    if sys.platform.startswith("linux"):
        platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
        if platform in _WINDOWLESS_PLATFORMS:
            return Obstacle(f"Qt is told to do without windows ({platform}).", no_display=True)
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return Obstacle("There is no display.", no_display=True)
    try:
        probe = subprocess.run(
            [python(), "-P", "-c", _PROBE],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Obstacle("Qt does not start: it hangs.")
    except (NeuralStyleError, OSError):
        return None  # There is no Python to ask: Qt itself has to tell.
    return None if probe.returncode == 0 else _explained(probe.stderr)


def _explained(complaint: str) -> Obstacle:
    """Return the reason for an error output of Qt."""
    if "could not connect to display" in complaint or "Failed to create wl_display" in complaint:
        return Obstacle("The display does not answer.", no_display=True)
    missing = set(re.findall(r"(lib\S+\.so[.\d]*): cannot open shared object", complaint))
    missing |= missing_libraries(_platform_plugins())
    if missing:
        packages = " ".join(sorted({debian_package(library) for library in missing}))
        return Obstacle(
            f"Qt cannot open a window because system libraries are missing; on Debian or Ubuntu "
            f"install them with: sudo apt install {packages}"
        )
    if "QtBindingsNotFoundError" in complaint:
        return Obstacle(
            'No Qt binding is installed: pip install "napari-neural-style[all]" brings one.'
        )
    last = complaint.strip().splitlines()[-1:] or ["it ends without a word."]
    return Obstacle(f"Qt does not start: {last[0]}")


def missing_libraries(files: list[Path]) -> set[str]:
    """Return the names of the missing shared libraries that `files` are linked to."""
    missing: set[str] = set()
    for file in files:
        try:
            listing = subprocess.run(
                ["ldd", str(file)], capture_output=True, text=True, check=False
            ).stdout
        except OSError:  # not a Linux with ldd
            return set()
        missing |= set(re.findall(r"^\s*(\S+) => not found", listing, re.MULTILINE))
    return missing


def debian_package(library: str) -> str:
    """Return the Debian package of a shared library, by Debian's naming rule.

    Examples
    --------
    >>> debian_package("libxcb-cursor.so.0")
    'libxcb-cursor0'
    >>> debian_package("libxkbcommon-x11.so.0")
    'libxkbcommon-x11-0'
    """
    library = library.lower()
    if library in _IRREGULAR:
        return _IRREGULAR[library]
    name, _, version = library.replace("_", "-").partition(".so.")
    return f"{name}-{version}" if name[-1].isdigit() else f"{name}{version}"


def _platform_plugins() -> list[Path]:
    """Return the libraries with which the installed Qt opens windows on X11 and Wayland."""
    from importlib.util import find_spec

    files: list[Path] = []
    for binding in ("PyQt6", "PySide6"):
        spec = find_spec(binding)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            files += Path(folder).glob("**/platforms/libqxcb.so")
            files += Path(folder).glob("**/libQt6Gui.so.6")
    return files
