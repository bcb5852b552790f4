"""For programs that tests start: their engine is a real process, but knows nothing of TensorFlow.

Importing that takes most of the time of a program that paints for milliseconds.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import napari_neural_style
from forked_programs import forked_program

__all__ = ["PREAMBLE", "SERVER", "begin_painting", "painting_program", "pretended_python"]

SERVER = Path(__file__).parent / "process" / "pretended_server.py"

#: The first lines of such a program.
#: Nor of what napari takes only where it is there: xarray, which brings pandas, and numba.
PREAMBLE = f"""
import sys
sys.modules.update(dict.fromkeys(("xarray", "numba")))
from napari_neural_style.process import interpreter
interpreter.command = lambda: [sys.executable, {str(SERVER)!r}]
"""

_PROGRAM = f"""{PREAMBLE}
from napari_neural_style.__main__ import program
program()
"""


def pretended_python(folder: Path) -> str:
    """Return a program that NAPARI_NEURAL_STYLE_PYTHON can name, and that starts such an engine.

    For processes that a test does not start itself. It is a script of a shell.
    """
    path = folder / "python-without-tensorflow"
    source = Path(napari_neural_style.__file__).parents[1]
    server = shlex.join([sys.executable, str(SERVER)])
    path.write_text(f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(source))} exec {server}\n")
    path.chmod(0o755)
    return str(path)


def painting_program(*arguments: str) -> list[str]:
    """Return how the command line is started with such an engine."""
    return [sys.executable, "-c", _PROGRAM, *arguments]


def begin_painting(*arguments: str, **options: Any) -> subprocess.Popen[Any]:
    """Start the command line with such an engine, in a tenth of the time."""
    return forked_program(_PROGRAM, *arguments, **options)
