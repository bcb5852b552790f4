"""Films are read as they are: times, size, rotation; what is damaged is told, or bridged."""

from __future__ import annotations

import pickle
import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from napari_neural_style.errors import FilmError
from napari_neural_style.films import pyav
from napari_neural_style.films.film import Film
from napari_neural_style.films.frames import FilmFrames, film_stack
from tiny_films import RATE, colours, shown, write_film

#: What H.264 makes of a colour is not far from it.
CLOSE = 6


def apart(one: np.ndarray, other: np.ndarray) -> int:
    """Return the typical distance of colours: edges are blurred."""
    return int(np.median(np.abs(one.astype(int) - other)))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4", colours(8))


def test_what_is_known_of_a_film(film: Path) -> None:
    found = Film.of(film)
    assert (len(found), found.shape, found.turn, found.rate) == (8, (32, 32), 0, RATE)
    seconds = found.times * found.unit
    np.testing.assert_allclose(np.diff(seconds.astype(float)), 1 / RATE)


def test_frames_from_anywhere_are_those_that_are_read_in_order(film: Path) -> None:
    frames = FilmFrames(Film.of(film))
    truth = shown(film)
    for number in (5, 0, 7, 1, 2, 2, 6):
        np.testing.assert_array_equal(frames.read(number), truth[number])
        assert apart(frames.read(number), colours(8)[number]) <= CLOSE
    np.testing.assert_array_equal(frames[1:7:2], truth[1:7:2])
    np.testing.assert_array_equal(frames[-1, :4, 3], truth[-1, :4, 3])
    np.testing.assert_array_equal(frames[..., 0], truth[..., 0])
    assert not frames.damaged


def test_a_start_far_away_is_sought(tmp_path: Path) -> None:
    many = colours(8).repeat(12, axis=0)
    path = write_film(tmp_path / "long.mp4", many, g="10")
    frames, truth = FilmFrames(Film.of(path)), shown(path)
    for number in (90, 3, 60, 59, 95, 0):
        np.testing.assert_array_equal(frames.read(number), truth[number])


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".avi"])
def test_other_files(tmp_path: Path, suffix: str) -> None:
    codec, pixels = ("mpeg4", "yuv420p") if suffix == ".avi" else ("libx264", "yuv444p")
    path = write_film(tmp_path / f"film{suffix}", colours(5), codec=codec, pixels=pixels)
    stack = film_stack(path).compute()
    assert stack.shape == (5, 32, 32, 3)
    assert apart(stack, colours(5)) <= CLOSE


@pytest.mark.skipif(int(av.__version__.split(".")[0]) < 18, reason="it writes no such film")
@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_film_that_is_stored_turned_is_upright(tmp_path: Path, turned: int) -> None:
    path = write_film(tmp_path / "film.mp4", colours(2, 32, 48), turned=turned)
    film = Film.of(path)
    upright = np.rot90(colours(2, 32, 48), turned // 90, axes=(1, 2))
    assert film.shape == upright.shape[1:3]
    assert apart(film_stack(path).compute(), upright) <= CLOSE


def test_frames_of_differing_length_keep_their_times(tmp_path: Path) -> None:
    times = [0, 40, 60, 200, 210, 333]
    path = write_film(tmp_path / "film.mp4", colours(6), times=times, unit=Fraction(1, 1000))
    film = Film.of(path)
    assert [round(1000 * t * film.unit) for t in film.times] == times
    assert film.durations().min() > 0


def test_a_stack_reads_no_more_than_is_asked_for(film: Path, monkeypatch) -> None:
    stack = film_stack(film)
    read: list[int] = []
    one = FilmFrames.read
    monkeypatch.setattr(FilmFrames, "read", lambda s, n: read.append(n) or one(s, n))
    assert stack.shape == (8, 32, 32, 3)
    assert stack.chunks[0] == (1,) * 8
    stack[3].compute()
    assert read == [3]


def test_frames_travel_to_other_processes(film: Path) -> None:
    frames = FilmFrames(Film.of(film))
    there = pickle.loads(pickle.dumps(frames))
    np.testing.assert_array_equal(there.read(4), frames.read(4))


def test_a_damaged_frame_is_bridged_and_remembered(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", colours(8), codec="mjpeg", pixels="yuvj444p")
    truth, content = shown(path), bytearray(path.read_bytes())
    start = [m.start() for m in re.finditer(b"\xff\xd8\xff", content)][3]
    content[start : start + 580] = bytes(580)
    path.write_bytes(content)
    frames = FilmFrames(Film.of(path))
    np.testing.assert_array_equal(frames[:], truth[[0, 1, 2, 2, 4, 5, 6, 7]])
    assert frames.damaged == {3}


def test_a_film_that_breaks_off_has_the_frames_before(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", colours(8), codec="mjpeg", pixels="yuvj444p")
    truth, content = shown(path), path.read_bytes()
    path.write_bytes(content[: content.rindex(b"\xff\xd8\xff") - 20])
    frames = FilmFrames(Film.of(path))
    assert 4 <= len(frames) <= 7
    np.testing.assert_array_equal(frames[:], truth[: len(frames)])


def test_what_is_no_film_is_told_in_a_sentence(tmp_path: Path, film: Path) -> None:
    cases = {
        "no.mp4": (None, "check that it is one"),
        "empty.mp4": (b"", "check that it is one"),
        "text.mp4": (b"This is no film." * 99, "check that it is one"),
        "cut.mp4": (film.read_bytes()[:900], "check that it is one"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(FilmError, match=words) as told:
            Film.of(path)
        assert str(told.value).count("\n") == 0
        assert name in str(told.value)


def test_a_file_with_sound_alone_has_nothing_to_paint(tmp_path: Path) -> None:
    import av

    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(FilmError, match="no pictures"):
        Film.of(path)


def test_without_pyav_it_is_said_how_to_get_it(film: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(FilmError, match=r'pip install "napari-neural-style\[video\]"'):
        pyav.library()


def test_a_film_that_goes_away_is_told(film: Path) -> None:
    frames = FilmFrames(Film.of(film))
    film.unlink()
    with pytest.raises(FilmError, match=r"Frame 3 of film\.mp4 cannot be read"):
        frames.read(2)
