"""`learn`: a small network learns to paint as a result was painted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from napari_neural_style.api import check_thread, has_window, in_turn
from napari_neural_style.arithmetic_mode import usual_arithmetic
from napari_neural_style.errors import SettingsError
from napari_neural_style.learn_job import LEARNING_STEPS, LearnJob
from napari_neural_style.learn_pairs import examples
from napari_neural_style.looks.look import opened
from napari_neural_style.one_line import brief
from napari_neural_style.process import EngineProcess, engine_process
from napari_neural_style.running.learn_run import LearnRun
from napari_neural_style.settings import Settings

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["learn"]

_MOST_STEPS = 100_000


@usual_arithmetic
def learn(
    source: Any,
    *,
    viewer: ViewerModel | None = None,
    name: str | None = None,
    steps: int = LEARNING_STEPS,
    size: int = 512,
    start: Any = None,
    update_every: int = 20,
    seed: int = 0,
    precision: Any = "auto",
    device: str = "auto",
    engine: EngineProcess | None = None,
) -> LearnRun:
    """Learn the look of one or several results: a small network that paints others alike, at once.

    Returns at once; the run tells how it goes, and has the look. It runs in the engine process.

    Parameters
    ----------
    source : layer, run, (content, result), or list of these
        A result layer, whose content must be in the viewer; a run that `stylize_layers` returned;
        a pair of arrays or files that show the same place; or a list of these, which makes it
        better. Of a painted stack, eight slices at most.
    viewer : napari.Viewer or napari.components.ViewerModel, optional
        Where the contents of result layers are; by default the one whose window is in front.
    name : str, optional
        What to call the look; by default as the result is called.
    steps : int
        How many times the network is improved.
    size : int
        The longest side of what it is learnt from, in pixels: a look paints strokes as large, in
        pixels, as it has seen them.
    start : Look or path, optional
        A look to start from, in place of the one that comes with the package.
    update_every : int
        After as many steps there is a new preview.
    seed : int
        Number from which everything random is drawn.
    precision, device : str
        As in `Settings`.
    engine : EngineProcess, optional
        What does the work; by default the one that everything here shares.

    Returns
    -------
    LearnRun
        With `wait`, `pause`, `resume`, `cancel`, `continue_for`, `look` and `save`.

    Raises
    ------
    ImageError, LookError, SettingsError
        If there is nothing to learn from, in a sentence that says why.
    NeuralStyleError
        If the viewer that is given has a window, and this is not the main thread.

    Examples
    --------
    >>> run = learn((photo, painted), steps=2, name="night")
    >>> stylize(photo, run.wait()).shape == photo.shape
    True
    """
    _check_count("steps", steps, _MOST_STEPS)
    _check_count("update_every", update_every, _MOST_STEPS)
    # Says what is wrong with these.
    Settings(size=size, seed=seed, precision=precision, device=device)
    check_thread(viewer)
    viewer = viewer or _current_viewer()
    found = examples(source, viewer, size)
    before = None if start is None else opened(start)
    job = LearnJob(
        tuple(example.pair for example in found),
        steps=steps,
        update_every=update_every,
        seed=seed,
        precision=precision,
        device=device,
        start=None if before is None else before.network,
    )
    record: dict[str, Any] = {"learnt_from": [e.record for e in found], "seed": seed, "size": size}
    if before is not None:
        record["start"] = before.to_record()
    called = name or next((e.name for e in found if e.name), "look")
    run = LearnRun(job, called, record, viewer, engine_process() if engine is None else engine)
    in_turn(run)
    run.start()
    return run


def _check_count(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise SettingsError(f"{name} is {brief(value)}: it must lie between 1 and {most}.")


def _current_viewer() -> ViewerModel | None:
    """Return the viewer whose window is in front, if there is any window and this its thread."""
    if "napari" not in sys.modules:
        return None
    import napari

    found: ViewerModel | None = napari.current_viewer()
    if has_window(found):
        from napari_neural_style.running import napari_worker  # loads Qt

        if not napari_worker.in_thread_of_windows():
            return None
    return found
