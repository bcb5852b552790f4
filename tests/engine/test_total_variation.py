"""The total variation against a sum over neighbours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from differences import Array, assert_same_gradient, finite_differences, gradient_of, tensor

from napari_neural_style.engine.total_variation import total_variation


def textbook_total_variation(image: Array) -> float:
    """Pixel by pixel, neighbour by neighbour; beyond the border lies the mirror image."""
    _, height, width, channels = image.shape
    padded = np.pad(image[0], [(1, 1), (1, 1), (0, 0)], mode="symmetric")
    total = 0.0
    for y, x in itertools.product(range(1, height + 1), range(1, width + 1)):
        for dy, dx in itertools.product((-1, 0, 1), repeat=2):
            weight = {0: 0, 1: 1 / 3, 2: 1 / 12}[abs(dy) + abs(dx)]
            total += weight * ((padded[y, x] - padded[y + dy, x + dx]) ** 2).sum()
    return float(total / (height * width * channels))


def test_total_variation_value_and_gradient():
    image = np.random.default_rng(17).uniform(0, 1, (1, 5, 4, 3)).astype(np.float32)
    image = image.astype(np.float64)
    assert float(total_variation(tensor(image))) == pytest.approx(
        textbook_total_variation(image), rel=1e-5
    )
    assert_same_gradient(
        gradient_of(total_variation, image), finite_differences(textbook_total_variation, image)
    )


def test_total_variation_is_nearly_the_same_along_and_across():
    y, x = np.mgrid[0:64, 0:64] * 0.3
    straight = np.repeat(np.sin(x)[None, ..., None], 3, -1)
    oblique = np.repeat(np.sin((x + y) / np.sqrt(2))[None, ..., None], 3, -1)
    found = [float(total_variation(tensor(i))) for i in (straight, oblique)]
    assert found[0] == pytest.approx(found[1], rel=0.05)


def test_a_flat_image_has_none():
    flat = tensor(np.full((1, 8, 8, 3), 0.3))
    assert float(total_variation(flat)) == pytest.approx(0, abs=1e-7)
