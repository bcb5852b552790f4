"""Contact sheets: every picture is there, in its place, with its caption."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.contact_sheet import contact_sheet, wrapped

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255), (0, 255, 255)]


def plain(colour: tuple[int, ...], height: int = 30, width: int = 40) -> np.ndarray:
    return np.broadcast_to(np.uint8(colour), (height, width, len(colour)))


def box(sheet: np.ndarray, colour: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the pixels of a colour."""
    rows, columns = np.nonzero((sheet == colour).all(axis=-1))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_pictures_stand_row_by_row_and_do_not_overlap() -> None:
    sheet = contact_sheet([(plain(c), "caption") for c in COLOURS], columns=2, cell=80)
    boxes = [box(sheet, c) for c in COLOURS]
    for top, bottom, left, right in boxes:
        assert (bottom - top, right - left) == (60, 80)
    tops = [top for top, *_ in boxes]
    assert tops[0] == tops[1] < tops[2] == tops[3] < tops[4]
    lefts = [left for _, _, left, _ in boxes]
    assert lefts[0] == lefts[2] == lefts[4] < lefts[1] == lefts[3]


def test_the_caption_stands_below_its_picture() -> None:
    bare = contact_sheet([(plain((255, 0, 0)), "")], cell=80)
    told = contact_sheet([(plain((255, 0, 0)), "steps = 20")], cell=80)
    bottom = box(told, (255, 0, 0))[1]
    assert not (told[bottom:] == 255).all()
    assert (bare[box(bare, (255, 0, 0))[1] :] == 255).all()
    assert (told[:, :5] == 255).all(), "nothing on the margin"
    assert (told[:, -5:] == 255).all(), "nothing on the margin"


@given(
    st.lists(
        st.tuples(st.integers(1, 90), st.integers(1, 90), st.sampled_from([None, 1, 2, 3, 4])),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([np.uint8, np.uint16, np.float32, bool]),
    st.text(max_size=200),
)
@settings(max_examples=20)
def test_any_image_and_any_caption_can_be_put_on_it(
    shapes: list[tuple[int, int, int | None]], dtype: type, caption: str
) -> None:
    images = [
        np.ones((height, width) if channels is None else (height, width, channels), dtype)
        for height, width, channels in shapes
    ]
    sheet = contact_sheet([(image, caption) for image in images], columns=3, cell=64)
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert sheet.shape[1] == min(3, len(images)) * 74 + 10


def test_what_is_transparent_shows_the_paper() -> None:
    picture = np.zeros((20, 20, 4), np.uint8)
    picture[:, 10:] = 0, 0, 255, 255
    sheet = contact_sheet([(picture, "")], cell=80)
    top, bottom, left, right = box(sheet, (0, 0, 255))
    assert 36 <= right - left <= 40
    assert (sheet[top:bottom, 12 : left - 8] >= 250).all()


def test_a_run_without_a_picture_keeps_its_place() -> None:
    sheet = contact_sheet([(None, "failed"), (plain(COLOURS[0]), "done")], columns=2, cell=80)
    assert box(sheet, COLOURS[0])[2] == 100
    assert len(np.unique(sheet[20:50, 20:80].reshape(-1, 3), axis=0)) == 1


@given(st.text(max_size=300), st.integers(40, 300))
def test_wrapping_keeps_within_the_width_and_loses_no_word(text: str, width: int) -> None:
    lines = wrapped(text, width, 13)
    assert len(lines) <= 8
    font = ImageFont.load_default(13)
    assert all(font.getlength(line) <= width for line in lines if len(line) > 1 and line != "...")
    if "..." not in lines:
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_of_a_caption_stay_lines() -> None:
    assert wrapped("style_strength = 0.2\nseed = 3", 300, 13) == [
        "style_strength = 0.2",
        "seed = 3",
    ]


def test_an_empty_sheet_is_an_error() -> None:
    with pytest.raises(ImageError, match="at least one"):
        contact_sheet([])
