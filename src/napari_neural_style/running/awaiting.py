"""``await run``: asyncio waits, and the viewer lives on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["POLL_SECONDS", "until"]

#: How often those that wait for a run look after it.
POLL_SECONDS = 0.02


def until(over: Callable[[], bool], pump: Callable[[], object]) -> asyncio.Future[None]:
    """Return a future of the running event loop that is done when a run is over.

    The loop looks after the run now and then, in callbacks of its own rather than in a task: those
    may process Qt's events even where Qt's loop and asyncio's are one (qasync), which no task may.

    Parameters
    ----------
    over : callable
        Tells whether the run is over.
    pump : callable
        Brings what is waiting for it into the viewer; true if there may be more. May raise, where
        the run cannot be waited for.

    Raises
    ------
    RuntimeError
        If no event loop is running.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def look() -> None:
        if done.done():  # Nobody waits any more.
            return
        try:
            more = not over() and pump()
        except Exception as error:  # noqa: BLE001 (whoever waits is to know)
            done.set_exception(error)
            return
        if done.done():
            return
        if over():
            done.set_result(None)
        elif more:
            loop.call_soon(look)
        else:
            loop.call_later(POLL_SECONDS, look)

    look()
    return done
