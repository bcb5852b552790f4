"""Patches along directions are what a loop over them finds, and the way back is the transpose."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import patches

SHAPES = [(36, 47), (31, 31), (44, 60), (52, 33)]


def drawn(seed, shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def shrunken(image, shrink, top, left):
    """Means over squares, from one corner on."""
    part = image[top:, left:]
    rows, columns = (side // shrink for side in part.shape[:2])
    part = part[: rows * shrink, : columns * shrink]
    return part.reshape(rows, shrink, columns, shrink, -1).mean((1, 3))


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_along_a_direction_a_patch_is_its_product_with_it(shrink):
    image, directions = drawn(0, (36, 47, 3)), drawn(1, (7, 7, 3, 4))
    found = patches.along(tf.constant(image[np.newaxis]), tf.constant(directions), shrink).numpy()
    assert found.shape[0] == shrink**2
    for number, (top, left) in enumerate(np.ndindex(shrink, shrink)):
        small = shrunken(image, shrink, top, left)
        patch = small[1:8, 2:9]
        np.testing.assert_allclose(
            found[number, 1, 2], np.einsum("yxc,yxcn->n", patch, directions), atol=1e-4
        )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_the_way_back_is_the_gradient(shrink, shape):
    image, directions = tf.constant(drawn(0, (1, *shape, 3))), tf.constant(drawn(1, (7, 7, 3, 4)))
    with tf.GradientTape() as tape:
        tape.watch(image)
        values = patches.along(image, directions, shrink)
    weights = tf.constant(drawn(2, values.shape))
    wanted = tape.gradient(values, image, output_gradients=weights)
    found = patches.spread_back(weights, directions, shrink, shape)
    np.testing.assert_allclose(found, wanted, atol=2e-5)


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_a_guide_is_told_where_the_patches_middles_are(shrink):
    y, x = np.mgrid[:36, :47].astype(np.float32)
    ramp = (3 * y + x)[np.newaxis, ..., np.newaxis]
    guide, mean = tf.constant(ramp), np.zeros((7, 7, 3, 1), np.float32)
    mean[..., 0, 0] = 1 / 49
    image = tf.constant(np.repeat(ramp, 3, -1))
    # The mean of a ramp over a patch is the ramp in its middle.
    np.testing.assert_allclose(
        patches.middles(guide, shrink, 2),
        patches.along(image, tf.constant(mean), shrink, 2),
        atol=1e-4,
    )


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_the_smallest_image_has_a_patch_from_every_corner(shrink):
    side = patches.least_side(shrink)
    sides = [
        shrunken(np.zeros((some, some, 3)), shrink, shrink - 1, shrink - 1).shape[0]
        for some in (side, side - 1)
    ]
    assert sides == [patches.PATCH, patches.PATCH - 1]
