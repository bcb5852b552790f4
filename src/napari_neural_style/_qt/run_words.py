"""A run in words: where it stands, plainly, and its figures for those who ask."""

from __future__ import annotations

from napari_neural_style.progress import Progress
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.wording import duration

__all__ = ["figures", "status"]


def status(run: BaseRun) -> str:
    """Return where a run stands, in a sentence.

    Parameters
    ----------
    run : BaseRun
        With a first picture.
    """
    progress = run.progress
    assert progress is not None
    if run.state == "paused":
        return f"Paused at step {progress.step} of {progress.total}."
    if run.state == "cancelled":
        return f"Cancelled at step {progress.step} of {progress.total}."
    if progress.finished:
        if "look" in run.inputs:
            return f"Done: painted with a look in {duration(progress.seconds)}."
        return f"Done: {progress.step} steps in {duration(progress.seconds)}."
    left = "" if progress.remaining is None else f", {_left(progress.remaining)} left"
    now = max(progress.image.shape)
    # Of a stack, the size of the slices that are still to come is not known.
    last = run.size if isinstance(run, StyleRun) else now
    # Longer, it would not stand in one line.
    return f"At {now} of {last} px{left}" if now < last else f"Painting at {now} px{left}"


def _left(seconds: float) -> str:
    """Return a duration that is an estimate: beyond a minute, its seconds mean nothing."""
    return (
        duration(seconds)
        if seconds < 60
        else duration(60 * round(seconds / 60)).removesuffix(" 0 s")
    )


def figures(progress: Progress) -> str:
    """Return the losses, the network and the device, with the digits that mean something."""
    losses = progress.losses
    names = {"total": "loss", "content": "content", "style": progress.style_loss, "tv": "variation"}
    parts = [f"{title} {losses[name]:.3g}" for name, title in names.items() if name in losses]
    return (
        f"{parts[0]}: {', '.join(parts[1:])}\n"
        f"{progress.features} on {progress.device}, {progress.precision}"
    )
