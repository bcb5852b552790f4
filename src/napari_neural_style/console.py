"""Words for a console that may lack letters, be closed at any moment, or not be there at all."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["patient_console", "warnings_told_only"]


@contextlib.contextmanager
def patient_console() -> Iterator[None]:
    """Let nothing that is printed end the program.

    What a console cannot show is written as codes; what nobody can read, because the terminal was
    closed, the other end of a pipe has gone, or there is no console, is left out.
    """
    out, err = _Patient(sys.stdout), _Patient(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            yield
        finally:
            for stream in (out, err):
                stream.flush()


@contextlib.contextmanager
def warnings_told_only() -> Iterator[None]:
    """Let no warning end the program, whatever ``PYTHONWARNINGS`` says.

    It is set for the user's own programs; the libraries here warn of what their next releases will
    do, when they are imported.
    """
    with warnings.catch_warnings():
        if any(option.startswith("e") for option in sys.warnoptions):
            warnings.simplefilter("ignore")
        yield


class _Patient(io.TextIOBase):
    """A text stream that never fails.

    Parameters
    ----------
    stream : text stream or None
        Where the text goes, as long as it can.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:  # type: ignore[override] # nobody sets it
        """The code of the console's letters; of those that have none, the poorest."""
        return getattr(self._stream, "encoding", None) or "ascii"

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with contextlib.suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the number of the file, if there is one."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Return True: whatever is written is taken."""
        return True

    def write(self, text: str) -> int:
        """Write a text, as far as possible."""
        if self._stream is not None:
            try:
                self._stream.write(self._shown(text))
            except (OSError, ValueError):
                self._give_up()
        return len(text)

    def flush(self) -> None:
        """See to it that what was written is seen, if possible."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._give_up()

    def close(self) -> None:
        """Leave the stream open: it was lent."""

    def _shown(self, text: str) -> str:
        """Return the text in letters that the console has."""
        encoding = getattr(self._stream, "encoding", None)
        if encoding is None:
            return text  # It is kept as it is.
        try:
            return text.encode(encoding, "backslashreplace").decode(encoding)
        except (LookupError, UnicodeError):
            return ascii(text)[1:-1]

    def _give_up(self) -> None:
        stream, self._stream = self._stream, None
        # Python writes what is left over when it ends, and would fail then.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nothing, stream.fileno())  # type: ignore[union-attr]
            finally:
                os.close(nothing)
