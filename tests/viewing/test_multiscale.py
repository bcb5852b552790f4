"""Large pictures come in several levels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from napari.layers import Image

from napari_neural_style.viewing import multiscale
from napari_neural_style.viewing.multiscale import finest, levels


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(multiscale, "LARGE", 1000)
    monkeypatch.setattr(multiscale, "_SMALLEST_LEVEL", 16)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("shape", "axes"), [((60, 41, 3), (0, 1)), ((1, 41, 60, 4), (1, 2))])
def test_each_level_is_the_mean_of_the_one_before(shape, axes, dtype):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    found = levels(pixels, axes)
    assert found[0] is pixels
    assert max(found[-1].shape[axis] for axis in axes) <= 16
    for fine, coarse in itertools.pairwise(found):
        rows, columns = (coarse.shape[axis] for axis in axes)
        fine = np.moveaxis(fine, axes, (0, 1))[: 2 * rows, : 2 * columns].astype(float)
        means = fine.reshape(rows, 2, columns, 2, *fine.shape[2:]).mean((1, 3))
        assert coarse.dtype == dtype
        np.testing.assert_allclose(np.moveaxis(coarse, axes, (0, 1)), means, atol=0.51)


def test_napari_takes_them_as_one_layer():
    pixels = np.zeros((60, 40, 3), np.uint8)
    layer = Image(levels(pixels, (0, 1)), rgb=True, multiscale=True)
    assert finest(layer) is pixels
    layer.data = levels(pixels + 1, (0, 1))
    assert finest(layer).max() == 1
    plain = Image(pixels, rgb=True)
    assert finest(plain) is pixels


def test_a_picture_that_is_not_large_stays_as_it_is():
    pixels = np.zeros((30, 33, 3), np.uint8)
    assert levels(pixels, (0, 1)) is pixels
