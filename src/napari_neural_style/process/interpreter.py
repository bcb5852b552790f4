"""How the engine process is started: which Python, with which surroundings.

The parent may be anything: a script, a notebook, a program with Python inside, one that is frozen
into a single file. Whatever it is, it is never started a second time, and what its user has set for
it, from warnings that are errors to a folder with a file called `types.py`, does not reach the
engine.
"""

from __future__ import annotations

import json
import multiprocessing.spawn
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import napari_neural_style
from napari_neural_style.errors import EngineUnavailable
from napari_neural_style.preferences import PYTHON, surroundings

__all__ = ["command", "environment", "folder", "python"]

#: The variable in which `napari_neural_style.process.begin` finds where to look for modules.
PATH = "NAPARI_NEURAL_STYLE_PATH"

#: Of Python's own variables, those that do no harm to a process that nobody sees.
_HARMLESS = {
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PYTHONHASHSEED",
    "PYTHONNOUSERSITE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUSERBASE",
    "PYTHONUTF8",
}
_NAME = re.compile(r"(python|pypy|graalpy)[\d.]*[dmtw]*(\.exe)?", re.IGNORECASE)


def command() -> list[str]:
    """Return the command that starts the engine process.

    Raises
    ------
    EngineUnavailable
        If there is no Python to start.
    """
    begin = Path(napari_neural_style.__file__).with_name("process") / "begin.py"
    # -P: neither the current folder nor that of `begin.py` is a place to look for modules.
    return [python(), "-P", str(begin)]


def environment() -> dict[str, str]:
    """Return the environment variables of the engine process.

    Raises
    ------
    EngineUnavailable
        If there is no Python to start.
    """
    kept = set(_HARMLESS)
    if python() == sys.executable:
        kept.add("PYTHONHOME")  # It may not find itself without; another would not find itself.
    others = {
        name: value
        for name, value in os.environ.items()
        if name in kept or not re.fullmatch("PYTHON[A-Z0-9]*", name)
    }
    return {
        **others,
        **surroundings(),
        PATH: json.dumps([] if os.environ.get(PYTHON) else _modules()),
        # TensorFlow has the cores; numpy's threads would only spin against it.
        "OPENBLAS_NUM_THREADS": "1",
    }


def folder() -> str | None:
    """Return the folder to start in: the present one, or the root where that was deleted."""
    try:
        os.getcwd()
    except OSError:
        return os.path.abspath(os.sep)
    return None


def python() -> str:
    """Return the Python to start: this one, or where it cannot be started, another of the same.

    Raises
    ------
    EngineUnavailable
        If there is none.
    """
    if told := os.environ.get(PYTHON):
        return told
    for candidate in _candidates():
        # By its name: to see what else it does would be to start it.
        names = (os.path.basename(candidate), os.path.basename(os.path.realpath(candidate)))
        if any(map(_NAME.fullmatch, names)) and os.access(candidate, os.X_OK):
            return candidate
    raise EngineUnavailable(
        f"The engine runs in a Python process of its own, and this program brings no Python that "
        f"could be started: set the environment variable {PYTHON} to the python of an environment "
        f"in which napari-neural-style is installed."
    )


def _candidates() -> Iterator[str]:
    # A frozen program has Python inside, whatever it is called.
    program = os.path.realpath(sys.executable) if sys.executable else None
    frozen = program if getattr(sys, "frozen", False) else None
    # Programs with Python inside tell multiprocessing which one to start.
    for found in (sys.executable, multiprocessing.spawn.get_executable()):
        if found and os.path.realpath(path := os.fsdecode(found)) != frozen:
            yield path
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    names = [f"bin/python{version}", "bin/python3", "bin/python"]
    if os.name == "nt":
        names = ["Scripts/python.exe", "python.exe"]
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        yield from (os.path.join(prefix, name) for name in names)


def _modules() -> list[str]:
    """Return where this process finds modules, as absolute paths, the user's own folders last.

    Beside a script there may be a `tensorflow.py`. This process has no use for TensorFlow, and so
    no harm is done here; the engine would import that file.
    """
    try:
        here = os.getcwd()
        found = [os.path.abspath(path) for path in sys.path if isinstance(path, str) and path]
    except OSError:  # The current folder was deleted.
        here = ""
        found = [path for path in sys.path if isinstance(path, str) and os.path.isabs(path)]
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    users = {here, os.path.dirname(os.path.join(here, script)) if script else here}
    ours = str(Path(napari_neural_style.__file__).parent.parent)
    users.discard(ours)
    last = [path for path in found if path in users]
    return list(dict.fromkeys([*(path for path in found if path not in users), ours, *last]))
