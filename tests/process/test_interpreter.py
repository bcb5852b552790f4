"""Which Python the engine process is, and what of its parent's surroundings reaches it."""

from __future__ import annotations

import json
import multiprocessing.spawn
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import napari_neural_style
from napari_neural_style.errors import EngineUnavailable
from napari_neural_style.job import Job
from napari_neural_style.process import interpreter
from napari_neural_style.process.begin import module_path
from napari_neural_style.process.child import Child
from napari_neural_style.process.interpreter import PATH, command, environment, folder, python

OURS = str(Path(napari_neural_style.__file__).parent.parent)
REAL = sys.executable
pytestmark = pytest.mark.usefixtures("engines_are_started")
posix = pytest.mark.skipif(os.name != "posix", reason="files that can be run")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that leaves a trace when it is started."""
    path = tmp_path / "The App"
    path.write_text(f"#!/bin/sh\necho started >> '{tmp_path}/started'\n")
    path.chmod(0o755)
    return path


def _prefix(path: Path, name: str = "python3") -> Path:
    (path / "bin").mkdir(parents=True)
    (path / "bin" / name).symlink_to(REAL)
    return path


@posix
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("value", [None, "", "/bin/false", "/nowhere/python3", "program"])
def test_a_program_is_never_started_again_and_another_python_is_found(
    monkeypatch: pytest.MonkeyPatch, program: Path, value: str | None, frozen: bool
) -> None:
    value = str(program) if value == "program" else value
    monkeypatch.setattr(sys, "executable", value)
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", value)
    if frozen:
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    for name in ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix"):
        monkeypatch.setattr(sys, name, str(program.parent))
    with pytest.raises(EngineUnavailable, match="NAPARI_NEURAL_STYLE_PYTHON"):
        python()
    with pytest.raises(EngineUnavailable, match="NAPARI_NEURAL_STYLE_PYTHON"):
        Child()
    home = _prefix(program.parent / "home of python")
    monkeypatch.setattr(sys, "base_prefix", str(home))
    assert python() == str(home / "bin" / "python3")
    assert not (program.parent / "started").exists()


@posix
def test_a_frozen_program_is_not_started_whatever_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = tmp_path / "python3"
    app.symlink_to("/bin/true")
    monkeypatch.setattr(sys, "executable", str(app))
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", str(app))
    monkeypatch.setattr(sys, "frozen", "macosx_app", raising=False)
    assert python() not in (str(app), "/bin/true")


@posix
def test_what_multiprocessing_was_told_is_asked(
    monkeypatch: pytest.MonkeyPatch, program: Path
) -> None:
    home = _prefix(program.parent / "home")
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", os.fsencode(home / "bin/python3"))
    assert python() == str(home / "bin" / "python3")


@posix
def test_a_python_by_another_name_is_known_by_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Napari on macOS starts itself through a link called napari."""
    link = tmp_path / "napari"
    link.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(link))
    assert python() == str(link)


def test_the_one_that_is_told_is_taken_with_its_own_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_PYTHON", "/opt/mine/bin/py")
    assert command()[0] == "/opt/mine/bin/py"
    assert json.loads(environment()[PATH]) == []
    with pytest.raises(EngineUnavailable, match=r"could not be started .*/opt/mine/bin/py"):
        Child()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("PYTHONWARNINGS", "error", False),
        ("PYTHONPATH", "/somewhere", False),
        ("PYTHONOPTIMIZE", "2", False),
        ("PYTHONINSPECT", "1", False),
        ("PYTHONSTARTUP", "/nowhere/start.py", False),
        ("PYTHONIOENCODING", "ascii", False),
        ("PYTHONSAFEPATH", "1", False),
        ("PYTHONEXECUTABLE", "/the/app", False),
        ("PYTHONDONTWRITEBYTECODE", "1", True),
        ("PYTHONPYCACHEPREFIX", "/cache", True),
        ("PYTHONHOME", "/python", True),
        ("PYTHON_OF_ANOTHER_PROGRAM", "yes", True),
        ("KERAS_HOME", "/keras", True),
    ],
)
def test_of_pythons_variables_the_engine_gets_the_harmless_ones(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: bool
) -> None:
    monkeypatch.setenv(name, value)
    assert (environment().get(name) == value) is kept


@posix
def test_another_python_does_not_get_the_home_of_this_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/the/app/lib")
    monkeypatch.setattr(sys, "executable", "/the/app/bin/app")
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", "/the/app/bin/app")
    assert "PYTHONHOME" not in environment()


def _given(monkeypatch: pytest.MonkeyPatch, *path: Any) -> list[str]:
    monkeypatch.setattr(sys, "path", list(path))
    found: list[str] = json.loads(environment()[PATH])
    return found


@pytest.mark.parametrize("odd", ["", b"bytes", None, 3, Path("/a/path")])
def test_what_python_itself_does_not_look_at_is_left_out(
    monkeypatch: pytest.MonkeyPatch, odd: Any
) -> None:
    assert _given(monkeypatch, odd, "/packages") == ["/packages", OURS]


@pytest.mark.parametrize(
    "entry",
    [
        "/with a space",
        "/a.zip",
        f"/with{os.pathsep}separator",
        "/ünï",
        "/not\udcffutf8",
        "/quote'\"",
    ],
)
def test_every_path_arrives_as_it_is(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    assert _given(monkeypatch, entry, OURS) == [entry, OURS]


def test_relative_paths_are_those_of_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert _given(monkeypatch, "modules", OURS) == [str(tmp_path / "modules"), OURS]


def test_the_users_own_folders_come_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "script" / "paint.py"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(script), raising=False)
    given = _given(monkeypatch, str(script.parent), ".", OURS, "/packages")
    assert given == [OURS, "/packages", str(script.parent), str(tmp_path)]


def test_our_own_folder_is_no_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(OURS)
    assert _given(monkeypatch, OURS, "/packages") == [OURS, "/packages"]


@posix
def test_a_folder_that_was_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = tmp_path / "gone"
    here.mkdir()
    monkeypatch.chdir(here)
    assert folder() is None
    here.rmdir()
    assert folder() == "/"
    assert _given(monkeypatch, "modules", "/packages") == ["/packages", OURS]


def test_pythons_own_modules_come_first() -> None:
    own = ["/lib/python.zip", "/lib/python", "/lib/python/dynload", "/site", "/dev/plugin"]
    assert module_path(own, {"/site", "/user"}, ["/mine", "/lib/python", "/site"]) == [
        "/lib/python.zip",
        "/lib/python",
        "/lib/python/dynload",
        "/mine",
        "/site",
        "/dev/plugin",
    ]
    assert module_path(["/lib/python"], set(), ["/mine"]) == ["/lib/python", "/mine"]


_BEGUN = """
import runpy, sys
import napari_neural_style.process.server as server
def main():
    import random, types, typing
    print(*(module.__file__ for module in (random, types, typing)), sep="\\n")
    print(server.__file__)
server.main = main
"""


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A function that begins as the engine process does, with other surroundings, and no engine."""

    def begin(**surroundings: str) -> list[str]:
        for name, value in surroundings.items():
            monkeypatch.setenv(name, value)
        # Comes with Python's own modules before anything else does, and puts the server aside.
        hook = tmp_path / "hook"
        hook.mkdir()
        (hook / "stand_in.py").write_text(_BEGUN)
        program = (
            Path(command()[-1])
            .read_text()
            .replace(
                "    from napari_neural_style.process.server import main",
                "    import stand_in\n    from napari_neural_style.process.server import main",
            )
        )
        beginning = tmp_path / "begin.py"
        beginning.write_text(program)
        monkeypatch.syspath_prepend(str(hook))
        done = subprocess.run(
            [python(), "-P", str(beginning)],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split("\n")

    return begin


@pytest.mark.parametrize(
    "surroundings",
    [
        {},
        {"PYTHONWARNINGS": "error"},
        {"PYTHONPATH": "."},
        {"PYTHONPATH": ""},
        {"PYTHONINSPECT": "1"},
        {"PYTHONOPTIMIZE": "2"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_the_engines_process_finds_pythons_modules_and_ours(
    begun: Callable[..., list[str]],
    surroundings: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("types", "random", "typing", "tensorflow", "numpy", "json", "site"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    *found, server, _ = begun(**surroundings)
    assert server == str(Path(OURS, "napari_neural_style", "process", "server.py"))
    assert {Path(file).parent for file in found} == {Path(os.__file__).parent}


@pytest.mark.parametrize("memory", [True, False])
def test_without_a_temporary_folder_no_more_than_last_words_are_lost(
    monkeypatch: pytest.MonkeyPatch, memory: bool
) -> None:
    if not memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    elif not hasattr(os, "memfd_create"):
        pytest.skip("there are no files in memory")

    def refuse() -> None:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    program = "import sys; print('Farewell', file=sys.stderr); sys.exit(3)"
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, "-c", program])
    child = Child()
    assert child.wait() == 3
    assert child.last_words() == ("Farewell" if memory else "")
    child.close()


def test_what_keeps_the_engine_from_starting_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_neural_style.process import EngineProcess

    program = "import sys; sys.exit(\"No module named 'tensorflow'\")"
    monkeypatch.setattr(interpreter, "command", lambda: [sys.executable, "-c", program])
    engine = EngineProcess()
    with pytest.raises(EngineUnavailable, match="while it was starting") as error:
        list(
            engine.stylize_steps(
                Job(np.zeros((8, 8, 3), np.float32), np.zeros((8, 8, 3), np.float32))
            )
        )
    assert "No module named 'tensorflow'" in str(error.value)
    assert str(error.value).count(". ") == 0
    engine.close()


def test_no_threads_left_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    with pytest.raises(EngineUnavailable, match="can't start new thread"):
        Child()
