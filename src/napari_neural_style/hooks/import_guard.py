"""Keeps extensions from loading TensorFlow where there may be a window."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["no_tensorflow"]

_HEAVY = ("tensorflow", "keras")


class _Barrier(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _HEAVY:
            raise ImportError(
                f"it imports {fullname} as it is loaded, which can crash napari's window; "
                f"it must do so in the functions that the engine process calls"
            )
        return None


@contextmanager
def no_tensorflow() -> Generator[None, None, None]:
    """Refuse to import TensorFlow or Keras, unless this process has it already, as engines do.

    Beside Mesa's OpenGL it is a segmentation fault: one bad extension would take the window, and
    the user's work, with it.
    """
    barrier = _Barrier()
    if any(name in sys.modules for name in _HEAVY):
        yield
        return
    sys.meta_path.insert(0, barrier)
    try:
        yield
    finally:
        sys.meta_path.remove(barrier)
