"""What a picture is like when it is brought to the next scale."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import adam
from napari_neural_style.engine.adam_in_place import AdamInPlace
from napari_neural_style.engine.iterates import resized_iterate, without_weave
from napari_neural_style.settings import Settings


def wave(down, across, side=64):
    """A wave of so many periods in a picture, of amplitude 0.2."""
    y, x = np.mgrid[:side, :side] / side
    one = 0.5 + 0.2 * np.cos(2 * np.pi * (down * y + across * x))
    return np.repeat(one[np.newaxis, ..., np.newaxis], 3, 3).astype(np.float32)


def left(image):
    """The share of a wave's contrast that is left."""
    inner = np.asarray(image)[0, 8:-8, 8:-8, 0]
    return inner.std() / (0.2 / np.sqrt(2))


@pytest.mark.parametrize(
    ("down", "across", "share"),
    # By the kernel's spectrum, 1 - 0.65 (sin²(πv) cos²(πu) + sin²(πu) cos²(πv)).
    [(0, 24, 0.45), (24, 0, 0.45), (0, 16, 0.68), (16, 16, 0.68), (20, 20, 0.72), (4, 0, 0.975)],
)
def test_the_finest_waves_along_the_axes_are_weakened_most(down, across, share):
    assert left(without_weave(tf.constant(wave(down, across)))) == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize("in_place", [False, True])
def test_an_enlarged_picture_has_no_mesh_of_the_finest_waves(in_place):
    image = wave(0, 30)
    state = AdamInPlace(Settings()).init(image) if in_place else adam.init(tf.constant(image))
    enlarged, same, smaller = (
        resized_iterate(state, (side, side), in_place=in_place) for side in (94, 64, 63)
    )
    assert left(enlarged) < 0.4
    np.testing.assert_allclose(same, image, atol=1e-5)
    assert np.asarray(smaller).std() > 0.3 * image.std()
    flat = adam.init(tf.fill([1, 64, 64, 3], 0.3))
    np.testing.assert_allclose(resized_iterate(flat, (94, 94)), 0.3, atol=1e-6)
