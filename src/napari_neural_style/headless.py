"""Painting without a window: the same run as in napari, on a bare viewer model, with a bar."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from napari_neural_style.api import layer_run
from napari_neural_style.endings import Ending, endings_noted
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.looks.look import Look
from napari_neural_style.pictures.files import write_image
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.records.records import KEY, saved_text
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.multiscale import finest
from napari_neural_style.wording import duration

__all__ = ["paint"]

_POLL_SECONDS = 0.1


def paint(request: Request, output: Path, dtype: Any = np.uint8, dpi: float | None = None) -> int:
    """Paint and save, with a progress bar on standard error.

    Told to end (by Ctrl+C, a closed terminal, a batch system) or let down by the engine, it saves
    the picture as far as it has come.

    Parameters
    ----------
    request : Request
        Of layers; the style may be a look.
    output : Path
    dtype : dtype
        uint8, or uint16 to save 16 bits.
    dpi : float, optional
        Pixels per inch in print, to be written into the file.

    Returns
    -------
    int
        The exit code: 0; 1 if the run failed after its first picture; or what shells expect after
        a signal, such as 130 after Ctrl+C.

    Raises
    ------
    NeuralStyleError
        If the run fails before its first picture, or the picture cannot be saved.
    """
    from napari.components import ViewerModel

    viewer = ViewerModel()
    content, style = request.content, request.styles
    viewer.add_layer(content)
    if not isinstance(style, Look):
        viewer.add_layer(style)
    if request.content_mask is not None:
        viewer.add_layer(request.content_mask)
    shape = "{desc} |{bar:30}| {percentage:3.0f}%{postfix}"
    with endings_noted() as ending:
        with tqdm(total=1.0, desc="starting", bar_format=shape) as bar:

            def on_progress(progress: Progress) -> None:
                left = "" if progress.remaining is None else f"{duration(progress.remaining)} left"
                bar.set_description_str(f"step {progress.step} of {progress.total}", refresh=False)
                bar.set_postfix_str(left, refresh=False)
                bar.n = progress.fraction
                bar.refresh()

            def on_notice(notice: Notice) -> None:
                if notice.important:
                    bar.write(notice.text)
                elif notice.fraction is None:
                    bar.set_description_str(notice.text)
                else:
                    bar.set_postfix_str("", refresh=False)
                    bar.set_description_str(f"{notice.text} {notice.fraction:.0%}")

            run = layer_run(viewer, request)
            run.progressed.connect(on_progress)
            run.noticed.connect(on_notice)
            run.start()
            failure = _wait(run, ending)
        if run.layer is None:
            if failure:
                raise failure
            print("Interrupted before the first picture.")
            return ending.exit_code or 130
        # What the layer shows is the last preview, but with 8 bits.
        deep = run.picture(dtype) if isinstance(run, StyleRun) and dtype != np.uint8 else None
        pixels = finest(run.layer) if deep is None else deep
        write_image(output, pixels, saved_text(run.layer.metadata[KEY]), keep=True, dpi=dpi)
        steps = f"{run.progress.step if run.progress else 0} steps"
        if isinstance(style, Look):
            steps = "at once"
        if failure:
            print(
                f"{failure} The picture is saved as far as it has come, {steps}: {output}.",
                file=sys.stderr,
            )
            return 1
        print(f"{output}: {content.name} in the style of {style.name}, {steps}.")
        return ending.exit_code


def _wait(run: BaseRun, ending: Ending) -> NeuralStyleError | None:
    """Wait for a run until it is over or the program is to end; return why it failed, if it has."""
    try:
        while not (run.over or ending.signal):
            with contextlib.suppress(TimeoutError):
                run.wait(timeout=_POLL_SECONDS)
    except KeyboardInterrupt:  # in another thread than the main one, or by somebody's own handler
        ending.note(signal.SIGINT)
    except NeuralStyleError as error:
        # A batch system may tell the engine as well, and not even in this order.
        return None if ending.signal else error
    run.cancel()
    return None
