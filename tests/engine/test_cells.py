"""Cells hold what the feature maps have there."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.cells import CellGrid
from napari_neural_style.engine.vgg import VGG19

LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")


@pytest.fixture(scope="module")
def network():
    return VGG19(builtin_weights())


def test_cells_are_those_of_the_third_block_and_told_apart_up_to_the_fourth(network):
    grid = CellGrid(network, LAYERS)
    assert grid.side == 4
    assert grid.compared == LAYERS[:3]
    assert grid.telling == LAYERS[:4]


def test_a_network_without_coarse_maps_has_smaller_cells(network):
    grid = CellGrid(network, LAYERS[:2])
    assert grid.side == 2
    assert grid.compared == grid.telling == LAYERS[:2]


@pytest.mark.parametrize("shape", [(32, 48), (39, 51)])
def test_values_and_descriptors_are_those_found_by_slicing(network, picture, shape):
    grid = CellGrid(network, LAYERS)
    features = network(tf.constant(picture(*shape, seed=1)[None]), LAYERS)
    values, descriptors = grid.values(features), grid.descriptors(features).numpy()
    maps = {name: value.numpy()[0] for name, value in features.items()}
    rows, columns = shape[0] // 4, shape[1] // 4
    assert len(descriptors) == rows * columns
    assert descriptors.shape[1] == sum(grid.widths)
    for row, column in [(0, 0), (3, 5), (rows - 1, columns - 1)]:
        place = row * columns + column
        expected = []
        for name, side in zip(grid.compared, (4, 2, 1), strict=True):
            cell = maps[name][side * row : side * (row + 1), side * column : side * (column + 1)]
            np.testing.assert_array_equal(values[name][place], cell.ravel())
            expected.append(cell.mean((0, 1)))
        deep = maps["block4_conv1"]
        expected.append(deep[min(row // 2, len(deep) - 1), min(column // 2, deep.shape[1] - 1)])
        np.testing.assert_allclose(descriptors[place], np.concatenate(expected), rtol=1e-4)
