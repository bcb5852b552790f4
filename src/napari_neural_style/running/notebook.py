"""What a notebook shows of a run: a thumbnail, and the main facts beside it."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from napari_neural_style.pictures.images import from_rgb, one_picture
from napari_neural_style.presets.differences import changes
from napari_neural_style.wording import duration

if TYPE_CHECKING:
    from napari_neural_style.running.run import BaseRun

__all__ = ["run_html", "run_png"]

_THUMBNAIL = (240, 240)


def run_png(run: BaseRun) -> bytes | None:
    """Return a small PNG of the picture so far; None before the first preview."""
    if run.layer is None or run.progress is None:
        return None
    picture = one_picture(np.asarray(run.layer.data))
    if picture is None:  # Of a stack, the slice that was painted last.
        picture = from_rgb(run.progress.image, np.uint8)
    thumbnail = Image.fromarray(np.ascontiguousarray(picture))
    thumbnail.thumbnail(_THUMBNAIL)
    file = io.BytesIO()
    thumbnail.save(file, "png")
    return file.getvalue()


def run_html(run: BaseRun) -> str:
    """Return the thumbnail and the facts as HTML that stands by itself."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(text)}</td></tr>'
        for name, text in _facts(run).items()
    )
    picture = ""
    if png := run_png(run):
        data = base64.b64encode(png).decode()
        picture = f'<img alt="the picture so far" src="data:image/png;base64,{data}">'
    return (
        f'<div style="display:flex;gap:1em;align-items:flex-start">{picture}'
        f"<table><caption>{escape(run.name)}</caption>{rows}</table></div>"
    )


def _facts(run: BaseRun) -> dict[str, str]:
    facts: dict[str, str] = {"State": run.state}
    if progress := run.progress:
        facts["State"] += f", step {progress.step} of {progress.total}"
        facts["Time"] = duration(progress.seconds)
        if progress.remaining and not run.over:
            facts["Time"] += f", {duration(progress.remaining)} left"
        shown = {k: v for k, v in progress.losses.items() if "/" not in k}
        facts["Losses"] = ", ".join(f"{name} {loss:.4g}" for name, loss in shown.items())
        facts["Features"] = f"{progress.features} on {progress.device}, {progress.precision}"
    facts["Preset"] = run.settings.preset
    if changed := changes(run.settings):
        facts["Changed"] = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    if run.error:
        facts["Error"] = str(run.error)
    return facts
