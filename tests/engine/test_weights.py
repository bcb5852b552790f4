"""Reading, finding and downloading weights; every server here is on this machine."""

from __future__ import annotations

import hashlib
import http.server
import socket
import threading
from collections.abc import Generator
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from engine_files import write_published_layout

from napari_neural_style.control import Control
from napari_neural_style.engine import weights as weights_module
from napari_neural_style.engine.weights import find_weights, imagenet_path, read_weights
from napari_neural_style.errors import Cancelled, WeightsError
from napari_neural_style.job import Notice


@pytest.fixture(autouse=True)
def fresh_state(monkeypatch: pytest.MonkeyPatch, keras_home: Path) -> None:
    """Each test meets an empty cache and no memory of earlier failures."""
    monkeypatch.setattr(weights_module, "_last_failure", None)
    weights_module._read_cached.cache_clear()


@pytest.fixture
def small_h5(tmp_path: Path) -> Path:
    """A valid weights file of two layers in the published layout."""
    rng = np.random.default_rng(0)
    arrays = {
        name: (
            rng.normal(0, 1, (3, 3, i, 4)).astype(np.float32),
            np.arange(4, dtype=np.float32),
        )
        for name, i in (("block1_conv1", 3), ("block1_conv2", 4))
    }
    path = tmp_path / "small.h5"
    write_published_layout(path, arrays)
    return path


class Server:
    """A web server with one answer: bytes, or the start of a body that never goes on."""

    def __init__(self, body: bytes, *, promised: int | None = None) -> None:
        self.requests = 0
        self.released = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                self.send_response(200)
                self.send_header("Content-Length", str(promised or len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
                if promised:
                    server.released.wait(60)

            def log_message(self, *args: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/vgg19.h5"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Generator[object, None, None]:
    servers: list[Server] = []

    def start(body: bytes, *, expected: bytes | None = None, promised: int | None = None) -> Server:
        servers.append(Server(body, promised=promised))
        monkeypatch.setattr(weights_module, "IMAGENET_URL", servers[-1].url)
        digest = hashlib.md5(body if expected is None else expected).hexdigest()
        monkeypatch.setattr(weights_module, "IMAGENET_MD5", digest)
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    monkeypatch.setattr(weights_module, "IMAGENET_URL", f"http://127.0.0.1:{port}/vgg19.h5")


def find(wanted: str = "auto", control: Control | None = None):
    notices: list[Notice] = []
    search = find_weights(wanted, control or Control())
    while True:
        try:
            notices.append(next(search))
        except StopIteration as end:
            return end.value, notices


@pytest.mark.parametrize("layout", ["npz_weights", "h5_weights"])
def test_weights_files_are_read_to_the_bit(request, layout, vgg19_arrays):
    path = request.getfixturevalue(layout)
    found = read_weights(path)
    assert path.name in found.title
    assert set(found.kernels) == set(vgg19_arrays)
    for layer, (kernel, bias) in vgg19_arrays.items():
        np.testing.assert_array_equal(found.kernels[layer], kernel)
        np.testing.assert_array_equal(found.biases[layer], bias)


def test_file_written_by_kerass_own_legacy_writer_is_read(keras_vgg19, vgg19_arrays, tmp_path):
    path = tmp_path / "legacy.h5"
    with h5py.File(path, "w") as file:
        keras.src.legacy.saving.legacy_h5_format.save_weights_to_hdf5_group(file, keras_vgg19)
    found = read_weights(path)
    for layer, (kernel, bias) in vgg19_arrays.items():
        np.testing.assert_array_equal(found.kernels[layer], kernel)
        np.testing.assert_array_equal(found.biases[layer], bias)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def not_hdf5(path: Path) -> None:
    path.write_text("<html>404</html>")


def of_another_network(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["dense/kernel"] = np.zeros((3, 3))


def of_another_shape(path: Path) -> None:
    write_published_layout(
        path, {"block1_conv1": (np.zeros((5, 5, 3, 4), np.float32), np.zeros(4, np.float32))}
    )


def with_a_short_bias(path: Path) -> None:
    write_published_layout(
        path, {"block1_conv1": (np.zeros((3, 3, 3, 4), np.float32), np.zeros(3, np.float32))}
    )


def without_weight_names(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["block1_conv1/kernel"] = np.zeros((3, 3, 3, 4))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (Path.unlink, "There is no weights file"),
        (truncated, "cannot be read"),
        (not_hdf5, "cannot be read"),
        (of_another_network, "has no layers of VGG19"),
        (of_another_shape, r"is not of VGG19: the kernel of block1_conv1 has the shape \(5, 5, 3"),
        (with_a_short_bias, r"is not of VGG19: the bias of block1_conv1 has the shape \(3,\)"),
        (without_weight_names, "must be a Keras .h5 file of VGG19"),
    ],
)
def test_unusable_file_is_named_with_the_reason(small_h5, damage, sentence):
    damage(small_h5)
    with pytest.raises(WeightsError, match=sentence) as error:
        find(str(small_h5))
    assert str(small_h5) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing more", b"\x00" * 500])
def test_damaged_npz_is_named_with_the_reason(tmp_path, content):
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"damaged\.npz cannot be read"):
        read_weights(path)


def test_pickled_npz_is_not_executed(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, **{"block1_conv1.kernel": np.array([{}], object), "block1_conv1.bias": 0})
    with pytest.raises(WeightsError, match="cannot be read"):
        read_weights(path)


def test_layers_beyond_a_missing_one_are_left_out(vgg19_arrays, tmp_path):
    path = tmp_path / "gap.h5"
    write_published_layout(
        path, {n: vgg19_arrays[n] for n in ("block1_conv1", "block1_conv2", "block2_conv2")}
    )
    assert set(read_weights(path).kernels) == {"block1_conv1", "block1_conv2"}


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
    assert weights_module.IMAGENET_URL in text
    assert str(imagenet_path()) in text
    assert "built-in features" in text


def test_download_is_kept_and_used_without_the_server(serve, small_h5, keras_home):
    server = serve(small_h5.read_bytes())
    found, _ = find("imagenet")
    assert imagenet_path().is_relative_to(keras_home)
    assert imagenet_path().read_bytes() == small_h5.read_bytes()
    assert found.title == "VGG19 (ImageNet)"
    expected = read_weights(small_h5).kernels
    np.testing.assert_array_equal(found.kernels["block1_conv2"], expected["block1_conv2"])
    server.close()
    again, notices = find()
    assert again.title == "VGG19 (ImageNet)"
    assert notices == []
    assert server.requests == 1


def test_damaged_cache_is_downloaded_anew(serve, small_h5):
    serve(small_h5.read_bytes())
    imagenet_path().parent.mkdir(parents=True)
    imagenet_path().write_bytes(b"half a file")
    find("imagenet")
    assert imagenet_path().read_bytes() == small_h5.read_bytes()


def test_wrong_bytes_are_refused_and_not_kept(serve, small_h5):
    serve(b"<html>a captive portal</html>", expected=small_h5.read_bytes())
    with pytest.raises(WeightsError, match="not the file that was expected"):
        find("imagenet")
    assert not list(imagenet_path().parent.glob("*"))


def test_cancel_ends_a_stalled_download(serve):
    # More than one chunk of the downloader, so that the bar has moved and the stall is midway.
    serve(b"\x00" * 100_000, promised=80_000_000)
    control = Control()
    search = find_weights("imagenet", control)
    for notice in search:
        if notice.fraction:
            break
    assert 0 < notice.fraction < 1
    control.cancel()
    with pytest.raises(Cancelled):
        next(search)
    assert not imagenet_path().exists()


def test_place_of_the_weights_follows_keras(monkeypatch, keras_home):
    assert imagenet_path().parent == keras_home / "models"
    monkeypatch.delenv("KERAS_HOME")
    assert imagenet_path().parent == Path.home() / ".keras" / "models"
