"""The download of the ImageNet weights, from servers on this machine that misbehave."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest
from weights_server import Answer, WeightsServer

from napari_neural_style.control import Control
from napari_neural_style.engine import imagenet
from napari_neural_style.engine.download import Patience
from napari_neural_style.engine.imagenet import imagenet_path, provide_imagenet
from napari_neural_style.errors import Cancelled, WeightsError
from napari_neural_style.progress import Notice

#: A few chunks of the downloader, which loses what is less than one when a connection breaks.
FILE = bytes(range(256)) * 2048
HALF = len(FILE) // 2


@pytest.fixture(autouse=True)
def fresh_state(monkeypatch: pytest.MonkeyPatch, keras_home: Path) -> None:
    """Each test meets an empty cache, no memory of earlier ones, and a patience of milliseconds."""
    monkeypatch.setattr(imagenet, "_last_failure", None)
    monkeypatch.setattr(imagenet, "_verified", set())
    monkeypatch.setattr(imagenet, "IMAGENET_MD5", hashlib.md5(FILE).hexdigest())
    monkeypatch.setattr(imagenet, "_BYTES", len(FILE))
    patience = Patience(connect=5, read=0.4, first_byte=20, pause=0.01)
    monkeypatch.setattr(imagenet, "_PATIENT", patience)
    monkeypatch.setattr(imagenet, "_IMPATIENT", patience)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WeightsServer]]:
    servers: list[WeightsServer] = []

    def start(*answers: Answer) -> WeightsServer:
        servers.append(WeightsServer(*answers))
        monkeypatch.setattr(imagenet, "IMAGENET_URL", servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def provide(control: Control | None = None, *, patient: bool = True) -> list[Notice]:
    return list(provide_imagenet(control or Control(), patient=patient))


def left_behind() -> set[str]:
    """What lies in the cache beside the lock."""
    return {
        p.name.replace(imagenet_path().name, "h5") for p in imagenet_path().parent.glob("*")
    } - {"h5.lock"}


def test_file_is_downloaded_once_and_stays(serve):
    server = serve(Answer(FILE))
    notices = provide()
    assert notices[0].text.startswith("Looking for the ImageNet weights of VGG19 (80 MB")
    assert imagenet_path().read_bytes() == FILE
    assert provide() == []
    assert server.ranges == [None]
    assert left_behind() == {"h5"}


@pytest.mark.parametrize("stall", [False, True], ids=["cut off", "stalled"])
def test_broken_connection_is_taken_up_where_it_ended(serve, stall):
    server = serve(Answer(FILE, cut=HALF, stall=stall), Answer(FILE))
    notices = provide()
    assert imagenet_path().read_bytes() == FILE
    assert server.ranges == [None, f"bytes={HALF}-"]
    fractions = [notice.fraction for notice in notices if notice.fraction is not None]
    assert all(0 < fraction <= 1 for fraction in fractions)
    assert fractions == sorted(fractions)


def test_next_try_goes_on_where_the_last_one_ended(serve):
    server = serve(Answer(FILE, cut=HALF), *[Answer(FILE, status=503)] * 2, Answer(FILE))
    with pytest.raises(WeightsError, match="their server answers 503"):
        provide()
    assert left_behind() == {"h5.part"}
    with pytest.raises(WeightsError, match="503"):
        provide()
    provide()
    assert imagenet_path().read_bytes() == FILE
    assert server.ranges[-1] == f"bytes={HALF}-"
    assert left_behind() == {"h5"}


def test_server_that_ignores_ranges_sends_all_of_it_again(serve):
    serve(Answer(FILE, cut=HALF), Answer(FILE, ranges=False))
    provide()
    assert imagenet_path().read_bytes() == FILE


def test_connection_that_never_gets_further_is_given_up(serve):
    server = serve(Answer(FILE, cut=HALF), Answer(FILE, cut=0))
    with pytest.raises(WeightsError, match="broke off; what has arrived is kept, and the next try"):
        provide()
    assert len(server.ranges) == 4
    assert left_behind() == {"h5.part"}


def test_leftover_of_another_file_is_thrown_away(serve):
    path = imagenet_path()
    path.parent.mkdir(parents=True)
    Path(f"{path}.part").write_bytes(b"x" * HALF)
    server = serve(Answer(FILE))
    provide()
    assert path.read_bytes() == FILE
    assert server.ranges == [f"bytes={HALF}-", None]


@pytest.mark.parametrize("extra", [0, 5000])
def test_leftover_of_full_length_or_more_is_judged_by_its_checksum(serve, extra):
    path = imagenet_path()
    path.parent.mkdir(parents=True)
    Path(f"{path}.part").write_bytes(FILE + b"x" * extra)
    serve(Answer(FILE))
    provide()
    assert path.read_bytes() == FILE


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(status=404), "their server answers 404 Not Found"),
        (Answer(status=500), "their server answers 500"),
        (Answer(b"<html>a captive portal</html>"), "not the file that was expected"),
        (Answer(FILE[::-1]), "not the file that was expected"),
        (Answer(FILE, promised=HALF), "not the file that was expected"),
        (Answer(FILE[:HALF], promised=-1), "not the file that was expected"),
    ],
    ids=["404", "500", "portal", "wrong bytes", "too short a promise", "no promise, cut off"],
)
def test_anything_else_is_refused_and_not_kept(serve, answer, sentence):
    serve(answer)
    with pytest.raises(WeightsError, match=sentence):
        provide()
    assert not imagenet_path().exists()
    assert left_behind() == set()


def test_of_a_file_without_end_no_more_is_taken_than_there_should_be(serve):
    # It would go on, and so it is waited for as one whose connection has broken, or not at all.
    server = serve(Answer(FILE * 3, stall=True, promised=-1))
    with pytest.raises(WeightsError, match="not the file that was expected"):
        provide()
    assert server.ranges == [None]
    assert left_behind() == set()


def test_length_that_is_promised_too_long_does_no_harm(serve):
    serve(Answer(FILE, promised=len(FILE) + 1000))
    provide()
    assert imagenet_path().read_bytes() == FILE


def test_server_that_never_answers_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(imagenet, "_PATIENT", Patience(read=30, first_byte=0.5))
    serve(Answer(FILE, cut=0, stall=True))
    with pytest.raises(WeightsError, match="their server does not answer"):
        provide()


def test_dead_server_is_not_asked_again_at_once_unless_wanted(serve):
    server = serve(Answer(status=404))
    for _ in range(2):
        with pytest.raises(WeightsError, match="404"):
            provide(patient=False)
    assert len(server.ranges) == 1
    with pytest.raises(WeightsError, match="404"):
        provide(patient=True)
    assert len(server.ranges) == 2


def test_offline_switch_touches_no_network(serve, monkeypatch):
    server = serve(Answer(FILE))
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_OFFLINE", "1")
    with pytest.raises(WeightsError, match="the preferences say to stay offline"):
        provide()
    assert server.ranges == []
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_OFFLINE", "")
    provide()
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_OFFLINE", "1")
    assert provide() == []


def test_damaged_file_is_named_and_left_alone_while_offline(serve, monkeypatch):
    server = serve(Answer(FILE))
    path = imagenet_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(FILE[:HALF])
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"the file .* is damaged and the preferences say"):
        provide()
    assert path.read_bytes() == FILE[:HALF]
    assert server.ranges == []


def test_cancel_ends_a_stalled_download_at_once_and_nothing_is_written_later(serve, monkeypatch):
    monkeypatch.setattr(imagenet, "_PATIENT", Patience(read=30, first_byte=30))
    server = serve(Answer(FILE, cut=HALF, stall=True))
    control = Control()
    search = provide_imagenet(control, patient=True)
    part = Path(f"{imagenet_path()}.part")
    for notice in search:
        if notice.fraction and part.stat().st_size == HALF:
            break
    assert notice.fraction == pytest.approx(0.5, abs=0.2)
    control.cancel()
    with pytest.raises(Cancelled):
        next(search)
    server.released.set()
    assert left_behind() == {"h5.part"}
    assert part.stat().st_size == HALF
    # The lock is free again: the next one goes on from there.
    server.answers = [Answer(FILE)]
    provide()
    assert server.ranges[-1] == f"bytes={HALF}-"


def test_file_with_another_checksum_is_moved_aside_and_named(serve):
    serve(Answer(FILE))
    path = imagenet_path()
    for number, damaged in enumerate((b"somebody's", FILE[:HALF]), start=1):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damaged)
        important = [notice.text for notice in provide() if notice.important]
        aside = Path(f"{path}.damaged{number}")
        assert aside.read_bytes() == damaged
        assert len(important) == 1
        assert str(path) in important[0]
        assert f"it is now {aside.name}" in important[0]
        assert path.read_bytes() == FILE


def test_whole_file_is_not_read_again_until_it_changes(serve, monkeypatch):
    serve(Answer(FILE))
    provide()
    hashed = []
    real = imagenet.file_md5

    def counted(path):
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(imagenet, "file_md5", counted)
    provide()
    assert hashed == []
    imagenet_path().write_bytes(FILE[::-1])
    provide()
    assert hashed
    assert imagenet_path().read_bytes() == FILE


def test_folder_that_cannot_be_written_is_said(serve, monkeypatch, tmp_path):
    serve(Answer(FILE))
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match="they cannot be stored"):
        provide()


def test_preferred_folder_is_used(serve, monkeypatch, tmp_path):
    serve(Answer(FILE))
    monkeypatch.setenv("NAPARI_NEURAL_STYLE_CACHE", str(tmp_path / "mine"))
    provide()
    assert imagenet_path().parent == tmp_path / "mine"
    assert imagenet_path().read_bytes() == FILE


def test_proxy_of_the_environment_is_used(serve, monkeypatch):
    # To a proxy, the whole address is sent; this one answers by itself, and the name is nowhere.
    proxy = serve(Answer(FILE))
    monkeypatch.setattr(imagenet, "IMAGENET_URL", "http://weights.invalid/vgg19.h5")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy.url.removesuffix("/vgg19.h5"))
    provide()
    assert proxy.addressed == ["http://weights.invalid/vgg19.h5"]
    assert imagenet_path().read_bytes() == FILE


def test_dead_proxy_is_named(serve, monkeypatch):
    monkeypatch.setattr(imagenet, "IMAGENET_URL", "http://weights.invalid/vgg19.h5")
    with pytest.raises(WeightsError, match="the proxy of this network cannot be reached"):
        provide()


def test_second_process_waits_and_downloads_nothing(serve):
    server = serve(Answer(FILE, cut=HALF, stall=True), Answer(FILE))
    first = provide_imagenet(Control(), patient=True)
    next(first)
    next(first)  # It has the lock, and waits for the rest.
    waited: list[Notice] = []
    waiter = threading.Thread(target=lambda: waited.extend(provide()))
    waiter.start()
    list(first)
    waiter.join(30)
    assert imagenet_path().read_bytes() == FILE
    assert server.ranges == [None, f"bytes={HALF}-"]
    assert {notice.text for notice in waited[1:]} <= {
        "Waiting while another process downloads the ImageNet weights of VGG19."
    }


def test_one_that_waits_says_so_and_can_be_cancelled(serve):
    serve(Answer(FILE))
    imagenet_path().parent.mkdir(parents=True)
    script = (
        "import filelock, sys, time\n"
        "lock = filelock.FileLock(sys.argv[1])\n"
        "lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    lock = f"{imagenet_path()}.lock"
    with subprocess.Popen([sys.executable, "-c", script, lock], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        control = Control()
        search = provide_imagenet(control, patient=True)
        next(search)
        assert "another process downloads" in next(search).text
        control.cancel()
        with pytest.raises(Cancelled):
            next(search)
        other.kill()
    provide()  # The lock of a process that died is free.
    assert imagenet_path().read_bytes() == FILE


def test_lock_is_free_after_failure(serve):
    serve(Answer(status=404))
    with pytest.raises(WeightsError):
        provide()
    with filelock.FileLock(f"{imagenet_path()}.lock").acquire(timeout=0):
        pass


def test_name_server_that_hangs_does_not_hold_a_cancel(serve, monkeypatch):
    monkeypatch.setattr(imagenet, "_PATIENT", Patience(read=30, first_byte=30))
    serve(Answer(FILE, cut=0, stall=True))
    control = Control()
    search = provide_imagenet(control, patient=True)
    next(search)
    threading.Timer(0.2, control.cancel).start()
    with pytest.raises(Cancelled):
        list(search)


def test_place_of_the_weights_follows_keras(monkeypatch, keras_home):
    assert imagenet_path().parent == keras_home / "models"
    monkeypatch.delenv("KERAS_HOME")
    assert imagenet_path().parent == Path.home() / ".keras" / "models"
