"""The layout of a grid of pictures with captions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.comparing.grid_cells import GridCells

_SIDES = st.tuples(st.floats(1, 5000), st.floats(1, 5000))


@given(
    count=st.integers(1, 30),
    extent=_SIDES,
    canvas=st.tuples(st.integers(300, 3000), st.integers(300, 3000)),
)
def test_every_picture_has_a_cell_and_fits_into_it(
    count: int, extent: tuple[float, float], canvas: tuple[int, int]
) -> None:
    layout = GridCells.of(["photo\nseed 1"] * count, extent, canvas)
    assert layout.rows * layout.columns >= count
    assert (layout.rows - 1) * layout.columns < count
    height, width = canvas[0] / layout.rows, canvas[1] / layout.columns
    assert extent[0] * layout.zoom < height
    assert extent[1] * layout.zoom < width
    # Below its caption, and not beyond the lower edge.
    lowest = height / 2 + (layout.drop + extent[0] / 2) * layout.zoom
    assert lowest <= height


def test_the_layout_follows_the_shape_of_the_canvas() -> None:
    captions = ["a"] * 4
    assert GridCells.of(captions, (100, 100), (200, 2000)).columns == 4
    assert GridCells.of(captions, (100, 100), (2000, 200)).columns == 1
    assert GridCells.of(captions, (100, 100), (1000, 1000), columns=3).rows == 2


def test_a_long_caption_is_wrapped() -> None:
    layout = GridCells.of(["a word and another " * 4] * 3, (100, 100), (600, 600), columns=3)
    assert all(len(line) < 30 for line in layout.captions[0].splitlines())
    assert " ".join(layout.captions[0].split()) == ("a word and another " * 4).strip()
