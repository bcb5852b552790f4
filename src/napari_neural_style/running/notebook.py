"""What a notebook shows of a run: a thumbnail, and the main facts beside it."""

from __future__ import annotations

import base64
import io
from abc import ABC, abstractmethod
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as PictureFile

from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.pictures.images import from_rgb, one_picture
from napari_neural_style.presets.differences import changes
from napari_neural_style.progress import Progress
from napari_neural_style.running.states import State
from napari_neural_style.settings import Settings
from napari_neural_style.viewing.multiscale import finest
from napari_neural_style.wording import duration

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["InNotebooks"]

_THUMBNAIL = (240, 240)


class InNotebooks(ABC):
    """What IPython asks of a run that is the value of a cell."""

    name: str
    settings: Settings
    layer: Image | None
    progress: Progress | None
    error: NeuralStyleError | None

    @property
    @abstractmethod
    def state(self) -> State:
        """Whether it is queued, running, paused, finished, cancelled or failed."""

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether it is finished, cancelled or failed."""

    def _repr_png_(self) -> bytes | None:
        """Return a small PNG of the picture so far; None before the first preview."""
        if self.layer is None or self.progress is None:
            return None
        picture = one_picture(np.asarray(finest(self.layer)))
        if picture is None:  # Of a stack, the slice that was painted last.
            picture = from_rgb(self.progress.image, np.uint8)
        thumbnail = PictureFile.fromarray(np.ascontiguousarray(picture))
        thumbnail.thumbnail(_THUMBNAIL)
        file = io.BytesIO()
        thumbnail.save(file, "png")
        return file.getvalue()

    def _repr_html_(self) -> str:
        """Return the thumbnail and the facts as HTML that stands by itself."""
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self._facts().items()
        )
        picture = ""
        if png := self._repr_png_():
            data = base64.b64encode(png).decode()
            picture = f'<img alt="the picture so far" src="data:image/png;base64,{data}">'
        return (
            f'<div style="display:flex;gap:1em;align-items:flex-start">{picture}'
            f"<table><caption>{escape(self.name)}</caption>{rows}</table></div>"
        )

    def _facts(self) -> dict[str, str]:
        facts: dict[str, str] = {"State": self.state}
        if progress := self.progress:
            facts["State"] += f", step {progress.step} of {progress.total}"
            facts["Time"] = duration(progress.seconds)
            if progress.remaining and not self.over:
                facts["Time"] += f", {duration(progress.remaining)} left"
            shown = {k: v for k, v in progress.losses.items() if "/" not in k}
            facts["Losses"] = ", ".join(f"{name} {loss:.4g}" for name, loss in shown.items())
            facts["Features"] = f"{progress.features} on {progress.device}, {progress.precision}"
        facts["Preset"] = self.settings.preset
        if changed := changes(self.settings):
            facts["Changed"] = ", ".join(f"{name}={value!r}" for name, value in changed.items())
        if self.error:
            facts["Error"] = str(self.error)
        return facts
