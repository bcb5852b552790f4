"""Prevents extensions from importing TensorFlow in napari's process."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["no_tensorflow"]

_HEAVY = ("tensorflow", "keras")


class _ImportBlocker(MetaPathFinder):
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
    """Refuse to import TensorFlow or Keras, unless this process has already done so.

    Together with Mesa's OpenGL, TensorFlow causes a segmentation fault, which would lose the user's
    work. The engine process has no window.
    """
    if any(name in sys.modules for name in _HEAVY):
        yield
        return
    blocker = _ImportBlocker()
    sys.meta_path.insert(0, blocker)
    try:
        yield
    finally:
        sys.meta_path.remove(blocker)
