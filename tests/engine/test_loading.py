"""Feature networks that are not ours: what is taken, what is refused, what is compiled anew."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.compiled import compiled_objective
from napari_neural_style.engine.loading import fit_layers, load_network
from napari_neural_style.engine.optimizers import make_optimizer
from napari_neural_style.errors import ExtensionError, SettingsError
from napari_neural_style.hooks import Extensions, FeatureNetworkSpec, NetworkRequest, manager
from napari_neural_style.settings import Settings


class Halves:
    """The picture itself, and the picture at half the size."""

    title = "Halves"
    style_loss = "gram"
    layers = ("whole", "half")
    content_layers = {"half": 2.0}  # noqa: RUF012
    style_layers = {"whole": 1.0, "half": 1.0}  # noqa: RUF012

    def __call__(self, image, layers):
        maps = {"whole": image, "half": tf.nn.avg_pool2d(image, 2, 2, "VALID")}
        return {layer: maps[layer] for layer in layers}


@pytest.fixture
def bring(monkeypatch):
    """A function that registers what `load` returns and loads it."""
    known = Extensions()
    monkeypatch.setattr(manager, "_extensions", known)

    def find(network):
        spec = FeatureNetworkSpec("mine", "Mine", "Mine.", lambda request: network)
        known.feature_networks["mine"] = spec
        return finished(load_network("mine", NetworkRequest()))

    return find


def finished(generator):
    notices = []
    while True:
        try:
            notices.append(next(generator))
        except StopIteration as end:
            return end.value, notices


def changed(**parts):
    return type("Changed", (Halves,), parts)()


def test_network_as_described_is_taken(bring):
    network = Halves()
    found, notices = bring(network)
    assert (found.network, found.layers, found.title, notices) == (
        network,
        network.layers,
        "Halves",
        [],
    )
    assert bring(network)[0] is found


def test_what_a_network_leaves_out_is_filled_in(bring):
    found, _ = bring(Halves())
    assert (found.content_stand_ins, found.content_gains, found.weights_sha256) == ({}, {}, "")
    given = {"content_gains": {"gram": 2.0}, "content_stand_ins": {"half": {"whole": 1.0}}}
    found, _ = bring(changed(**given, weights_sha256="ab12"))
    assert {name: getattr(found, name) for name in given} == given
    assert found.weights_sha256 == "ab12"


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (None, "has no attribute 'title'"),
        (changed(title=7), "its title is no text"),
        (changed(layers=()), "its layers are no names"),
        (changed(style_loss="blur"), "its style_loss is 'blur', which is not registered"),
        (changed(style_layers={}), "its style_layers have no weight above 0"),
        (changed(content_gains={"gram": "much"}), "its content_gains have 'much' for 'gram', no n"),
        (changed(content_gains={"gram": -1.0}), "its content_gains have -1.0 for 'gram', no numb"),
        (changed(content_gains=12.0), "TypeError: 'float' object is not iterable"),
        (
            changed(content_stand_ins={"half": {"third": 1.0}}),
            "its content_stand_ins name 'third', which is no layer of it",
        ),
        (
            changed(content_stand_ins={"half": {"whole": None}}),
            "its content_stand_ins for half have None for 'whole', no number above 0",
        ),
        (changed(content_stand_ins={"half": 0.5}), "TypeError: 'float' object is not iterable"),
        (changed(__call__=lambda self, image, layers: {}), "it returns no feature map half"),
        (
            changed(__call__=lambda self, image, layers: dict.fromkeys(layers, image[0])),
            r"float32 of the shape \(32, 32, 3\) where",
        ),
        (
            changed(__call__=lambda self, i, ls: {n: tf.cast(i, tf.float64) for n in ls}),
            "is float64 of the shape",
        ),
        (changed(__call__=lambda self, image, layers: 1 / 0), "ZeroDivisionError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_anything_else_is_refused_with_the_reason(bring, network, reason):
    with pytest.raises(ExtensionError, match=reason) as error:
        bring(network)
    assert "The feature network 'mine' cannot be used" in str(error.value)


def test_layers_that_the_settings_name_must_exist(bring):
    network, _ = bring(Halves())
    with pytest.raises(SettingsError, match=r"'third', which Halves does not have; .* whole, half"):
        finished(fit_layers(network, wanting("third")))


def wanting(layer: str) -> Settings:
    """Settings for a network whose layers nobody knew before it was loaded."""
    settings = Settings()
    object.__setattr__(settings, "style_layers", {layer: 1.0})
    return settings


def test_own_layers_are_taken_as_far_as_they_exist(bring):
    network, _ = bring(Halves())
    whole, notices = finished(fit_layers(network, Settings(features="mine")))
    assert (whole.content_layers, whole.style_layers) == ({"half": 2}, {"whole": 1, "half": 1})
    assert notices == []

    network, _ = bring(changed(layers=("whole",)))
    part, notices = finished(fit_layers(network, Settings(features="mine")))
    assert (part.content_layers, part.style_layers) == ({"whole": 2}, {"whole": 1})
    assert [notice.important for notice in notices] == [True, True]
    assert "Halves has no half: the content layers are whole: 2." in notices[0].text


def test_stand_ins_hold_the_content_for_layers_that_do_not(bring):
    network, _ = bring(changed(content_stand_ins={"half": {"whole": 0.5}}))
    asked = Settings(features="mine", content_layers={"half": 4.0, "whole": 1.0})
    settings, (notice,) = finished(fit_layers(network, asked))
    assert settings.content_layers == {"whole": 3.0}
    assert "does not hold the content in half: the content layers are whole: 3." in notice.text


@pytest.mark.parametrize(("named", "taken"), [({"whole": 2.0}, {"whole": 2}), ({}, {"half": 2})])
def test_nothing_stands_in_for_other_layers_or_for_the_networks_own(bring, named, taken):
    network, _ = bring(changed(content_stand_ins={"half": {"whole": 0.5}}))
    asked = Settings(features="mine", content_layers=named)
    settings, notices = finished(fit_layers(network, asked))
    assert (settings.content_layers, notices) == (taken, [])


def test_objective_is_compiled_anew_for_whatever_changes_it(bring):
    (network, _), (other, _) = bring(Halves()), bring(Halves())
    settings, _ = finished(fit_layers(network, Settings(features="mine")))
    first = compiled_objective(network, settings, "/CPU:0")
    assert compiled_objective(network, settings.replace(steps=3, size=64), "/CPU:0") is first
    assert compiled_objective(other, settings, "/CPU:0") is not first
    for change in (
        {"style_loss": "moments"},
        {"style_layers": {"whole": 1.0}},
        {"optimizer": "adam"},
        {"loss_scale": "absolute"},
    ):
        assert compiled_objective(network, settings.replace(**change), "/CPU:0") is not first


def test_optimiser_follows_the_statistic_that_the_network_recommends(bring):
    network, _ = bring(changed(style_loss="wasserstein"))
    settings, _ = finished(fit_layers(network, Settings(features="mine")))
    objective = compiled_objective(network, settings, "/CPU:0")
    assert objective.style_loss == "wasserstein"
    assert type(objective.optimizer.init(tf.zeros([1, 8, 8, 3]))).__name__ == "AdamState"
    with pytest.raises(SettingsError, match="does not go with L-BFGS: take optimizer='adam'"):
        compiled_objective(network, settings.replace(optimizer="lbfgs"), "/CPU:0")
    fixed = make_optimizer(Settings()).init(tf.zeros([1, 8, 8, 3]))
    assert type(fixed).__name__ == "LBFGSState"
    assert np.shape(fixed.image) == (1, 8, 8, 3)
