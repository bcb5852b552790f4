"""Margins around the picture: there for the network and not for the user."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine.margins import Margins, as_tensor
from napari_neural_style.pictures.images import fit


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 128), st.booleans())
def test_picture_comes_back_from_its_margins_as_it_was(height, width, size, wanted):
    content = np.zeros((height, width, 3), np.float32)
    margins = Margins.of(content, size, wanted=wanted)
    assert margins.shape == fit(content.shape, size)
    picture = np.random.default_rng(0).random((*margins.shape, 3), np.float32)
    padded = margins.pad(picture)
    assert tuple(padded.shape) == (1, *margins.padded_shape, 3)
    assert min(margins.padded_shape) >= 16
    np.testing.assert_array_equal(padded.numpy()[0, *margins.window], picture)


def test_margins_continue_the_picture_by_mirroring():
    picture = np.arange(64, dtype=np.float32)[:, None, None] * np.ones((64, 64, 3), np.float32)
    margins = Margins.of(picture, 64, wanted=True)
    above, _ = margins.widths
    assert above == 2
    column = margins.pad(picture).numpy()[0, :, 10, 0]
    np.testing.assert_array_equal(column[:4], [1, 0, 0, 1])
    np.testing.assert_array_equal(column[-4:], [62, 63, 63, 62])


def test_large_picture_without_margins_is_left_alone():
    margins = Margins.of(np.zeros((30, 40, 3), np.float32), 40, wanted=False)
    assert margins.padded_shape == margins.shape == (30, 40)


def test_tiny_style_is_made_large_enough_for_the_network():
    assert as_tensor(np.zeros((1, 5, 3), np.float32)).shape == (1, 16, 16, 3)
