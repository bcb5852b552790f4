"""Painting without a window: the same run as in napari, on a bare viewer model, with a bar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from napari_neural_style.api import layer_run
from napari_neural_style.pictures.files import write_image
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.records.records import KEY, saved_text
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.request import Request
from napari_neural_style.wording import duration

__all__ = ["paint"]


def paint(request: Request, output: Path, dtype: Any = np.uint8) -> int:
    """Paint and save, with a progress bar on standard error.

    Interrupted (Ctrl+C), it saves the picture as far as it has come.

    Parameters
    ----------
    request : Request
        Of a content and a style that are layers.
    output : Path
    dtype : dtype
        uint8, or uint16 to save 16 bits.

    Returns
    -------
    int
        The exit code: 0, or 130 if it was interrupted.

    Raises
    ------
    NeuralStyleError
        If the run fails or the picture cannot be saved.
    """
    from napari.components import ViewerModel

    viewer = ViewerModel()
    content, style = request.content, request.styles
    viewer.add_layer(content)
    viewer.add_layer(style)
    with tqdm(
        total=1.0, desc="starting", bar_format="{desc} |{bar:30}| {percentage:3.0f}%{postfix}"
    ) as bar:

        def on_progress(progress: Progress) -> None:
            left = "" if progress.remaining is None else f"{duration(progress.remaining)} left"
            bar.set_description_str(f"step {progress.step} of {progress.total}", refresh=False)
            bar.set_postfix_str(left, refresh=False)
            bar.n = progress.fraction
            bar.refresh()

        def on_notice(notice: Notice) -> None:
            if notice.important:
                bar.write(notice.text)
            else:
                bar.set_description_str(notice.text)

        run = layer_run(viewer, request)
        run.start()
        run.progressed.connect(on_progress)
        run.noticed.connect(on_notice)
        interrupted = False
        try:
            run.wait()
        except KeyboardInterrupt:
            interrupted = True
            run.cancel()
    if run.layer is None:
        print("Interrupted before the first picture.")
        return 130
    # What the layer shows is the last preview, but with 8 bits.
    deep = run.picture(dtype) if isinstance(run, StyleRun) and dtype != np.uint8 else None
    pixels = run.layer.data if deep is None else deep
    write_image(output, pixels, saved_text(run.layer.metadata[KEY]), keep=True)
    step = run.progress.step if run.progress else 0
    print(f"{output}: {content.name} in the style of {style.name}, {step} steps.")
    return 130 if interrupted else 0
