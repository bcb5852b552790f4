"""The judge of the benchmarks that no network has a part in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wasserstein_distance


@pytest.fixture(scope="module")
def distance() -> Callable[..., float]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        from metrics import _patch_distance
    return _patch_distance


def test_patches_that_are_the_same_in_another_order_are_no_distance_away(
    distance: Callable[..., float],
) -> None:
    picture = np.random.default_rng(0).random((40, 60, 3)).astype(np.float32)
    assert distance(picture, picture) == 0
    turned = np.tile(picture, (2, 1, 1))
    assert distance(turned, picture) < 0.1


def test_a_shift_of_colour_is_as_far_as_scipy_says(distance: Callable[..., float]) -> None:
    rng = np.random.default_rng(1)
    style = rng.random((48, 48, 3)).astype(np.float32)
    picture = (0.5 * rng.random((48, 48, 3)) + 0.1).astype(np.float32)
    directions = rng.normal(size=(7, 7, 3, 300))
    directions[..., ::2] -= directions[..., ::2].mean((0, 1), keepdims=True)
    directions /= np.sqrt((directions**2).sum((0, 1, 2)))
    windows = [
        np.lib.stride_tricks.sliding_window_view(i, (7, 7, 3)).reshape(-1, 147)
        for i in (picture, style)
    ]
    found, wanted = (rows @ directions.transpose(0, 1, 2, 3).reshape(147, 300) for rows in windows)
    textbook = np.mean(
        [wasserstein_distance(a, b) / b.std() for a, b in zip(found.T, wanted.T, strict=True)]
    )
    # Other directions, as many quantiles as they need.
    assert distance(picture, style) == pytest.approx(textbook, rel=0.15)
