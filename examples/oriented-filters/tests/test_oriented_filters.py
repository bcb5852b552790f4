"""The filters see what they should, and the engine paints with the network."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from oriented_filters import LAYERS
from oriented_filters.network import _ORIENTATIONS, bank, load

from napari_neural_style import Settings, stylize
from napari_neural_style.hooks import NetworkRequest, extensions


def grating(angle: float, pixels: int = 48) -> np.ndarray:
    """Return grey waves across `angle`, of the wavelength of the filters."""
    y, x = np.mgrid[:pixels, :pixels]
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / 4.5)
    return np.repeat(0.5 + 0.3 * wave[..., None], 3, -1).astype(np.float32)[None]


@pytest.fixture(scope="module")
def network():
    return load(NetworkRequest())


@pytest.mark.parametrize("k", range(_ORIENTATIONS))
def test_each_orientation_is_seen_by_its_own_filters(network, k):
    responses = network(grating(np.pi * k / _ORIENTATIONS), ["scale1"])["scale1"]
    energy = np.square(responses[..., :72]).mean((0, 1, 2)).reshape(2, _ORIENTATIONS, 2, 3)
    brightness, *colours = energy.sum((0, 2)).T
    assert brightness.argmax() == k
    assert max(colour.max() for colour in colours) < 1e-6 * brightness[k]


def test_flat_areas_are_seen_as_colour_only(network):
    flat = np.broadcast_to(np.float32([0.2, 0.5, 0.9]), (1, 32, 32, 3))
    for responses in network(flat, LAYERS).values():
        np.testing.assert_allclose(responses[..., :72], 0, atol=1e-5)
        np.testing.assert_allclose(responses[..., 72:], flat[:, :1, :1] + 0 * responses[..., 72:])


def test_filters_have_no_mean():
    np.testing.assert_allclose(bank().sum((0, 1, 2)), 0, atol=1e-6)


@pytest.mark.parametrize("shape", [(16, 16), (37, 50)])
def test_gradients_reach_every_pixel(network, shape):
    image = tf.constant(np.random.default_rng(0).random((1, *shape, 3), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(image)
        features = network(image, LAYERS)
        loss = tf.add_n([tf.reduce_sum(tf.square(f)) for f in features.values()])
    assert list(features) == list(LAYERS)
    assert all(f.dtype == tf.float32 for f in features.values())
    assert (np.abs(tape.gradient(loss, image)).max(-1) > 0).all()


def test_the_package_is_found_and_loads_no_tensorflow():
    program = (
        "import sys; from napari_neural_style.hooks import extensions; e = extensions();"
        "assert 'oriented' in e.feature_networks, e.problems;"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert extensions().problems == []
    assert Settings(features="oriented", style_layers={"scale3": 1}).features == "oriented"


def test_the_engine_paints_with_it():
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 255, (40, 48, 3), np.uint8)
    painting = np.uint8(255 * grating(0.5)[0])
    seen = []
    painted = stylize(photo, painting, preset="hatched", steps=20, size=48, callback=seen.append)
    assert painted.shape == photo.shape
    assert {getattr(update, "features", "Oriented filters") for update in seen} == {
        "Oriented filters"
    }
    losses = [update.losses["style"] for update in seen if hasattr(update, "losses")]
    assert losses[-1] < 0.5 * losses[0]
