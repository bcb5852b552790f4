"""Painting a film without a window, with a bar."""

from __future__ import annotations

import sys
from pathlib import Path

from tqdm import tqdm

from napari_neural_style.endings import endings_noted
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.film_painting import paint_film
from napari_neural_style.film_stages import FilmProgress
from napari_neural_style.learn_job import LEARNING_STEPS
from napari_neural_style.progress import Notice
from napari_neural_style.tasks.request import Request
from napari_neural_style.wording import duration

__all__ = ["paint_film_with_bar"]

_STAGES = {
    "key frames": "key frame {next} of {total}",
    "learning": "learning the look, step {done} of {total}",
    "painting": "frame {done} of {total}",
}


def paint_film_with_bar(
    film: Path,
    request: Request,
    output: Path,
    key_frames: int = 3,
    learning_steps: int = LEARNING_STEPS,
) -> int:
    """Paint and save, with a progress bar on standard error.

    Told to end, it saves the frames that are done as a film; started again, it goes on.

    Parameters
    ----------
    film : Path
    request : Request
        With styles that are read, or a look.
    output : Path
    key_frames, learning_steps : int
        As for `stylize_film`.

    Returns
    -------
    int
        The exit code: 0; 1 after an error; or what shells expect after a signal, such as 130 after
        Ctrl+C.
    """
    shape = "{desc} |{bar:30}| {percentage:3.0f}%{postfix}"
    with endings_noted() as ending:
        try:
            with tqdm(total=1.0, desc="starting", bar_format=shape) as bar:

                def tell(news: FilmProgress | Notice) -> None:
                    if isinstance(news, FilmProgress):
                        words = _STAGES[news.stage].format(
                            done=news.done, next=news.done + 1, total=news.total
                        )
                        left = "" if news.remaining is None else f"{duration(news.remaining)} left"
                        bar.set_description_str(words, refresh=False)
                        bar.set_postfix_str(left, refresh=False)
                        bar.n = news.fraction
                        bar.refresh()
                    elif news.important:
                        bar.write(news.text)
                    elif news.fraction is None:
                        bar.set_description_str(news.text)
                    else:
                        bar.set_description_str(f"{news.text} {news.fraction:.0%}")

                done = paint_film(
                    film,
                    request,
                    output,
                    key_frames=key_frames,
                    learning_steps=learning_steps,
                    callback=tell,
                    stop=lambda: ending.signal,
                )
        except NeuralStyleError as error:
            print(error, file=sys.stderr)
            return ending.exit_code or 1
    if not done.frames:
        print("Interrupted before the first frame: start it again to go on.")
    elif done.complete:
        name = done.look.name if done.look else ""
        print(f"{output}: {done.frames} frames with the look {name}.")
    return ending.exit_code
