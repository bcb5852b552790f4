"""Masks and labels: what is taken, what is refused, and where edges are soft."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.masks import (
    guide_of,
    label_guide,
    labels_in,
    read_mask,
    shown_of,
    softened,
    strengths_of,
)

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        (np.zeros((4, 5), bool), "empty"),
        (np.zeros((4, 5), np.uint8), "empty"),
        (np.ones((5, 4), bool), r"\(5, 4\), but the content has \(4, 5\)"),
        (np.ones((4, 5, 3), bool), r"\(4, 5, 3\)"),
        (np.full((4, 5), np.nan), "NaN"),
        (np.full((4, 5), 2.0), "labels as integers"),
        (np.full((4, 5), -0.1), "beyond 0 to 1"),
        (np.full((4, 5), "x"), "numbers or booleans"),
    ],
)
def test_what_is_no_mask_is_refused(mask, says):
    with pytest.raises(ImageError, match=f"content mask.*{says}"):
        read_mask(mask, (4, 5), "content mask", "content")


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float32])
def test_masks_of_every_kind_give_the_same_guide(dtype):
    mask = (np.arange(20).reshape(4, 5) % 3 == 0).astype(dtype)
    found = guide_of(read_mask(mask.tolist(), (4, 5), "content mask", "content"))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, mask.astype(np.float32))


def test_labels_are_told_apart():
    labels = np.array([[0, 0, 7], [2, 7, 7]])
    assert labels_in(labels, "mask") == [0, 2, 7]
    np.testing.assert_array_equal(label_guide(labels, 7), [[0, 0, 1], [0, 1, 1]])
    with pytest.raises(ImageError, match="of floats"):
        labels_in(labels / 7, "mask")


@given(MASKS, st.floats(0, 6))
def test_a_soft_edge_lies_within_the_mask(mask, width):
    guide = mask.astype(np.float32)
    soft = softened(guide, width)
    assert (soft[~mask] == 0).all()
    assert (soft[mask] > 0).all()
    assert (soft <= guide).all()
    if width == 0 or mask.all():
        np.testing.assert_array_equal(soft, guide)


def test_a_soft_edge_is_as_wide_as_asked_and_the_border_is_none():
    guide = np.zeros((3, 20), np.float32)
    guide[:, 8:] = 1
    row = softened(guide, 5)[1]
    assert (row > 0).tolist() == [False] * 8 + [True] * 12
    assert ((row > 0) & (row < 1)).sum() == 5
    assert (np.diff(row) >= 0).all()
    assert row[-1] == 1


def test_a_float_mask_keeps_its_shades():
    guide = np.zeros((9, 9), np.float32)
    guide[1:8, 1:8] = 0.5
    soft = softened(guide, 1)
    assert soft[4, 4] == pytest.approx(0.5)
    assert 0 < soft[1, 4] < 0.5


def test_labels_are_levels_of_strength_if_there_are_levels():
    labels = np.array([[0, 1, 5], [10, 11, -3]])
    found = strengths_of(labels, 10)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 0.1, 0.5], [1, 1, 0]])
    for mask, levels in ((labels, 0), (labels > 0, 10), (found, 10)):
        assert strengths_of(mask, levels) is mask


@given(hnp.arrays(np.float32, 9, elements=st.floats(0, 1, width=32)))
def test_only_the_last_bit_of_strength_fades(strengths):
    shown = shown_of(strengths)
    assert (shown[strengths >= 0.25] == 1).all()
    assert (shown[strengths == 0] == 0).all()
    order = np.argsort(strengths)
    assert (np.diff(shown[order]) >= 0).all()
