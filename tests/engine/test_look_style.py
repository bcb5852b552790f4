"""The distance of styles: as scipy says, with the right gradient, wherever maps are odd."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from napari_neural_style.engine.look_style import style_distance
from napari_neural_style.engine.losses import moments


def maps(seed: int, channels: int = 5, side: int = 12, spread: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(2, side, side, channels)) @ rng.normal(size=(channels, channels))
    return (spread * mixed + rng.normal(size=channels)).astype(np.float32)


def distance_of(found, wanted) -> tf.Tensor:
    maps = (tf.convert_to_tensor(x, tf.float32) for x in (found, wanted))
    return style_distance(*(moments(x) for x in maps))


def by_the_book(found: np.ndarray, wanted: np.ndarray) -> float:
    """|μ - μ'|² + tr(Σ + Σ' - 2 (Σ'^½ Σ Σ'^½)^½), over tr Σ' + |μ'|²."""
    rows, others = (x.reshape(-1, x.shape[-1]).astype(float) for x in (found, wanted))
    sigma, target = (np.cov(x.T, bias=True) for x in (rows, others))
    mean, target_mean = rows.mean(0), others.mean(0)
    root = sqrtm(target).real
    spreads = np.trace(sigma + target - 2 * sqrtm(root @ sigma @ root).real)
    energy = np.trace(target) + np.sum(target_mean**2)
    return (np.sum((mean - target_mean) ** 2) + spreads) / energy


@given(seed=st.integers(0, 10_000), spread=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_it_is_the_wasserstein_distance_of_gaussians(seed: int, spread: float) -> None:
    found, wanted = maps(seed, spread=spread), maps(seed + 1)
    distance = float(distance_of(found, wanted))
    # Both are lifted a little, so that the inverse of each is known.
    assert distance == pytest.approx(by_the_book(found, wanted), rel=0.02, abs=1e-4)


def test_its_gradient_is_that_of_finite_differences() -> None:
    wanted, at = tf.constant(maps(1)), tf.constant(maps(2))
    with tf.GradientTape() as tape:
        tape.watch(at)
        distance = distance_of(at, wanted)
    gradient = tape.gradient(distance, at)
    direction = maps(3) / np.linalg.norm(maps(3))
    step = 0.05
    ahead, behind = (float(distance_of(at + s * direction, wanted)) for s in (step, -step))
    slope = float(tf.reduce_sum(gradient * direction))
    assert slope == pytest.approx((ahead - behind) / (2 * step), rel=0.01)


def test_the_same_in_another_order_is_the_same_style() -> None:
    found = maps(4)
    shuffled = np.random.default_rng(0).permutation(found.reshape(-1, 5)).reshape(found.shape)
    assert abs(float(distance_of(found, shuffled))) < 1e-5


@pytest.mark.parametrize("kind", ["flat", "black", "fewer places than channels", "one place"])
def test_odd_maps_have_a_distance_and_a_gradient(kind: str) -> None:
    odd = {
        "flat": np.full((1, 6, 6, 8), 0.4),
        "black": np.zeros((1, 6, 6, 8)),
        "fewer places than channels": maps(5, channels=8, side=1),
        "one place": maps(6, channels=8, side=1)[:1],
    }[kind]
    usual = maps(7, channels=8, side=6)
    for found, wanted in ((odd, usual), (usual, odd), (odd, odd)):
        at = tf.constant(found, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(at)
            distance = distance_of(at, wanted)
        assert float(distance) > -1e-5
        assert np.isfinite(float(distance))
        assert np.isfinite(tape.gradient(distance, at).numpy()).all()
