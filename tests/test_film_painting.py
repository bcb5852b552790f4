"""`stylize_film`: whole films, interrupted ones, and those that cannot be painted."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from napari_neural_style import stylize_film
from napari_neural_style.__main__ import main
from napari_neural_style.control import Control
from napari_neural_style.errors import EngineFailed, FilmError, LookError, SettingsError
from napari_neural_style.film_stages import FilmProgress
from napari_neural_style.learn_job import LearnJob, Learnt
from napari_neural_style.progress import Notice
from pretended import PretendedEngine, pretended_progress
from quick import QUICK
from tiny_films import colours, heard, shown, stamps, write_film
from tiny_looks import tiny_look, tiny_network

TIMES = [0, 40, 60, 200, 210, 333, 400, 520]


class Engine(PretendedEngine):
    """Paints negatives; learns at once."""

    def learn_steps(self, job: LearnJob, control: Control) -> Any:
        self.jobs.append(job)
        for step in range(1, job.steps + 1):
            control.checkpoint()
            news = pretended_progress(step, job.steps, image=job.pairs[0].result)
            yield Learnt(**vars(news), network=tiny_network(step))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Eight frames at uneven times, with a tone."""
    return write_film(
        tmp_path / "film.mp4", colours(8), times=TIMES, unit=Fraction(1, 1000), sound="aac"
    )


def looks_like(path: Path, frames: np.ndarray) -> bool:
    there = shown(path)
    return there.shape == frames.shape and np.median(np.abs(there.astype(int) - frames)) <= 5


def test_a_look_paints_every_frame_and_all_else_stays(film: Path, tmp_path: Path) -> None:
    told: list[Any] = []
    output = tmp_path / "painted.mp4"
    done = stylize_film(film, tiny_look(), output, callback=told.append, engine=Engine())
    assert (done.frames, done.total, done.complete, done.path) == (8, 8, True, output)
    assert looks_like(output, 255 - shown(film))
    assert stamps(output) == stamps(film)
    assert heard(output) == heard(film)
    assert [news.done for news in told] == list(range(1, 9))
    assert told[-1].remaining == 0
    assert told[-1].image.shape == (32, 32, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"film.mp4", "painted.mp4"}


def test_from_a_painting_it_learns_a_look_from_frames_that_differ(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", colours(8, 80, 80))
    told: list[FilmProgress] = []
    engine, painting = Engine(), np.zeros((40, 40, 3), np.uint8)
    painting[::2] = 255
    options = {"key_frames": 2, "learning_steps": 3, "engine": engine, **QUICK, "size": 70}
    output = tmp_path / "painted.mkv"
    done = stylize_film(film, painting, output, callback=told.append, **options)
    stages = [news.stage for news in told]
    assert list(dict.fromkeys(stages)) == ["key frames", "learning", "painting"]
    assert len(done.key_frames) == 2
    assert abs(done.key_frames[0] - done.key_frames[1]) >= 3
    learning = [job for job in engine.jobs if isinstance(job, LearnJob)]
    (job,) = learning
    assert [pair.content.shape for pair in job.pairs] == [(70, 70, 3)] * 2
    for pair in job.pairs:
        np.testing.assert_allclose(pair.result, 1 - pair.content, atol=0.01)
    assert done.look.name == "film"
    assert looks_like(output, 255 - shown(film))


class Stop(BaseException):
    """Ends a program in the middle."""


def interrupted(after: int) -> Any:
    def tell(news: Any) -> None:
        if isinstance(news, FilmProgress) and news.stage == "painting" and news.done == after:
            raise Stop

    return tell


def test_an_interruption_leaves_a_film_and_the_next_call_goes_on(
    film: Path, tmp_path: Path
) -> None:
    output, engine = tmp_path / "painted.mp4", Engine()
    with pytest.raises(Stop):
        stylize_film(film, tiny_look(), output, callback=interrupted(5), engine=engine)
    assert looks_like(output, (255 - shown(film))[:5])
    assert stamps(output) == stamps(film)[:5]
    assert len(engine.jobs) == 5
    done = stylize_film(film, tiny_look(), output, engine=engine)
    assert done.complete
    assert len(engine.jobs) == 8
    assert looks_like(output, 255 - shown(film))
    assert stamps(output) == stamps(film)
    assert not (tmp_path / "painted.mp4.parts").exists()


def test_key_frames_and_the_look_are_not_made_twice(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", colours(4, 80, 80))
    engine, painting = Engine(), np.full((40, 40, 3), 9, np.uint8)
    options = {"key_frames": 2, "learning_steps": 3, "engine": engine, **QUICK, "size": 70}
    with pytest.raises(Stop):
        stylize_film(film, painting, tmp_path / "o.mp4", callback=interrupted(2), **options)
    before = len(engine.jobs)
    assert stylize_film(film, painting, tmp_path / "o.mp4", **options).complete
    assert len(engine.jobs) - before == 2


def test_other_inputs_begin_anew(film: Path, tmp_path: Path) -> None:
    output, engine = tmp_path / "painted.mp4", Engine()
    with pytest.raises(Stop):
        stylize_film(film, tiny_look(), output, callback=interrupted(5), engine=engine)
    stylize_film(film, tiny_look(1), output, engine=engine)
    assert len(engine.jobs) == 5 + 8


def test_a_failure_of_the_engine_costs_no_frame(film: Path, tmp_path: Path) -> None:
    def fail(number: int, _: Control) -> None:
        if number == 3:
            raise EngineFailed("It broke.")

    told: list[Any] = []
    with pytest.raises(EngineFailed, match="It broke"):
        stylize_film(
            film, tiny_look(), tmp_path / "o.mp4", callback=told.append, engine=Engine(fail)
        )
    assert len(shown(tmp_path / "o.mp4")) == 3
    (notice,) = [news for news in told if isinstance(news, Notice)]
    assert "3 of 8 frames are painted and saved in" in notice.text


class Grainy(Engine):
    """Paints negatives, with grain that is another one in every frame."""

    def stylize_steps(self, job: Any, control: Any = None) -> Any:
        grain = np.random.default_rng(len(self.jobs)).normal(0, 0.1, job.content.shape)
        for update in super().stylize_steps(job, control):
            if update is not None:
                update = replace(update, image=np.clip(update.image + grain, 0, 1))
            yield update


def flicker(path: Path) -> float:
    """Return how much each frame differs from the one before, in the mean."""
    return float(np.abs(np.diff(shown(path).astype(float), axis=0)).mean())


def test_each_frame_is_held_to_the_one_before_as_firmly_as_it_is_asked(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", np.repeat(colours(1), 8, axis=0))
    found = []
    for consistency in (0.0, 0.5, 1.0):
        output = tmp_path / f"{consistency}.mp4"
        options = {} if consistency == 1 else {"temporal_consistency": consistency}
        stylize_film(film, tiny_look(), output, engine=Grainy(), **options)
        found.append(flicker(output))
    assert found[2] < 0.7 * found[1] < 0.5 * found[0]
    with pytest.raises(SettingsError, match="temporal_consistency is 2"):
        stylize_film(film, tiny_look(), tmp_path / "o.mp4", temporal_consistency=2)


def test_taken_up_again_it_is_held_to_the_last_frame_in_the_file(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", np.repeat(colours(1, 31, 33), 8, axis=0))
    engine, output = Grainy(), tmp_path / "o.mp4"
    with pytest.raises(Stop):
        stylize_film(film, tiny_look(), output, callback=interrupted(5), engine=engine)
    stylize_film(film, tiny_look(), output, engine=engine)
    steps = np.abs(np.diff(shown(output).astype(float), axis=0)).mean(axis=(1, 2, 3))
    assert steps[4] < 1.5 * np.median(steps[2:])


def test_one_frame(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", colours(1))
    done = stylize_film(film, tiny_look(), tmp_path / "o.mp4", engine=Engine())
    assert done.frames == 1
    assert looks_like(tmp_path / "o.mp4", 255 - shown(film))


def test_odd_sizes_are_told(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", colours(2, 31, 33))
    told: list[Any] = []
    stylize_film(film, tiny_look(), tmp_path / "o.mp4", callback=told.append, engine=Engine())
    assert "33 x 31 pixels" in told[0].text
    assert shown(tmp_path / "o.mp4").shape == (2, 32, 34, 3)


def test_the_first_call_alone_paints(film: Path, tmp_path: Path) -> None:
    output = tmp_path / "o.mp4"

    def again(_: Any) -> None:
        with pytest.raises(FilmError, match="painted by another program"):
            stylize_film(film, tiny_look(), output, engine=Engine())

    assert stylize_film(film, tiny_look(), output, callback=again, engine=Engine()).complete


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("painted.gif", "does not end like a film"),
        ("no/painted.mp4", "There is no folder"),
        ("film.mp4", "is the film that is painted from"),
    ],
)
def test_places_that_cannot_be(film: Path, tmp_path: Path, output: str, words: str) -> None:
    with pytest.raises(FilmError, match=words):
        stylize_film(film, tiny_look(), tmp_path / output, engine=Engine())


def test_what_cannot_be_is_told_before_anything_is_made(film: Path, tmp_path: Path) -> None:
    output = tmp_path / "o.mp4"
    with pytest.raises(SettingsError, match="key_frames is 0"):
        stylize_film(film, tiny_look(), output, key_frames=0, engine=Engine())
    with pytest.raises(LookError, match="cannot be read"):
        stylize_film(film, tmp_path / "no.look", output, engine=Engine())
    assert {path.name for path in tmp_path.iterdir()} == {"film.mp4"}


def test_the_command_line(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    look = tiny_look().save(tmp_path / "night")
    output = tmp_path / "o.mp4"
    options = ["--precision", "float32", "--device", "cpu", "--temporal-consistency", "0.5"]
    assert main([str(film), str(look), "-o", str(output), *options]) == 0
    told = capsys.readouterr()
    assert told.out == f"{output}: 8 frames with the look night.\n"
    assert "frame 8 of 8" in told.err
    assert stamps(output) == stamps(film)
    assert main([str(film), str(look)]) == 1
    assert "Say where to save" in capsys.readouterr().err
    wrong = ["-o", str(output), "--overwrite", "--temporal-consistency", "2"]
    assert main([str(film), str(look), *wrong]) == 1
    assert "temporal_consistency is 2.0: it must lie between 0 and 1" in capsys.readouterr().err


def test_the_command_line_paints_from_a_painting_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    film = write_film(tmp_path / "film.mp4", colours(3, 80, 80))
    painting = tmp_path / "painting.png"
    Image.fromarray(colours(1)[0]).save(painting)
    monkeypatch.setattr("napari_neural_style.film_painting.engine_process", Engine)
    output = tmp_path / "o.mp4"
    arguments = [str(film), str(painting), "-o", str(output), "--size", "70", "--steps", "2"]
    assert main([*arguments, "--key-frames", "0"]) == 1
    assert main([*arguments, "--key-frames", "1", "--learning-steps", "7"]) == 0
    told = capsys.readouterr()
    assert "key_frames is 0" in told.err
    assert "key frame 1 of 1" in told.err
    assert "step 7 of 7" in told.err
    assert "with the look film" in told.out
    assert len(shown(output)) == 3


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_leaves_a_film(
    film: Path, tmp_path: Path, number: int, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    def tell(job: int, _: Control) -> None:
        if job == 4:
            os.kill(os.getpid(), number)

    monkeypatch.setattr("napari_neural_style.film_painting.engine_process", lambda: Engine(tell))
    look, output = tiny_look().save(tmp_path / "night"), tmp_path / "o.mp4"
    assert main([str(film), str(look), "-o", str(output)]) == 128 + number
    assert "4 of 8 frames are painted and saved" in "".join(capsys.readouterr())
    assert stamps(output) == stamps(film)[:4]
    assert (tmp_path / "o.mp4.parts").exists()
