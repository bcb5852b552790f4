"""Nearest neighbours are those that a plain search finds, shared out as asked for."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine import matching
from napari_neural_style.engine.matching import Candidates, nearest

WIDTHS = [5, 3]


def descriptors(count, seed):
    return np.random.default_rng(seed).normal(size=(count, sum(WIDTHS))).astype(np.float32)


def made(found, owners=None, shares=(1.0,)):
    owners = np.zeros(len(found), np.int32) if owners is None else owners
    return Candidates(tf.constant(found), WIDTHS, owners, shares)


def cosines(places, found):
    """Angles of centred descriptors, all layers of the same total spread; no basis changes them."""
    scale = np.repeat(
        [1 / np.linalg.norm(p - p.mean(0)) for p in np.split(found, [WIDTHS[0]], axis=1)], WIDTHS
    )
    sides = [(x - x.mean(0)) * scale for x in (places.astype(float), found.astype(float))]
    one, other = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in sides)
    return one @ other.T


@given(st.integers(1, 60), st.integers(9, 60), st.integers(0, 1000))
def test_each_place_takes_the_cheapest_candidate(places, candidates, seed):
    picture, style = descriptors(places + 1, seed), descriptors(candidates, seed + 1)
    distance = 1 - cosines(picture, style)
    costs = distance / (matching._BALANCE + distance.min(0))
    own = made(style)
    found = nearest(own.projected(tf.constant(picture)).numpy(), own)
    chosen = np.take_along_axis(costs, found[:, np.newaxis], 1)[:, 0]
    np.testing.assert_allclose(chosen, costs.min(1), rtol=1e-3, atol=1e-5)


def test_a_style_s_own_places_find_themselves():
    style = descriptors(500, 3)
    own = made(style)
    found = nearest(own.projected(tf.constant(style)).numpy(), own)
    np.testing.assert_array_equal(found, np.arange(500))


def test_candidates_that_nobody_is_near_are_taken_more_often_than_by_plain_search():
    # All of the picture looks like a few places of the style.
    rng = np.random.default_rng(5)
    style = descriptors(400, 6)
    picture = style[rng.integers(0, 20, 2000)] + 0.3 * descriptors(2000, 7)
    own = made(style)
    found = nearest(own.projected(tf.constant(picture)).numpy(), own)
    plain = cosines(picture, style).argmax(1)
    assert len(set(found)) > 1.2 * len(set(plain))


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.8, 0.2), (0.1, 0.6, 0.3)])
def test_each_style_serves_its_share_of_the_places(shares):
    # The last style is far from everything: left to itself, it would serve hardly any place.
    styles = [descriptors(150, seed) + (seed == len(shares) - 1) * 2 for seed in range(len(shares))]
    owners = np.repeat(np.arange(len(shares)), 150).astype(np.int32)
    own = made(np.concatenate(styles), owners, shares)
    picture = descriptors(3000, 50)
    found = nearest(own.projected(tf.constant(picture)).numpy(), own)
    served = np.bincount(owners[found], minlength=len(shares)) / len(picture)
    np.testing.assert_allclose(served, shares, atol=0.03)
