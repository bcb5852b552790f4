"""``await run``: asyncio waits, and the viewer lives on."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_neural_style.running.run import BaseRun

__all__ = ["until_over"]

_POLL_SECONDS = 0.02


def until_over(run: BaseRun) -> asyncio.Future[None]:
    """Return a future of the running event loop that is done when the run is over.

    The loop looks after the run now and then, in callbacks of its own rather than in a task: those
    may process Qt's events even where Qt's loop and asyncio's are one (qasync), which no task may.

    Raises
    ------
    RuntimeError
        If no event loop is running.
    """
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    has_viewer = threading.current_thread() is threading.main_thread()

    def look() -> None:
        if over.done():  # Nobody waits any more.
            return
        try:
            more = not run.over and has_viewer and run.pump()
        except Exception as error:  # noqa: BLE001 (whoever waits is to know)
            over.set_exception(error)
            return
        if over.done():
            return
        if run.over:
            over.set_result(None)
        elif more:
            loop.call_soon(look)
        else:
            loop.call_later(_POLL_SECONDS, look)

    look()
    return over
