"""The sum of the terms is what one adds up by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import tensorflow as tf

from napari_neural_style.engine.targets import Hyperparameters
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.weighted_losses import WeightedLosses

#: Whose loss is the product of what is found and what is wanted: easy to add up.
STATISTIC = SimpleNamespace(gain=3.0, loss=lambda found, wanted, *, relative: found * wanted)
WEIGHTS = Hyperparameters(*map(tf.constant, (2.0, 0.5, 10.0, 0.1, 4.0, 8.0, 0.0)))


def numbers(*values):
    return tuple(map(tf.constant, values))


@pytest.mark.parametrize("relative", [True, False])
def test_losses_add_up_by_their_weights(relative):
    losses = WeightedLosses({"deep": 0.7}, {"fine": 1.0, "coarse": 0.25}, STATISTIC, 6.0, relative)
    terms = Terms(
        {"deep": tf.constant(5.0)},
        {"fine": numbers(1.0, 2.0), "coarse": numbers(3.0, 4.0)},
        tf.constant(20.0),
        numbers(0.5),
        numbers(0.25),
    )
    wanted = {"fine": numbers(1.0, 1.0), "coarse": numbers(1.0, 2.0)}
    shares = {"fine": numbers(0.5, 0.5), "coarse": numbers(0.25, 0.75)}
    found, objective = losses(terms, wanted, shares, WEIGHTS, tf.constant(100))
    fine, coarse, gain = 0.5 * 1 + 0.5 * 2, 0.25 * 3 + 0.75 * 8, 3.0 if relative else 1.0
    content, style = 0.7 * 5 * 6 * 0.5, gain * (fine + 0.25 * coarse)
    total = 2 * content + 10 * style + 0.1 * 20 + 4 * 0.5 + 8 * 0.25
    assert {name: float(loss) for name, loss in found.items()} == pytest.approx(
        {
            "content": content,
            "style": style,
            "style/fine": fine,
            "style/coarse": coarse,
            "tv": 20,
            "temporal": 0.5,
            "neighbors": 0.25,
            "total": total,
        }
    )
    assert float(objective) == pytest.approx(total * (100 if relative else 1))


def test_of_a_single_region_the_loss_counts_whole():
    losses = WeightedLosses({}, {"fine": 2.0}, STATISTIC, 1.0, relative=False)
    terms = Terms({}, {"fine": numbers(3.0)}, tf.constant(0.0), (), ())
    found, _ = losses(terms, {"fine": numbers(1.0)}, {"fine": ()}, WEIGHTS, tf.constant(1))
    assert float(found["style"]) == pytest.approx(6)
    assert "temporal" not in found
    assert "neighbors" not in found
