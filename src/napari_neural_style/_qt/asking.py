"""What the dock's controls ask for, together: the request that Run starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_neural_style._qt.controls import SettingsForm
from napari_neural_style._qt.more_styles import MoreStyles
from napari_neural_style._qt.pair import Pair
from napari_neural_style._qt.section import Section
from napari_neural_style._qt.slices import Slices
from napari_neural_style._qt.where import Where
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.looks.look import Look
from napari_neural_style.settings import LARGEST_SIZE
from napari_neural_style.tasks.request import Request

__all__ = ["Asking"]


@dataclass(frozen=True)
class Asking:
    """The parts of the dock that have something to say about a run.

    Parameters
    ----------
    pair : Pair
    form : SettingsForm
    slices : Slices
    where : Section of Where
    more_styles : Section of MoreStyles
        Those two only once they have been opened.
    """

    pair: Pair
    form: SettingsForm
    slices: Slices
    where: Section[Where]
    more_styles: Section[MoreStyles]

    def request(self) -> Request:
        """Return what Run would ask for.

        Raises
        ------
        NeuralStyleError
            If the controls say something that cannot be.
        """
        content = self.pair.content_combo.value
        if content is None or self.pair.style_combo.value is None:
            raise NeuralStyleError(
                "Open two images first, a content and a style: drop them on the fields above, "
                "or take a pair of File > Open Sample."
            )
        asked, settings = self._styles_and_where(), self.form.settings
        if isinstance(asked["styles"], Look):  # It paints the content's own pixels.
            settings = settings.replace(size=LARGEST_SIZE)
        return Request(
            content=content,
            settings=settings,
            init=self.form.start,
            **asked,
            **self.slices.asked(),
        )

    def _styles_and_where(self) -> dict[str, Any]:
        style = self.pair.style
        if self.more_styles.inside:
            style = self.more_styles.inside.blend(style)
        return self.where.inside.asked(style) if self.where.inside else {"styles": style}
