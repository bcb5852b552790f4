"""Downloads that go on where they broke off, and can be stopped at any time."""

from __future__ import annotations

import hashlib
import os
import queue
import re
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import requests

from napari_neural_style.control import Control
from napari_neural_style.errors import Cancelled, WeightsError
from napari_neural_style.file_faults import fault
from napari_neural_style.progress import Notice

__all__ = ["Patience", "download", "file_md5"]

#: At most this much is lost when a connection breaks.
_CHUNK = 1 << 14
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Patience:
    """How long a download waits for what.

    Parameters
    ----------
    connect, read : float
        Seconds until a connection, or the next bytes, count as failed.
    first_byte : float
        Seconds until the first bytes must be there; also bounds a name server that never answers.
    attempts : int
        How often in a row a connection may break without a single new byte.
    pause : float
        Seconds before it is tried again.
    """

    connect: float = 3.05
    read: float = 20.0
    first_byte: float = 6.0
    attempts: int = 3
    pause: float = 1.0


def download(
    url: str, target: Path, md5: str, size: int, what: str, control: Control, patience: Patience
) -> Generator[Notice, None, None]:
    """Download a file to `target`, whole or not at all.

    What has arrived lies in ``<target>.part`` until all of it is there and has the right checksum;
    a download that breaks off goes on from there, in this process or a later one. Proxies and
    certificates are those of the environment, as requests takes them.

    Parameters
    ----------
    url : str
    target : Path
        Nobody else may write to it meanwhile.
    md5 : str
        Checksum of the file.
    size : int
        Its bytes: of a server that sends more, no more is taken.
    what : str
        What to call it to the user.
    control : Control
    patience : Patience

    Yields
    ------
    Notice
        With the fraction done.

    Raises
    ------
    WeightsError
        With the reason, as the end of a sentence.
    Cancelled
        At once, whatever the network does.
    """
    transfer = _Transfer(url, Path(f"{target}.part"), md5, size, patience)
    outcome: queue.Queue[Exception | None] = queue.Queue()

    def fetch() -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            transfer.bring(target)
        except Exception as error:  # noqa: BLE001 (passed on to the thread that waits)
            outcome.put(error)
        else:
            outcome.put(None)

    # In a thread of its own, so that neither a slow name server nor a stalled connection can
    # delay a cancellation.
    threading.Thread(target=fetch, name="weights-download", daemon=True).start()
    deadline = time.monotonic() + patience.first_byte
    try:
        while True:
            control.checkpoint()
            try:
                error = outcome.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if transfer.moved:
                    yield Notice(f"Downloading {what}.", fraction=transfer.fraction)
                elif time.monotonic() > deadline:
                    raise WeightsError("their server does not answer.") from None
                continue
            if error is None:
                return
            raise WeightsError(_reason(error)) from error
    finally:
        transfer.stop()


def file_md5(path: Path) -> str:
    """Return the MD5 checksum of a file: that is what Keras publishes with its weights."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


class _Transfer:
    """One download, as its own thread does it."""

    def __init__(self, url: str, part: Path, md5: str, size: int, patience: Patience) -> None:
        self._url, self._part, self._md5, self._patience = url, part, md5, patience
        self._expected = size
        self._done = 0
        self._total = 0
        self._stopped = threading.Event()
        self._writing = threading.Lock()
        #: Whether any bytes have come.
        self.moved = False

    @property
    def fraction(self) -> float | None:
        """Share of the file that is here; None where the server does not say how long it is."""
        return min(self._done / self._total, 1.0) if self._total else None

    def stop(self) -> None:
        """End it: from now on nothing is written, however late a stalled connection wakes up."""
        with self._writing:
            self._stopped.set()

    def bring(self, target: Path) -> None:
        """Bring the file to `target`, through as many broken connections as it takes."""
        failures = 0
        leftover = self._size() > 0  # of an earlier try
        while True:
            before = self._size()
            try:
                self._receive()
            except requests.RequestException as error:
                if isinstance(error, requests.HTTPError | requests.exceptions.SSLError):
                    raise
                # All may be here, whatever length the server has promised.
                if not (self._size() and self._is_right()):
                    failures = 0 if self._size() > before else failures + 1
                    if failures >= self._patience.attempts or not self.moved:
                        raise
                    self._stopped.wait(self._patience.pause)
                    continue
            if self._is_right():
                break
            self._part.unlink()
            if not leftover:
                raise ValueError("the checksum is wrong")
            leftover = False  # It may have been that; now all of it anew.
        with self._writing:
            self._check()
            os.replace(self._part, target)

    def _receive(self) -> None:
        """Ask for what is missing, and append it."""
        self._check()
        have = self._size()
        # Bytes count as they are in the file: nothing may be compressed on the way.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        timeout = (self._patience.connect, self._patience.read)
        with requests.get(self._url, headers=headers, stream=True, timeout=timeout) as response:
            span = _span(response)
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if have and span == (None, have):
                    return  # All of it was here already.
                self._part.unlink()  # It is not the beginning of this file.
                return self._receive()
            response.raise_for_status()
            resumed = response.status_code == requests.codes.partial_content
            if resumed and span[0] != have:
                raise requests.HTTPError("the answer to a range request is another range")
            length = int(response.headers.get("Content-Length", 0))
            self._done = have if resumed else 0
            self._total = self._done + length if length else 0
            with self._part.open("ab" if resumed else "wb") as file:
                for chunk in response.iter_content(_CHUNK):
                    self._write(file, chunk)
                    if self._done > self._expected:
                        return  # It is something else, and may have no end.

    def _write(self, file: IO[bytes], chunk: bytes) -> None:
        with self._writing:
            self._check()
            file.write(chunk)
            file.flush()
        self._done += len(chunk)
        self.moved = True

    def _is_right(self) -> bool:
        return self._size() == self._expected and file_md5(self._part) == self._md5

    def _check(self) -> None:
        if self._stopped.is_set():
            raise Cancelled("The download was cancelled.")

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.is_file() else 0


def _span(response: requests.Response) -> tuple[int | None, int | None]:
    """Return the first byte, and the size of the whole file, that a Content-Range header tells."""
    found = re.match(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found:
        return None, None
    first, size = found.groups()
    return (int(first) if first else None), (int(size) if size != "*" else None)


def _reason(error: Exception) -> str:
    """Return the cause of a failed download in plain words."""
    if isinstance(error, requests.HTTPError):
        if error.response is None:
            return f"their server cannot be used ({error})."
        return f"their server answers {error.response.status_code} {error.response.reason}."
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy of this network cannot be reached: check HTTPS_PROXY."
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "their server's certificate is not trusted here: where a proxy brings certificates of "
            "its own, name them in REQUESTS_CA_BUNDLE."
        )
    if isinstance(error, requests.RequestException):
        if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.InvalidURL):
            return "their server cannot be reached."
        if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.Timeout) or (
            "Read timed out" in str(error)
        ):
            return (
                "the connection broke off; what has arrived is kept, and the next try goes on from "
                "there."
            )
        return f"their server cannot be reached ({type(error).__name__})."
    if isinstance(error, OSError):
        return f"they cannot be stored ({fault(error)})."
    if isinstance(error, ValueError):
        return "what the server sent is not the file that was expected."
    return f"their download failed ({type(error).__name__}: {error})."
