"""Layout of captioned pictures in napari's grid: rows, columns and camera zoom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from napari_neural_style.pictures.contact_sheet import wrapped

__all__ = ["GridCells", "caption_lines"]

#: Of captions, in pixels: font size, line height and margins. The text is measured in another
#: font than napari's, so they are rather too large than too small.
_FONT, _LINE, _PADDING = 18, 19, 20
_SPACING = 4
#: Largest share of a cell that a picture fills.
_FILL = 0.96


@dataclass(frozen=True)
class GridCells:
    """A grid of pictures of one size below their captions, which are wrapped to fit their cells.

    `zoom` is in canvas pixels per world unit. `drop` is how far a picture lies below the middle of
    its cell, in world units.
    """

    rows: int
    columns: int
    captions: tuple[str, ...]
    zoom: float
    drop: float

    @classmethod
    def of(
        cls,
        captions: Sequence[str],
        extent: tuple[float, float],
        canvas_size: tuple[float, float],
        columns: int | None = None,
    ) -> GridCells:
        """Return the layout with the largest pictures, one for each caption.

        `extent` is the height and width of the pictures in world units, `canvas_size` that of the
        canvas in pixels. `columns` fixes the number of columns.
        """
        numbers = [columns] if columns else range(1, len(captions) + 1)
        layouts = [cls._with(captions, extent, canvas_size, number) for number in numbers]
        return max(layouts, key=lambda layout: layout.zoom)

    @classmethod
    def _with(
        cls,
        captions: Sequence[str],
        extent: tuple[float, float],
        canvas_size: tuple[float, float],
        columns: int,
    ) -> GridCells:
        rows = math.ceil(len(captions) / columns)
        height, width = canvas_size[0] / rows - _SPACING, canvas_size[1] / columns - _SPACING
        lines = [caption_lines(caption, width) for caption in captions]
        text = max(map(len, lines)) * _LINE + _PADDING
        # Captions that leave no room lie over the pictures.
        free = max(height - text, height / 2)
        zoom = _FILL * max(min(free / extent[0], width / extent[1]), 1e-9)
        drop = (height - free) / 2 / zoom
        return cls(rows, columns, tuple("\n".join(line) for line in lines), zoom, drop)


def caption_lines(caption: str, width: float) -> list[str]:
    """Return a caption as lines that fit into a cell or canvas of this width in pixels."""
    return wrapped(caption, max(int(width) - _PADDING, 1), _FONT)
