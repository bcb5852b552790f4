"""The view of a comparison: large pictures that move together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QPointF, Qt
from qtpy.QtTest import QTest

from napari_neural_style._qt.compare_view import CompareView


def _pictures(count: int, height: int, width: int) -> list[tuple[np.ndarray, str]]:
    return [
        (np.full((height, width, 4), 1, np.float32) * (n + 1) / count, f"seed {n}")
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def view(qapp) -> CompareView:
    return CompareView()


@given(
    count=st.integers(1, 12),
    shape=st.tuples(st.integers(4, 400), st.integers(4, 400)),
    size=st.tuples(st.integers(200, 2000), st.integers(160, 1500)),
)
def test_each_picture_fills_its_cell_one_way_and_lies_within_it(
    view: CompareView, count: int, shape: tuple[int, int], size: tuple[int, int]
) -> None:
    view.show_pictures(_pictures(count, *shape), np.eye(3))
    view.resize(*size)
    view.fit()
    cells = view.cells()
    assert len(cells) == count
    for number, cell in enumerate(cells):
        drawn = view.drawn(number)
        assert drawn.width() <= cell.width() + 1e-6
        assert drawn.height() <= cell.height() + 1e-6
        fills = max(drawn.width() / cell.width(), drawn.height() / cell.height())
        assert fills == pytest.approx(1)
        assert drawn.width() / drawn.height() == pytest.approx(shape[1] / shape[0])
        assert QPointF(drawn.center() - cell.center()).manhattanLength() < 1e-6
        assert view.rect().contains(cell.toAlignedRect().adjusted(1, 1, -1, -1))
    for one in range(count):
        assert not any(cells[one].intersects(cells[two]) for two in range(one))


def test_all_zoom_where_the_pointer_is_and_move_at_once(view: CompareView) -> None:
    view.show_pictures(_pictures(4, 60, 80), np.eye(3))
    view.resize(800, 600)
    view.fit()
    before = [view.drawn(k) for k in range(4)]
    at = view.cells()[1].center() + QPointF(30, 20)
    share = (at.x() - before[1].left()) / before[1].width()
    view._zoom_by(2.0, at)
    after = [view.drawn(k) for k in range(4)]
    assert after[1].left() + share * after[1].width() == pytest.approx(at.x())
    for old, new in zip(before, after, strict=True):
        assert new.width() == pytest.approx(2 * old.width())
    QTest.keyClick(view, Qt.Key.Key_Left)
    moved = [view.drawn(k).left() - after[k].left() for k in range(4)]
    assert moved == pytest.approx([moved[0]] * 4)
    assert moved[0] > 5
    QTest.keyClick(view, Qt.Key.Key_0)
    assert [view.drawn(k) for k in range(4)] == before


def test_it_draws_what_it_was_given(view: CompareView) -> None:
    colours = ((1, 0, 0, 1), (0, 0, 1, 1))
    pictures = [(np.full((30, 40, 4), c, np.float32), "") for c in colours]
    view.show_pictures(pictures, np.eye(3))
    view.resize(400, 200)
    view.fit()
    image = view.grab().toImage()
    ratio = image.width() / view.width()
    for number, expected in enumerate(((255, 0, 0), (0, 0, 255))):
        middle = view.cells()[number].center() * ratio
        assert image.pixelColor(middle.toPoint()).getRgb()[:3] == expected
    # What turns the layers on the canvas turns them here.
    half = np.zeros((20, 20, 4), np.float32)
    half[:10] = (0, 1, 0, 1)  # the upper half
    half[10:] = (1, 0, 0, 1)
    turned = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])  # rows go across
    view.show_pictures([(half, "")], turned)
    image, drawn = view.grab().toImage(), view.drawn(0)
    left = QPointF(drawn.left() + drawn.width() / 4, drawn.center().y()) * ratio
    assert image.pixelColor(left.toPoint()).getRgb()[:3] == (0, 255, 0)


def test_the_place_stays_while_pictures_of_the_same_frame_change(view: CompareView) -> None:
    view.show_pictures(_pictures(2, 60, 80), np.eye(3))
    view.fit()
    view._zoom_by(3.0, view.cells()[0].center())
    view.show_pictures(_pictures(2, 60, 80), np.eye(3))
    assert view.zoom == 3
    view.show_pictures(_pictures(2, 90, 80), np.eye(3))
    assert view.zoom == 1


def test_captions_are_told_to_screen_readers(view: CompareView) -> None:
    view.show_pictures(_pictures(2, 6, 8), np.eye(3))
    assert view.accessibleDescription() == "seed 0; seed 1"
