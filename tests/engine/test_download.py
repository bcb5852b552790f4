"""What keeps a download from beginning: certificates, and servers that are not there."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from weights_server import Answer, WeightsServer

from napari_neural_style.control import Control
from napari_neural_style.engine.download import Patience, download
from napari_neural_style.errors import WeightsError

FILE = bytes(range(256)) * 256


def fetch(url: str, target: Path) -> None:
    md5 = hashlib.md5(FILE).hexdigest()
    patience = Patience(connect=5, read=5, first_byte=20, pause=0.01)
    list(download(url, target, md5, len(FILE), "the file", Control(), patience))


@pytest.fixture
def authority() -> trustme.CA:
    """Whoever signs certificates here, as a company's proxy does; nobody knows it elsewhere."""
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[WeightsServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = WeightsServer(Answer(FILE), tls=context)
    yield server
    server.close()


def test_unknown_certificate_is_refused_with_its_remedy(server, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(WeightsError, match=r"is not trusted here.*REQUESTS_CA_BUNDLE"):
        fetch(server.url, tmp_path / "file.h5")
    assert server.ranges == []
    assert list(tmp_path.iterdir()) == []


def test_the_remedy_helps(server, authority, tmp_path, monkeypatch) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "company.pem"))
    fetch(server.url, tmp_path / "file.h5")
    assert (tmp_path / "file.h5").read_bytes() == FILE


def test_a_server_that_is_not_there_is_said(tmp_path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # nobody listens on it
        with pytest.raises(WeightsError, match="their server cannot be reached"):
            fetch(f"http://127.0.0.1:{port}/file.h5", tmp_path / "file.h5")


def test_a_name_that_nobody_has_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(WeightsError, match="their server cannot be reached"):
        fetch("http://weights.invalid/file.h5", tmp_path / "file.h5")


def test_a_full_disk_is_said(tmp_path, monkeypatch) -> None:
    server = WeightsServer(Answer(FILE))

    def full(self: object, file: object, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_neural_style.engine.download._Transfer._write", full)
    try:
        with pytest.raises(WeightsError, match=r"cannot be stored .*no space left"):
            fetch(server.url, tmp_path / "file.h5")
    finally:
        server.close()
    assert not (tmp_path / "file.h5").exists()
