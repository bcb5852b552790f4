"""Which weights are taken, and what is said about it."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import numpy as np
import pytest
from weights_server import Answer, WeightsServer

from napari_neural_style.control import Control
from napari_neural_style.engine import imagenet
from napari_neural_style.engine import weights as weights_module
from napari_neural_style.engine.imagenet import imagenet_path
from napari_neural_style.engine.weight_files import read_weights
from napari_neural_style.engine.weights import find_weights
from napari_neural_style.errors import WeightsError
from napari_neural_style.progress import Notice


@pytest.fixture(autouse=True)
def fresh_state(monkeypatch: pytest.MonkeyPatch, keras_home: Path) -> None:
    """Each test meets an empty cache and no memory of earlier failures."""
    monkeypatch.setattr(imagenet, "_last_failure", None)
    weights_module._read_cached.cache_clear()


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    monkeypatch.setattr(imagenet, "IMAGENET_URL", f"http://127.0.0.1:{port}/vgg19.h5")


def find(wanted: str = "auto", control: Control | None = None):
    notices: list[Notice] = []
    search = find_weights(wanted, control or Control())
    while True:
        try:
            notices.append(next(search))
        except StopIteration as end:
            return end.value, notices


def test_changed_file_is_read_anew(small_h5):
    before, _ = find(str(small_h5))
    assert find(str(small_h5))[0] is before
    rewritten = small_h5.read_bytes()
    small_h5.unlink()
    small_h5.write_bytes(rewritten)
    after, _ = find(str(small_h5))
    assert after is not before


def test_auto_without_a_network_takes_the_builtin_one_and_says_so(unreachable):
    found, notices = find()
    assert "Built-in" in found.title
    important = [notice.text for notice in notices if notice.important]
    assert len(important) == 1
    assert "built-in network" in important[0]
    assert "cannot be reached" in important[0]


def test_auto_does_not_ask_a_dead_server_on_every_run(unreachable):
    find()
    found, notices = find()
    assert "Built-in" in found.title
    assert [notice.important for notice in notices] == [True]


def test_imagenet_without_a_network_is_an_error_with_a_remedy(unreachable):
    with pytest.raises(WeightsError, match="could not be downloaded") as error:
        find("imagenet")
    text = str(error.value)
    assert imagenet.IMAGENET_URL in text
    assert str(imagenet_path()) in text
    assert "built-in features" in text


def test_downloaded_weights_are_read_once_they_are_whole(monkeypatch, small_h5):
    server = WeightsServer(Answer(small_h5.read_bytes()))
    monkeypatch.setattr(imagenet, "IMAGENET_URL", server.url)
    digest = hashlib.md5(small_h5.read_bytes()).hexdigest()
    monkeypatch.setattr(imagenet, "IMAGENET_MD5", digest)
    monkeypatch.setattr(imagenet, "_BYTES", small_h5.stat().st_size)
    found, _ = find("imagenet")
    server.close()
    assert found.title == "VGG19 (ImageNet)"
    expected = read_weights(small_h5).kernels
    np.testing.assert_array_equal(found.kernels["block1_conv2"], expected["block1_conv2"])
    assert find("auto") == (found, [])
