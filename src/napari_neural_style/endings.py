"""What a shell, a terminal or a batch system says to end a program, noted instead of obeyed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["Ending", "endings_ignored", "endings_noted", "ends_after_noting"]

#: Ctrl+C; the end of a job, of a terminal, of a Windows console; a batch system's warnings.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGXCPU", "SIGUSR1", "SIGUSR2")

_last = False


class Ending:
    """Whether the program is asked to end.

    Attributes
    ----------
    signal : int or None
        The first signal that asked for it.
    """

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal has ended; 0 if none has."""
        return 128 + self.signal if self.signal else 0

    def note(self, number: int, _: FrameType | None = None) -> None:
        """Note a signal; further ones change nothing, for what is done by then is brief."""
        self.signal = self.signal or number


@contextlib.contextmanager
def endings_noted() -> Iterator[Ending]:
    """Note signals that ask the program to end, so that it can save before it does.

    Those that the program was started to ignore, as by ``nohup``, stay ignored, and those that it
    has a use of its own for keep it. Only the main thread hears signals: elsewhere nothing changes.

    Yields
    ------
    Ending
    """
    ending = Ending()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, ending.note)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if _last and ending.signal else handler)


def ends_after_noting() -> None:
    """Say that the process ends once a noted signal has been seen to.

    A second signal then finds no moment in which it could undo what the first has asked for.
    """
    global _last
    _last = True


def endings_ignored() -> None:
    """Ignore from now on what asks the program to end: it is ending."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
