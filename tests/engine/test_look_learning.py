"""A look learns: what it paints comes nearer to what it learns from; what is wrong is refused."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.engine import learn_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.look_critic import LookCritic
from napari_neural_style.engine.look_crops import Crops
from napari_neural_style.engine.look_painting import Painter
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.errors import Cancelled, ImageError
from napari_neural_style.learn_job import LearnJob, Learnt, Pair
from tiny_looks import TINY

OPTIONS = {"precision": "float32", "device": "cpu", "widths": TINY}


@pytest.fixture(scope="module")
def pair(picture) -> Pair:
    content = picture(72, 80)
    return Pair(content, np.ascontiguousarray(1 - content))


@pytest.fixture(scope="module")
def told(pair: Pair) -> list[Learnt]:
    return list(learn_steps(LearnJob((pair,), steps=90, update_every=45, **OPTIONS)))


def test_what_it_paints_comes_nearer(pair: Pair, told: list[Learnt]) -> None:
    assert [update.step for update in told] == [1, 45, 90]
    assert [update.fraction for update in told] == [1 / 90, 0.5, 1]
    assert told[0].remaining is None
    assert told[1].remaining > 0
    errors = [np.abs(update.image - pair.result).mean() for update in told]
    assert errors[2] < 0.9 * errors[0]
    assert told[2].losses["total"] < 0.7 * told[0].losses["total"]
    last = told[2]
    np.testing.assert_array_equal(
        Painter(last.network, "float32", "/CPU:0")(pair.content), last.image
    )
    assert all(array.dtype == np.float16 for array in last.network.parameters.values())


def test_the_same_seed_learns_the_same_and_another_something_else(pair: Pair) -> None:
    def learnt(seed: int) -> str:
        *_, last = learn_steps(LearnJob((pair,), steps=3, seed=seed, **OPTIONS))
        return last.network.fingerprint

    first = learnt(0)
    assert first == learnt(0)
    assert first != learnt(1)


def test_it_goes_on_from_what_was_learnt(pair: Pair, told: list[Learnt]) -> None:
    before = told[-1]
    first, *_ = learn_steps(LearnJob((pair,), steps=2, start=before.network, **OPTIONS))
    assert np.abs(first.image - before.image).mean() < 0.05


def test_a_cancelled_job_learns_nothing_more(pair: Pair) -> None:
    control = Control()
    updates = learn_steps(LearnJob((pair,), steps=50, **OPTIONS), control)
    assert next(updates).step == 1
    control.cancel()
    with pytest.raises(Cancelled):
        next(updates)


def test_crops_of_content_and_result_are_of_the_same_place() -> None:
    rows, columns = np.mgrid[:90, :100] / 100
    ramp = np.stack([rows, columns, 0 * rows], axis=-1).astype(np.float32)
    crops = Crops([Pair(ramp, ramp)], margin=8, size=64, seed=0)
    for _ in range(20):
        contents, results, grains, _ = crops.draw(2)
        assert contents.shape == (2, 80, 80, 3)
        assert grains.shape == (2, 20, 20, 4)
        inside = contents[:, 8:-8, 8:-8]
        # Some are under grain and in another light; red and green still run as they do.
        shift = (inside - results).mean((1, 2))
        assert np.abs(shift).max() < 0.1
        assert np.corrcoef(inside[0, ..., 0].ravel(), results[0, ..., 0].ravel())[0, 1] > 0.9


def test_crops_are_as_wide_as_the_picture_allows_and_at_as_many_places_as_asked(picture) -> None:
    pairs = [Pair(picture(*sides), picture(*sides)) for sides in ((64, 160), (96, 128))]
    crops = Crops(pairs, margin=8, size=100, seed=0, places=3)
    seen = {}
    for _ in range(60):
        drawn = crops.draw(1)
        assert drawn.contents.shape == (1, 56 + 16, 100 + 16, 3)
        assert drawn.results.shape == (1, 56, 100, 3)
        assert drawn.grains.shape == (1, 18, 29, 4)
        ((pair, row, column),) = place = drawn.places
        np.testing.assert_array_equal(
            drawn.results[0], pairs[pair].result[row : row + 56, column : column + 100]
        )
        seen.setdefault(pair, set()).add(place)
    assert {pair: len(places) for pair, places in seen.items()} == {0: 3, 1: 3}


def test_the_critic_sees_with_the_built_in_network(picture) -> None:
    """Inside, where no border counts, its features are those of the engine's own network."""
    image = tf.constant(picture(80, 80)[np.newaxis])
    theirs = VGG19(builtin_weights())(image, ["block1_conv2", "block3_conv1"])
    ours = LookCritic(builtin_weights(), "float32").features(image)
    near, far = ours["block1_conv2"][0].numpy(), theirs["block1_conv2"][0].numpy()
    np.testing.assert_allclose(near[10:60, 10:60], far[12:62, 12:62], atol=1e-4)


def test_the_losses_are_nothing_where_nothing_differs(picture) -> None:
    critic = LookCritic(builtin_weights(), "float32")
    image, other = (tf.constant(picture(80, 80, seed)[np.newaxis]) for seed in (0, 1))
    wanted = critic.statistics(image)
    assert all(abs(float(loss)) < 1e-5 for loss in critic(image, image, wanted))
    assert all(float(loss) > 0.01 for loss in critic(other, image, wanted))


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ((), "nothing to learn from"),
        ((Pair(np.zeros((64, 64, 3)), np.zeros((64, 65, 3))),), "the same"),
        ((Pair(np.zeros((64, 64)), np.zeros((64, 64))),), "height, width, 3"),
        ((Pair(np.zeros((64, 64, 3)), np.full((64, 64, 3), np.nan)),), "NaN"),
    ],
)
def test_pairs_that_cannot_be_are_refused(pairs, text) -> None:
    with pytest.raises(ImageError, match=text):
        list(learn_steps(LearnJob(pairs, **OPTIONS)))
