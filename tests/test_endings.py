"""Signals that ask a program to end, and a console that may be gone."""

from __future__ import annotations

import io
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from napari_neural_style.console import patient_console
from napari_neural_style.endings import endings_noted
from without_tensorflow import begin_painting, painting_program

posix = pytest.mark.skipif(os.name != "posix", reason="signals")
NAMES = ["SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU", "SIGUSR1", "SIGUSR2"]


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Signals as a shell has them, even where the tests were started by ``nohup``."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES if name != "SIGINT"}
    for name, handler in before.items():
        if handler == signal.SIG_IGN:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


@posix
@pytest.mark.parametrize("name", NAMES)
def test_a_signal_is_noted_and_what_shells_expect_is_the_exit_code(name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with endings_noted() as ending:
        assert ending.exit_code == 0
        signal.raise_signal(number)
        signal.raise_signal(signal.SIGINT)  # A second one changes nothing.
        assert ending.signal == number
    assert ending.exit_code == 128 + number
    assert signal.getsignal(number) == before


@posix
def test_what_is_ignored_and_what_has_a_use_of_its_own_stays_so() -> None:
    heard: list[int] = []
    before = [signal.signal(signal.SIGHUP, signal.SIG_IGN)]
    before.append(signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number)))
    try:
        with endings_noted() as ending:
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGUSR1)
        assert ending.signal is None
        assert heard == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGUSR1, before[1])


def test_other_threads_hear_no_signals() -> None:
    codes: list[int] = []

    def work() -> None:
        with endings_noted() as ending:
            codes.append(ending.exit_code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert codes == [0]


class _Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise OSError(5, "Input/output error")


def _closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("make", [lambda: None, _Broken, _closed])
def test_words_for_nobody_are_left_out(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    from tqdm import tqdm

    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, make())
    with patient_console():
        print("out")
        print("err", file=sys.stderr, flush=True)
        for _ in tqdm(range(3), mininterval=0):
            tqdm.write("line")
        assert not sys.stderr.isatty()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8", "shift_jis"])
def test_every_console_shows_what_it_can(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    from tqdm import tqdm

    raw = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding=encoding))
    with patient_console():
        print("a картина.png — ½ \udcff")
        for _ in tqdm(range(3), mininterval=0, desc="§"):
            pass
    text = raw.getvalue().decode(encoding)
    assert text.startswith("a ")
    assert "100%" in text
    assert ("картина" in text) == (encoding in ("utf-8", "shift_jis"))


def test_what_is_kept_as_text_is_kept_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    with patient_console():
        print("картина")
    assert kept.getvalue() == "картина\n"
    assert sys.stdout is kept


# The whole program, with an engine that knows nothing of TensorFlow.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("photo.png", "painting.png"):
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)).save(tmp_path / name)
    return tmp_path


def _begin(folder: Path, steps: int = 100_000, shell: str = "", **options: Any) -> Any:
    """Start painting; in a shell, a place in its line stands for the program: ``{program}``."""
    words = f"photo.png painting.png -o out.png --features builtin --size 24 --steps {steps}"
    if not shell:
        return begin_painting(*words.split(), cwd=folder, **options)
    line = shlex.join(painting_program(*words.split()))
    command = ["bash", "-c", shell.replace("{program}", line)]
    return subprocess.Popen(command, cwd=folder, **options)


def _wait_for(log: Path, word: str = "step ") -> None:
    end = time.monotonic() + 120
    while word not in log.read_text():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def _is_saved(folder: Path) -> bool:
    from napari_neural_style.pictures.files import read_image
    from napari_neural_style.records.records import read_record

    record = read_record(folder / "out.png")
    return record is not None and read_image(folder / "out.png").shape == (20, 30, 3)


@posix
@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["SIGTERM"], 143),
        (["SIGHUP"], 129),
        (["SIGINT", "SIGINT"], 130),
        (["SIGINT", "SIGTERM", "SIGTERM"], 130),
    ],
)
def test_the_last_picture_is_saved_where_told(folder: Path, names: list[str], code: int) -> None:
    log = folder / "log"
    with log.open("w") as file:
        painting = _begin(folder, stderr=file, stdout=file, start_new_session=True)
    _wait_for(log)
    for name in names:
        # To every process there, as a terminal and a batch system do.
        os.killpg(painting.pid, getattr(signal, name))
        time.sleep(0.01)
    assert painting.wait(60) == code, log.read_text()
    assert _is_saved(folder)
    assert "Traceback" not in log.read_text()


@posix
def test_a_picture_that_was_begun_is_saved_if_the_engine_dies(folder: Path) -> None:
    import psutil

    log = folder / "log"
    with log.open("w") as file:
        painting = _begin(folder, stderr=file, stdout=file)
    _wait_for(log)
    for engine in psutil.Process(painting.pid).children():
        engine.kill()
    assert painting.wait(60) == 1
    assert _is_saved(folder)
    *_, last = log.read_text().splitlines()
    for words in ("The engine process ended", "as far as it has come", "out.png"):
        assert words in last


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_before_the_first_picture_is_obeyed(folder: Path, name: str, code: int) -> None:
    log = folder / "log"
    with log.open("w") as file:
        painting = _begin(folder, steps=3, stderr=file, stdout=file)
    _wait_for(log, "starting")
    painting.send_signal(getattr(signal, name))
    assert painting.wait(60) == code
    assert "Traceback" not in log.read_text()


@posix
@pytest.mark.parametrize(
    "shell",
    [
        "{program} 2>&1 | head -c 10; exit ${PIPESTATUS[0]}",
        "{program} 2>/dev/null | true; exit ${PIPESTATUS[0]}",
        "{program} 2> >(head -c 1)",
        "{program} <&- >&- 2>&-",
        "{program} > /dev/full 2> /dev/full",
        "PYTHONIOENCODING=ascii PYTHONWARNINGS=error nohup {program}",
    ],
)
def test_a_console_that_is_gone_ends_nothing(folder: Path, shell: str) -> None:
    painting = _begin(folder, steps=60, shell=shell, stderr=subprocess.PIPE, stdout=-1)
    out, err = painting.communicate(timeout=120)
    assert painting.returncode == 0, err
    assert _is_saved(folder)
    assert b"Traceback" not in out + err
    assert b"BrokenPipe" not in out + err


@posix
def test_a_terminal_that_closes_is_survived_long_enough_to_save(folder: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    painting = _begin(
        folder,
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(other)
    seen = b""
    while b"step " not in seen:
        seen += os.read(main, 1000)
    os.close(main)
    assert painting.wait(60) == 128 + signal.SIGHUP
    assert _is_saved(folder)
