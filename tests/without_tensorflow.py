"""For programs that tests start: their engine is a real process, but knows nothing of TensorFlow.

Importing that takes most of the time of a program that paints for milliseconds.
"""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["PREAMBLE", "SERVER", "painting_program"]

SERVER = Path(__file__).parent / "process" / "pretended_server.py"

#: The first lines of such a program.
PREAMBLE = f"""
import sys
from napari_neural_style.process import interpreter
interpreter.command = lambda: [sys.executable, {str(SERVER)!r}]
"""

_PROGRAM = f"""{PREAMBLE}
from napari_neural_style.__main__ import program
program()
"""


def painting_program(*arguments: str) -> list[str]:
    """Return how the command line is started with such an engine."""
    return [sys.executable, "-c", _PROGRAM, *arguments]
