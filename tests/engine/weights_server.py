"""A web server on this machine that misbehaves as it is told."""

from __future__ import annotations

import http.server
import re
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Answer:
    """How one request is answered.

    Parameters
    ----------
    body : bytes
    status : int
    ranges : bool
        Whether a range request gets its range; otherwise the whole file, as old servers do.
    cut : int, optional
        The connection is closed after so many bytes of this answer.
    stall : bool
        Instead of being closed, it stays open and silent.
    promised : int, optional
        The length in the header, where it is a lie; -1 for none.
    """

    body: bytes = b""
    status: int = 200
    ranges: bool = True
    cut: int | None = None
    stall: bool = False
    promised: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


class WeightsServer:
    """Gives its answers in turn, the last one for ever; notes which ranges were asked for."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.ranges: list[str | None] = []
        self.addressed: list[str] = []
        self.released = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.ranges.append(self.headers["Range"])
                server.addressed.append(self.path)
                answer = server.answers[min(len(server.ranges), len(server.answers)) - 1]
                server._give(self, answer)

            def log_message(self, *args: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_port}/vgg19.h5"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def _give(self, request: http.server.BaseHTTPRequestHandler, answer: Answer) -> None:
        body, status = answer.body, answer.status
        wanted = re.match(r"bytes=(\d+)-", request.headers["Range"] or "")
        start = int(wanted[1]) if wanted and answer.ranges else 0
        headers = dict(answer.headers)
        if start and status == 200:
            if start >= len(body):
                status, body = 416, b""
                headers["Content-Range"] = f"bytes */{len(answer.body)}"
            else:
                status, body = 206, body[start:]
                headers["Content-Range"] = (
                    f"bytes {start}-{len(answer.body) - 1}/{len(answer.body)}"
                )
        request.send_response(status)
        promised = len(body) if answer.promised is None else answer.promised
        if promised >= 0:
            headers["Content-Length"] = str(promised)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body[: answer.cut])
        request.wfile.flush()
        if answer.stall:
            self.released.wait(60)
        request.close_connection = True

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
