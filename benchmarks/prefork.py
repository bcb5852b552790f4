"""Engine processes that start in a tenth of a second, for those who let thousands of them fail.

Most of an engine's start is the import of TensorFlow. Here one process imports it and does nothing
else; each engine is forked from it, and from there on is what it always is: a process of its own,
a child of this one, running `napari_neural_style.process.server` over its own pipes.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import site
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from unittest import mock

from napari_neural_style.process import interpreter

__all__ = ["prefork", "preforked_from"]

#: From <linux/prctl.h>: orphans among the descendants become children of this process.
_SUBREAPER = 36

_first: int | None = None


def preforked_from() -> int | None:
    """Return the number of the process that engines are forked from; None if there is none."""
    return _first


@contextlib.contextmanager
def prefork() -> Iterator[None]:
    """Have engines forked from one process that has imported what they need.

    On other systems than Linux they are started as always.
    """
    global _first
    if not sys.platform.startswith("linux"):
        yield
        return
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {**os.environ, **interpreter.environment()}
    path = os.pathsep.join(json.loads(environment[interpreter.PATH]))
    first = subprocess.Popen(
        [sys.executable, "-P", __file__, str(theirs.fileno()), str(os.getpid())],
        env={**environment, "PYTHONPATH": path},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=os.path.abspath(os.sep),  # which nobody deletes
    )
    theirs.close()
    ours.recv(1)  # It has imported everything.

    _first = first.pid

    class Forked(subprocess.Popen[bytes]):
        """As `subprocess.Popen`, but for where the process comes from."""

        def _execute_child(self, *arguments: Any) -> None:
            if not str(self.args[-1]).endswith("begin.py"):  # somebody else's program
                super()._execute_child(*arguments)  # type: ignore[misc] # private, but stable
                return
            environment = arguments[6]
            p2cread, _, _, c2pwrite, _, errwrite = arguments[10:16]
            order = {"environment": dict(environment), "session": True}
            message = json.dumps(order).encode()
            socket.send_fds(ours, [message], [p2cread, c2pwrite, errwrite])
            self.pid = int(ours.recv(64))
            self._child_created = True
            for end in (p2cread, c2pwrite):
                os.close(end)

    try:
        with mock.patch.object(subprocess, "Popen", Forked):
            yield
    finally:
        ours.close()
        first.wait()
        _first = None


def _serve(orders: socket.socket, parent: int) -> None:
    """Fork an engine for each message, until there are no more."""
    gc.disable()
    import napari_neural_style.engine
    from napari_neural_style.engine import vgg_loading
    from napari_neural_style.process import begin, server

    assert napari_neural_style.engine  # what the engine would import first
    vgg_loading.builtin_weights()  # what its first run would read
    gc.freeze()
    gc.enable()
    orders.send(b"!")
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from fork_orders import next_order

    sys.path.pop(0)
    if next_order(orders, parent):
        sites = {*site.getsitepackages(), site.getusersitepackages()}
        given = json.loads(os.environ.pop(interpreter.PATH, "[]"))
        sys.path[:] = begin.module_path(sys.path, sites, given)
        server.main()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
