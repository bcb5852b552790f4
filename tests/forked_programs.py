"""Programs that tests start, forked from one process that has imported what they need.

To import napari takes most of the time of a program that paints for milliseconds. What is forked is
what it always is: a process of its own, a child of this one, with its own arguments and pipes. How
a program is really started is for other tests: where a shell does it, or Python's options count.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, TextIO

__all__ = ["forked_program"]

#: From <linux/prctl.h>: orphans among the descendants become children of this process.
_SUBREAPER = 36


def forked_program(code: str, *arguments: str, **options: Any) -> subprocess.Popen[Any]:
    """Start what ``python -c CODE ARGUMENTS`` would; on other systems than Linux, do just that.

    The options are some of those of `subprocess.Popen`: `cwd`, `env`, `start_new_session`, and what
    concerns the pipes.
    """
    kind = _Forked if sys.platform == "linux" else subprocess.Popen
    return kind([sys.executable, "-c", code, *arguments], **options)


class _Forked(subprocess.Popen[Any]):
    """As `subprocess.Popen`, but for where the process comes from."""

    def _execute_child(self, *given: Any) -> None:
        preparation, cwd, environment = given[2], given[5], given[6]
        if preparation is not None:  # That cannot be told to another process.
            super()._execute_child(*given)  # type: ignore[misc] # private, but stable
            return
        pipes = given[10:16]
        order = {
            "words": self.args[2:],
            "cwd": os.path.abspath(cwd or os.curdir),
            "environment": dict(os.environ if environment is None else environment),
            "session": given[21],
        }
        theirs = pipes[0], pipes[3], pipes[5]
        ends = [own if end == -1 else end for own, end in enumerate(theirs)]
        orders, _ = _first()
        socket.send_fds(orders, [json.dumps(order).encode()], ends)
        self.pid = int(orders.recv(64))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


@cache
def _first() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Return how to talk to the process that all are forked from, which ends with this one."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        first = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=os.path.abspath(os.sep),  # which nobody deletes
        )
    assert ours.recv(1)  # It has imported everything.
    return ours, first


def _serve(orders: socket.socket, parent: int) -> str:
    """Fork a program for each order, until there are no more; return what it is to execute."""
    if (order := next_order(orders, parent)) is None:
        sys.exit()
    os.chdir(order["cwd"])
    sys.stdin, sys.stdout, sys.stderr = map(_stream, range(3))
    code, *arguments = order["words"]
    sys.argv = ["-c", *arguments]
    gc.unfreeze()  # At its end, all goes in the usual order.
    return code


def _stream(number: int) -> TextIO:
    """Open one of the three streams as Python does when it starts."""
    return open(
        number,
        "w" if number else "r",
        buffering=1 if number == 2 or os.isatty(number) else -1,
        encoding=os.environ.get("PYTHONIOENCODING"),
        errors="backslashreplace" if number == 2 else "strict",
        closefd=False,
    )


def _import() -> None:
    """Import what programs of tests do: with neither xarray, which brings pandas, nor numba."""
    gc.disable()
    sys.modules.update(dict.fromkeys(("xarray", "numba")))
    import napari.components
    import napari.layers

    import napari_neural_style.command_requests
    import napari_neural_style.headless

    assert napari.components
    assert napari.layers
    assert napari_neural_style.command_requests
    assert napari_neural_style.headless
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    _orders = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = str(Path(__file__).resolve().parents[1] / "benchmarks")
    from fork_orders import next_order

    # Nor are these modules, and the tests' own, those of programs.
    sys.path[0] = ""
    _import()
    _orders.send(b"!")
    exec(compile(_serve(_orders, int(sys.argv[2])), "<string>", "exec"), {"__name__": "__main__"})
