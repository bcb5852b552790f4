"""A contact sheet: pictures in a grid, each with its caption, as one image. Pillow only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.images import FloatImage, fit, resize, to_rgb
from napari_neural_style.pictures.levels import white_of

__all__ = ["contact_sheet", "wrapped"]

_GAP = 10
_BACKGROUND = (255, 255, 255)
_INK = (30, 30, 30)
#: Stands where there is no picture: a run that failed.
_EMPTY = (232, 232, 232)
_CAPTION_LINES = 8


def contact_sheet(
    cells: Sequence[tuple[ArrayLike | None, str]],
    *,
    columns: int | None = None,
    cell: int = 256,
    font_size: int = 13,
) -> NDArray[np.uint8]:
    """Return pictures in a grid, each with its caption below it.

    Parameters
    ----------
    cells : sequence of (image, caption)
        Row by row. The images may have any size, dtype and number of channels that
        `napari_neural_style.stylize` takes; each is brought to fit its cell, its proportions kept.
        None leaves the cell grey. Captions are wrapped.
    columns : int, optional
        Cells in a row; by default the grid is about square.
    cell : int
        Longest side of a picture on the sheet, in pixels.
    font_size : int
        Of the captions, in pixels.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    ImageError
        If there is no cell, or an image is none.
    """
    if not cells:
        raise ImageError("There is nothing to put on the sheet: choose at least one picture.")
    columns = min(len(cells), columns or math.ceil(math.sqrt(len(cells))))
    pictures = [_fitted(image, cell, f"picture {n}") for n, (image, _) in enumerate(cells, 1)]
    captions = [wrapped(caption, cell, font_size) for _, caption in cells]
    rows = [range(k, min(k + columns, len(cells))) for k in range(0, len(cells), columns)]
    # Every row is as high as its highest picture and its longest caption.
    heights = [max(pictures[k].height for k in row) for row in rows]
    line = font_size + 4
    texts = [max(len(captions[k]) for k in row) * line for row in rows]
    total = sum(heights) + sum(texts) + _GAP * (2 * len(rows) + 1)
    sheet = Image.new("RGB", (columns * (cell + _GAP) + _GAP, total), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    top = _GAP
    for row, height, text in zip(rows, heights, texts, strict=True):
        for column, k in enumerate(row):
            left = _GAP + column * (cell + _GAP)
            inset = (cell - pictures[k].width) // 2, height - pictures[k].height
            sheet.paste(pictures[k], (left + inset[0], top + inset[1]))
            for number, words in enumerate(captions[k]):
                at = left, top + height + _GAP // 2 + number * line
                draw.text(at, words, fill=_INK, font=_font(font_size))
        top += height + text + 2 * _GAP
    return np.asarray(sheet)


def wrapped(text: str, width: int, font_size: int) -> list[str]:
    """Return a caption as lines no wider than `width` pixels; a very long one is cut short.

    Lines of the text stay lines; words longer than a line are broken.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            for piece in _pieces(word, width, font_size):
                longer = f"{line} {piece}" if line else piece
                if _fits(longer, width, font_size):
                    line = longer
                else:
                    lines.append(line)
                    line = piece
        lines.append(line)
    if len(lines) > _CAPTION_LINES:
        lines = [*lines[: _CAPTION_LINES - 1], "..."]
    return lines


def _pieces(word: str, width: int, font_size: int) -> list[str]:
    """Return a word in parts that fit on a line."""
    pieces = [""]
    for character in word:
        if pieces[-1] and not _fits(pieces[-1] + character, width, font_size):
            pieces.append("")
        pieces[-1] += character
    return pieces


def _fits(text: str, width: int, font_size: int) -> bool:
    return _font(font_size).getlength(text) <= width


@cache
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def _fitted(image: ArrayLike | None, cell: int, what: str) -> Image.Image:
    if image is None:
        return Image.new("RGB", (cell, cell * 3 // 4), _EMPTY)
    rgb, alpha = to_rgb(image, what)
    if alpha is not None:
        rgb = _on_background(rgb, to_rgb(alpha, what, white_of(as_array(image)))[0])
    small = resize(rgb, fit(rgb.shape, cell))
    return Image.fromarray(np.rint(small * 255).astype(np.uint8))


def _on_background(rgb: FloatImage, alpha: FloatImage) -> FloatImage:
    paper = np.asarray(_BACKGROUND, np.float32) / 255
    return np.asarray(rgb * alpha + paper * (1 - alpha), np.float32)
