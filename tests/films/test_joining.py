"""Pieces of a painted film become one film, with the times and the sound of the original."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from napari_neural_style.errors import FilmError
from napari_neural_style.films.film import Film
from napari_neural_style.films.joining import join
from napari_neural_style.films.pieces import Pieces
from tiny_films import colours, heard, shown, stamps, write_film

TIMES = [0, 40, 60, 200, 210, 333, 400, 520]


def made(folder: Path, frames: np.ndarray, length: int = 3) -> Pieces:
    folder.mkdir(exist_ok=True)
    pieces = Pieces(folder, Fraction(8), length=length)
    for frame in frames[pieces.done :]:
        pieces.add(frame)
    pieces.close()
    return pieces


def test_colours_and_times_stay(tmp_path: Path) -> None:
    source = write_film(
        tmp_path / "film.mp4", colours(8), times=TIMES, unit=Fraction(1, 1000), sound="aac"
    )
    pieces = made(tmp_path / "pieces", colours(8))
    assert len(pieces.paths()) == 3
    output = tmp_path / "out.mp4"
    assert join(Film.of(source), pieces.paths(), output) == 8
    assert stamps(output) == stamps(source)
    distance = np.abs(shown(output).astype(int) - colours(8))
    assert np.median(distance) <= 4
    samples, loudness = heard(output)
    assert (samples, loudness) == heard(source)
    assert Film.of(output).shape == (32, 32)


@pytest.mark.parametrize("suffix", [".mov", ".mkv", ".m4v"])
def test_other_files(tmp_path: Path, suffix: str) -> None:
    source = write_film(tmp_path / "film.mkv", colours(5), sound="aac")
    output = tmp_path / f"out{suffix}"
    join(Film.of(source), made(tmp_path / "pieces", colours(5)).paths(), output)
    np.testing.assert_allclose(
        np.array(stamps(output), float), np.array(stamps(source), float), atol=0.001
    )
    assert heard(output)[1] > 0.1


def test_sound_that_the_file_cannot_hold_is_encoded_again(tmp_path: Path) -> None:
    source = write_film(
        tmp_path / "film.avi", colours(8), sound="pcm_u8", codec="mpeg4", pixels="yuv420p"
    )
    output = tmp_path / "out.mp4"
    join(Film.of(source), made(tmp_path / "pieces", colours(8)).paths(), output)
    before, after = heard(source), heard(output)
    assert after[0] == pytest.approx(before[0], rel=0.15)
    assert after[1] == pytest.approx(before[1], rel=0.05)


def test_what_was_whole_stays_after_an_interruption(tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    folder.mkdir()
    pieces = Pieces(folder, Fraction(8), length=3)
    for frame in colours(8)[:5]:
        pieces.add(frame)
    del pieces  # killed: of the second piece there is a part
    (folder / "00000003.part.mp4").write_bytes(b"a part")
    assert Pieces(folder, Fraction(8)).done == 3
    again = made(folder, colours(8))
    assert again.done == 8
    assert [path.name for path in again.paths()] == [f"0000000{n}.mp4" for n in (0, 3, 6)]


def test_a_part_of_a_film_ends_with_its_sound(tmp_path: Path) -> None:
    source = write_film(tmp_path / "film.mp4", colours(8), sound="aac")
    output = tmp_path / "out.mp4"
    assert join(Film.of(source), made(tmp_path / "pieces", colours(8)[:4]).paths(), output) == 4
    assert stamps(output) == stamps(source)[:4]
    assert heard(output)[0] == pytest.approx(0.5 * heard(source)[0], rel=0.2)


def test_a_damaged_piece_and_what_follows_are_painted_again(tmp_path: Path) -> None:
    pieces = made(tmp_path / "pieces", colours(8))
    pieces.paths()[1].write_bytes(b"no film")
    assert Pieces(tmp_path / "pieces", Fraction(8)).done == 3


def test_odd_sizes_get_their_last_column_twice(tmp_path: Path) -> None:
    frames = colours(3, 31, 33)
    source = write_film(tmp_path / "film.mp4", frames)
    output = tmp_path / "out.mp4"
    join(Film.of(source), made(tmp_path / "pieces", frames).paths(), output)
    painted = shown(output)
    assert painted.shape == (3, 32, 34, 3)
    assert np.median(np.abs(painted[:, :31, :33].astype(int) - frames)) <= 4


_FULL = """
import resource, sys
import numpy as np
from fractions import Fraction
from pathlib import Path
from napari_neural_style.errors import FilmError
from napari_neural_style.films.film import Film
from napari_neural_style.films.joining import join
from napari_neural_style.films.pieces import Pieces
folder, source, output = map(Path, sys.argv[1:])
pieces = Pieces(folder, Fraction(8), length=2)
noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), np.uint8)
for frame in noise[:2]:
    pieces.add(frame)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
attempts = (
    lambda: [pieces.add(frame) for frame in noise[2:]],
    lambda: join(Film.of(source), pieces.paths(), output),
)
for what in attempts:
    try:
        what()
    except FilmError as error:
        print(error)
print(pieces.done, len(pieces.paths()), len(list(folder.iterdir())))
"""


def test_a_limit_for_files_is_told_and_costs_nothing_that_was_done(tmp_path: Path) -> None:
    folder, output = tmp_path / "pieces", tmp_path / "out.mp4"
    folder.mkdir()
    output.write_bytes(b"an earlier film")
    source = write_film(tmp_path / "film.mp4", colours(8))
    outcome = subprocess.run(
        [sys.executable, "-c", _FULL, str(folder), str(source), str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    told = outcome.stdout.splitlines()
    assert len(told) == 3, outcome.stderr
    assert "Frame 3 cannot be saved" in told[0]
    assert "cannot be saved as" in told[1]
    for sentence in told[:2]:
        assert "no file may have more than 2000 bytes here" in sentence
        assert "lift that limit, and start it again" in sentence
    assert told[2] == "2 1 1"
    assert output.read_bytes() == b"an earlier film"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    source = write_film(tmp_path / "film.mp4", colours(3))
    pieces = made(tmp_path / "pieces", colours(3))
    (tmp_path / "file").touch()
    with pytest.raises(FilmError, match="cannot be saved as"):
        join(Film.of(source), pieces.paths(), tmp_path / "file" / "out.mp4")
