"""Values against textbook formulae in float64; gradients against their finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from differences import (
    Array,
    assert_same_gradient,
    finite_differences,
    gradient_of,
    matrix_root,
    tensor,
)
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine.losses import (
    Moments,
    StyleTarget,
    Transport,
    content_loss,
    gram_loss,
    moments,
    moments_loss,
    wasserstein_loss,
)

RELATIVE = pytest.mark.parametrize("relative", [True, False], ids=["relative", "absolute"])


def features_of(seed: int, height: int = 9, width: int = 8, channels: int = 4) -> Array:
    """Feature maps as a ReLU leaves them: correlated channels, many zeros, a mean well above 0."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(0.4, 1, (1, height, width, channels)) @ rng.normal(0, 1, (channels,) * 2)
    # What float32 holds exactly, so that both sides start from the same numbers.
    return np.maximum(mixed, 0).astype(np.float32).astype(np.float64)


def flat(features: Array) -> Array:
    return features.reshape(-1, features.shape[-1])


def textbook_gram(features: Array) -> Array:
    rows = flat(features)
    return sum(np.outer(row, row) for row in rows) / len(rows)


def covariance(features: Array) -> Array:
    apart = flat(features) - flat(features).mean(0)  # numpy's own takes a single row for a column
    return apart.T @ apart / len(apart)


def textbook_wasserstein(features: Array, style: Array) -> float:
    """Olkin and Pukelsheim's distance, with the matrix roots that the engine avoids."""
    mean, target_mean = flat(features).mean(0), flat(style).mean(0)
    sigma, target = covariance(features), covariance(style)
    root = matrix_root(target)
    cross = np.trace(matrix_root(root @ sigma @ root))
    return float(((mean - target_mean) ** 2).sum() + np.trace(sigma) + np.trace(target) - 2 * cross)


def fresh(features: Array, style: Array, floor: float = 1e-9) -> StyleTarget:
    return Transport(moments(tensor(style)), floor=floor)(moments(tensor(features)))


def test_moments_forget_positions():
    features = features_of(0)
    shuffled = np.random.default_rng(1).permutation(flat(features)).reshape(1, 6, 12, 4)
    for found, other in zip(moments(tensor(features)), moments(tensor(shuffled)), strict=True):
        np.testing.assert_allclose(found, other, rtol=1e-5)


@RELATIVE
def test_content_loss_value_and_gradient(relative):
    features, target = features_of(1), features_of(2)
    scale = (target**2).mean() if relative else 1.0

    def expected(f: Array) -> float:
        return float(((f - target) ** 2).mean() / scale)

    def found(f: tf.Tensor) -> tf.Tensor:
        return content_loss(f, tensor(target), relative=relative)

    assert float(found(tensor(features))) == pytest.approx(expected(features), rel=1e-5)
    assert_same_gradient(gradient_of(found, features), finite_differences(expected, features))


@RELATIVE
def test_gram_loss_value_and_gradient(relative):
    features, style = features_of(3), features_of(4, 5, 11)
    target = textbook_gram(style)
    scale = (target**2).mean() if relative else 1.0

    def expected(f: Array) -> float:
        return float(((textbook_gram(f) - target) ** 2).mean() / scale)

    def found(f: tf.Tensor) -> tf.Tensor:
        return gram_loss(moments(f), moments(tensor(style)), relative=relative)

    assert float(found(tensor(features))) == pytest.approx(expected(features), rel=1e-5)
    assert_same_gradient(gradient_of(found, features), finite_differences(expected, features))


@RELATIVE
def test_moments_loss_value_and_gradient(relative):
    picture, style = features_of(1), features_of(2)
    mean, sigma = flat(style).mean(0), np.cov(flat(style), rowvar=False, bias=True)

    def textbook(features: Array) -> float:
        shift = ((flat(features).mean(0) - mean) ** 2).mean()
        spread = ((np.cov(flat(features), rowvar=False, bias=True) - sigma) ** 2).mean()
        return shift / (mean**2).mean() + spread / (sigma**2).mean() if relative else shift + spread

    def engine(features: tf.Tensor) -> tf.Tensor:
        return moments_loss(moments(features), moments(tensor(style)), relative=relative)

    assert float(engine(tensor(picture))) == pytest.approx(textbook(picture), rel=1e-4)
    assert_same_gradient(gradient_of(engine, picture), finite_differences(textbook, picture))


@RELATIVE
def test_fresh_wasserstein_loss_has_the_value_and_gradient_of_the_distance(relative):
    features, style = features_of(5), features_of(6, 7, 13)
    scale = (flat(style) ** 2).sum(1).mean() if relative else style.shape[-1]
    target = fresh(features, style)

    def expected(f: Array) -> float:
        return textbook_wasserstein(f, style) / scale

    def found(f: tf.Tensor) -> tf.Tensor:
        return wasserstein_loss(moments(f), target, relative=relative)

    assert float(found(tensor(features))) == pytest.approx(expected(features), rel=1e-3)
    assert_same_gradient(gradient_of(found, features), finite_differences(expected, features))


@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_stale_transport_gives_a_lower_bound(seed, moved):
    """Fresh for one picture, used for another on the way to a third."""
    style, before, other = (features_of(seed + k) for k in range(3))
    now = (1 - moved) * before + moved * other
    stale = wasserstein_loss(moments(tensor(now)), fresh(before, style), relative=False)
    exact = textbook_wasserstein(now, style) / style.shape[-1]
    assert float(stale) <= exact + 1e-3 * (1 + exact)


def test_stale_transport_is_strictly_below_when_the_picture_has_moved():
    style, before, now = features_of(0), features_of(1), features_of(2)
    stale = wasserstein_loss(moments(tensor(now)), fresh(before, style), relative=False)
    assert float(stale) < 0.95 * textbook_wasserstein(now, style) / style.shape[-1]


def test_transport_carries_one_covariance_to_the_other():
    features, style = features_of(7, channels=6), features_of(8, channels=6)
    transport = np.asarray(fresh(features, style).transport, np.float64)
    sigma = np.cov(flat(features), rowvar=False, bias=True)
    target = np.cov(flat(style), rowvar=False, bias=True)
    np.testing.assert_allclose(transport, transport.T, atol=1e-5 * np.abs(transport).max())
    assert np.linalg.eigvalsh(transport).min() > 0
    moved = transport @ sigma @ transport
    np.testing.assert_allclose(moved, target, atol=1e-3 * np.abs(target).max())


def test_transport_is_the_geometric_mean_that_scipy_finds():
    features, style = features_of(9), features_of(10)
    sigma = np.cov(flat(features), rowvar=False, bias=True)
    target = np.cov(flat(style), rowvar=False, bias=True)
    root = matrix_root(target)
    expected = root @ np.linalg.inv(matrix_root(root @ sigma @ root)) @ root
    found = fresh(features, style).transport
    np.testing.assert_allclose(found, expected.real, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("positions", [1, 2, 5])
def test_wasserstein_loss_stays_close_with_fewer_positions_than_channels(positions):
    """A coarse scale: the picture's covariance has no inverse."""
    features, style = features_of(11, 1, positions, 8), features_of(12, 20, 20, 8)
    target = fresh(features, style, floor=1e-4)
    found = float(wasserstein_loss(moments(tensor(features)), target, relative=False))
    assert found == pytest.approx(textbook_wasserstein(features, style) / 8, rel=0.03)
    assert np.isfinite(np.asarray(target.transport)).all()


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e3])
def test_relative_losses_are_zero_at_the_target_and_one_without_features(scale):
    style = features_of(13, 12, 12) * scale
    nothing = np.zeros_like(style)

    def losses(f: Array) -> list[float]:
        now, target = moments(tensor(f)), moments(tensor(style))
        return [
            float(content_loss(tensor(f), tensor(style), relative=True)),
            float(gram_loss(now, target, relative=True)),
            float(wasserstein_loss(now, fresh(f, style, floor=1e-4), relative=True)),
        ]

    assert losses(style) == pytest.approx([0, 0, 0], abs=2e-4)
    # With no spread at all the lift of the covariances counts: its root is 1 % of a deviation.
    assert losses(nothing) == pytest.approx([1, 1, 1], abs=0.03)


@pytest.mark.parametrize("factor", [1e-2, 1e2])
def test_relative_losses_do_not_depend_on_the_scale_of_the_features(factor):
    features, style = features_of(14), features_of(15)

    def losses(by: float) -> list[float]:
        f, s = features * by, style * by
        now, target = moments(tensor(f)), moments(tensor(s))
        return [
            float(content_loss(tensor(f), tensor(s), relative=True)),
            float(gram_loss(now, target, relative=True)),
            float(wasserstein_loss(now, fresh(f, s), relative=True)),
        ]

    assert losses(factor) == pytest.approx(losses(1.0), rel=1e-3)


def test_losses_of_a_black_target_are_finite():
    black, features = np.zeros((1, 4, 4, 3)), features_of(16, 4, 4, 3)
    now, target = moments(tensor(features)), moments(tensor(black))
    assert np.isfinite(float(content_loss(tensor(features), tensor(black), relative=True)))
    assert np.isfinite(float(gram_loss(now, target, relative=True)))
    assert np.isfinite(float(wasserstein_loss(now, fresh(features, black), relative=True)))


def test_moments_hold_mean_and_gram():
    found = moments(tensor(features_of(18)))
    assert isinstance(found, Moments)
    np.testing.assert_allclose(found.mean, flat(features_of(18)).mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.gram, textbook_gram(features_of(18)), rtol=1e-5)


def test_moments_hold_mean_and_gram_of_a_large_map():
    """In float32 a sum of a million numbers in one go has lost two of its seven digits."""
    features = np.random.default_rng(21).random((1, 600, 800, 3), np.float32)
    weights = np.full(600 * 800, 1 / (600 * 800), np.float32)
    for found in (moments(tensor(features)), moments(tensor(features), tensor(weights))):
        np.testing.assert_allclose(found.mean, features.mean((0, 1, 2), np.float64), rtol=1e-6)


def test_gradient_of_a_region_s_moments():
    """Of a random linear function of both moments, so that nothing cancels."""
    features, rng = features_of(19, 3, 4), np.random.default_rng(20)
    weights = rng.dirichlet(np.ones(12))
    of_mean, of_gram = rng.normal(size=4), rng.normal(size=(4, 4))

    def expected(f: Array) -> float:
        rows = flat(f)
        gram = sum(w * np.outer(row, row) for w, row in zip(weights, rows, strict=True))
        return float(of_mean @ (weights @ rows) + (of_gram * gram).sum())

    def found(f: tf.Tensor) -> tf.Tensor:
        mean, gram = moments(f, tensor(weights))
        return tf.reduce_sum(mean * tensor(of_mean)) + tf.reduce_sum(gram * tensor(of_gram))

    assert float(found(tensor(features))) == pytest.approx(expected(features), rel=1e-4)
    assert_same_gradient(gradient_of(found, features), finite_differences(expected, features))
