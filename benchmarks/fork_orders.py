"""Processes that are forked to order, and become children of whoever ordered them (Linux).

For those who start many programs whose imports take longest: `prefork.py`, and the tests.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any

__all__ = ["next_order"]

#: Bytes of an order, at most.
_LARGEST = 1 << 20


def next_order(orders: socket.socket, parent: int) -> dict[str, Any] | None:
    """Fork a process for each order; return in each of them, and at the end in this one.

    Parameters
    ----------
    orders : socket
        Brings JSON with ``"environment"``, ``"session"`` (whether to begin one) and what else the
        process has to know, with three descriptors for its streams. Its number is sent back.
    parent : int
        The process that orders, a subreaper.

    Returns
    -------
    dict or None
        The order, in a process of its own; None in this one, when there are no more.
    """
    while True:
        message, ends, _, _ = socket.recv_fds(orders, _LARGEST, 3)
        if not message:
            return None
        between = os.fork()
        if between:
            os.waitpid(between, 0)
            for end in ends:
                os.close(end)
            continue
        if os.fork():  # The new process is an orphan in a moment, and so a child of `parent`.
            os._exit(0)
        while os.getppid() != parent:
            os.sched_yield()
        order: dict[str, Any] = json.loads(message)
        if order["session"]:
            os.setsid()
        for number, end in enumerate(ends):
            os.dup2(end, number)
            os.close(end)
        # As soon as anybody hears of it, it can be killed as the one that it is.
        orders.send(str(os.getpid()).encode())
        orders.close()
        os.environ.clear()
        os.environ.update(order["environment"])
        return order
