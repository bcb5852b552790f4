"""How pictures with captions lie in napari's grid: how many to a row, and how near the camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from napari_neural_style.pictures.contact_sheet import wrapped

__all__ = ["GridCells", "caption_lines"]

#: Of captions, in pixels of another font than napari's, rather too large than too small: the
#: width of a letter, the height of a line, the margins.
_FONT, _LINE, _PADDING = 18, 19, 20
_SPACING = 4
#: Share of a cell that a picture fills at most.
_FILL = 0.96


@dataclass(frozen=True)
class GridCells:
    """A layout of equally large pictures below their captions.

    Parameters
    ----------
    rows, columns : int
    captions : tuple of str
        Wrapped so that each fits into its cell.
    zoom : float
        Canvas pixels for one unit of the world.
    drop : float
        How far below the middle of its cell a picture lies, in units of the world.
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
        canvas: tuple[float, float],
        columns: int | None = None,
    ) -> GridCells:
        """Return the layout in which the pictures are largest.

        Parameters
        ----------
        captions : sequence of str
            One for each picture.
        extent : (float, float)
            Height and width of the pictures, in units of the world.
        canvas : (float, float)
            Height and width of the canvas, in pixels.
        columns : int, optional
            Pictures in a row, if it is settled.
        """
        numbers = [columns] if columns else range(1, len(captions) + 1)
        layouts = [cls._with(captions, extent, canvas, number) for number in numbers]
        return max(layouts, key=lambda layout: layout.zoom)

    @classmethod
    def _with(
        cls,
        captions: Sequence[str],
        extent: tuple[float, float],
        canvas: tuple[float, float],
        columns: int,
    ) -> GridCells:
        rows = math.ceil(len(captions) / columns)
        height, width = canvas[0] / rows - _SPACING, canvas[1] / columns - _SPACING
        lines = [caption_lines(caption, width) for caption in captions]
        text = max(map(len, lines)) * _LINE + _PADDING
        # Where captions leave no room, they lie over the pictures.
        free = max(height - text, height / 2)
        zoom = _FILL * max(min(free / extent[0], width / extent[1]), 1e-9)
        drop = (height - free) / 2 / zoom
        return cls(rows, columns, tuple("\n".join(line) for line in lines), zoom, drop)


def caption_lines(caption: str, width: float) -> list[str]:
    """Return a caption as lines that fit into a cell, or a canvas, of this width in pixels."""
    return wrapped(caption, max(int(width) - _PADDING, 1), _FONT)
