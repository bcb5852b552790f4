"""Places are drawn towards places of the style: of the right region, and in earnest."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine import neighbors, stylize_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.cells import CellGrid
from napari_neural_style.engine.neighbors import FeaturePart, NeighborTargets, neighbor_loss
from napari_neural_style.engine.targets import StyleInput
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.job import Job, Region, Style
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings

LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1")


@pytest.fixture(scope="module")
def network():
    return VGG19(builtin_weights())


@pytest.fixture(scope="module")
def grid(network):
    return CellGrid(network, LAYERS)


@pytest.fixture
def targets(network, grid):
    def parts(image):
        rows, columns = (slice(0, side) for side in image.shape[1:3])
        yield FeaturePart(rows, columns, network(image, LAYERS))

    return lambda regions, **options: NeighborTargets(grid, parts, regions, **options)


def image(picture, seed, shape=(64, 80)):
    return tf.constant(picture(*shape, seed=seed)[None])


def test_a_picture_that_is_the_style_has_no_loss(network, grid, targets, picture):
    style = image(picture, 1)
    places = targets([[StyleInput(style)]]).places(style, ())
    np.testing.assert_array_equal(places.index, np.arange(16 * 20))
    assert float(neighbor_loss(grid.values(network(style, LAYERS)), places)) < 1e-10


def test_the_loss_is_the_mean_of_relative_differences(network, grid, targets, picture):
    style, other = image(picture, 1), image(picture, 2)
    places = targets([[StyleInput(style)]]).places(other, ())
    found, wanted = (grid.values(network(i, LAYERS)) for i in (other, style))
    losses = []
    for name in grid.compared:
        differences = found[name].numpy() - wanted[name].numpy()[places.index.numpy()]
        losses.append((differences**2).mean() / (wanted[name].numpy() ** 2).mean())
    loss = float(neighbor_loss(found, places))
    assert loss == pytest.approx(np.mean(losses), rel=1e-4)
    assert loss > 0.01


def test_turned_by_a_quarter_the_style_finds_itself_only_with_turns(
    network, grid, targets, picture
):
    style = image(picture, 1, (64, 64))
    turned = tf.image.rot90(style)
    values = grid.values(network(turned, LAYERS))

    def loss(turns):
        found = targets([[StyleInput(style)]], turns=turns)
        return float(neighbor_loss(values, found.places(turned, ())))

    assert loss(4) < 1e-6 < 0.01 < loss(1)


def test_a_region_is_drawn_to_its_own_style_and_the_part_of_it_that_its_guide_shows(
    targets, picture
):
    one, two, content = (image(picture, seed) for seed in (1, 2, 3))
    whole, top = np.ones((1, 64, 80, 1), np.float32), np.zeros((1, 64, 80, 1), np.float32)
    top[:, :32] = 1
    left = np.zeros((1, 64, 80, 1), np.float32)
    left[:, :, :40] = 1
    guides = (tf.constant(left), tf.constant(0.5 * (1 - left)))
    regions = [
        [StyleInput(one, 1.0, (tf.constant(whole),))],
        [StyleInput(two, 1.0, (tf.constant(top),))],
    ]
    places = targets(regions).places(content, guides)
    index, weight = (value.numpy().reshape(16, 20) for value in (places.index, places.weight))
    assert index[:, :10].max() < 320
    # Half of the second style has cells at all: those under its guide.
    assert index[:, 10:].min() >= 320
    assert index.max() < 320 + 160
    assert len(places.cells["block3_conv1"]) == 320 + 160
    np.testing.assert_allclose(weight[:, :10] * weight.size, 1)
    np.testing.assert_allclose(weight[:, 10:] * weight.size, 0.5)


def test_of_a_large_style_cells_are_taken_evenly(targets, picture, monkeypatch):
    monkeypatch.setattr(neighbors, "_MOST_CANDIDATES", 100)
    style = image(picture, 1)
    places = targets([[StyleInput(style)]]).places(style, ())
    assert len(places.cells["block1_conv1"]) == 100
    assert len(np.unique(places.index)) > 60


def painted(picture, **changes):
    settings = Settings(features="builtin", size=64, smallest_scale=0, **{"steps": 3, **changes})
    job = Job(picture(64, 64, seed=1), picture(64, 64, seed=2), settings)
    return [update for update in stylize_steps(job) if isinstance(update, Progress)]


def test_a_run_with_neighbours_comes_nearer_to_the_style_s_places(picture):
    updates = painted(picture, style_loss="neighbors", update_every=1, steps=25)
    losses = [update.losses["neighbors"] for update in updates]
    assert losses[-1] < 0.85 * losses[0]
    assert updates[-1].style_loss == "neighbors"


def test_a_run_with_regions_and_several_styles_is_the_same_in_tiles(picture):
    left = np.zeros((64, 64), np.float32)
    left[:, :30] = 1
    styles = [Style(picture(64, 64, seed=seed)) for seed in (2, 3)]
    regions = (Region(tuple(styles), left), Region((styles[1],), 1 - left))
    found = []
    for tile in (0, 64):
        settings = Settings(
            features="builtin",
            style_loss="neighbors",
            size=64,
            steps=4,
            smallest_scale=0,
            tile=tile,
        )
        job = Job(picture(64, 64, seed=1), regions, settings)
        *_, last = stylize_steps(job)
        found.append(last)
    whole, tiled = found
    assert tiled.losses["neighbors"] == pytest.approx(whole.losses["neighbors"], rel=0.02)
    assert np.abs(tiled.image - whole.image).mean() < 0.01
