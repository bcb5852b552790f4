"""A package that is really on the path: found in this process and in the engine's."""

from __future__ import annotations

import numpy as np
import pytest

from napari_neural_style.errors import ExtensionError, SettingsError
from napari_neural_style.job import Job
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.process import EngineProcess
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.settings import Settings

EXTENSION = """
from napari_neural_style.hooks import (
    ContentLossSpec, FeatureNetworkSpec, Preset, StyleLossSpec, hookimpl)

class Everything:
    @hookimpl
    def feature_networks(self):
        return [
            FeatureNetworkSpec("edges", "Edges", "Differences.", "edge_engine:load"),
            FeatureNetworkSpec("lame", "Lame", "Lacks all.", "edge_engine:load_lame"),
            FeatureNetworkSpec("lost", "Lost", "Is nowhere.", "edge_engine:load_lost"),
        ]

    @hookimpl
    def style_losses(self):
        return [StyleLossSpec("mean only", "Colours.", "edge_engine:mean_only")]

    @hookimpl
    def content_losses(self):
        return [ContentLossSpec("zero", "Holds nothing.", "edge_engine:zero")]

    @hookimpl
    def presets(self):
        return {"edgy": Preset("Edges.", {"features": "edges", "style_loss": "mean only",
                                          "content_loss": "zero", "precision": "float32"})}

everything = Everything()
"""
ENGINE = """
import functools
import keras
import tensorflow as tf
from napari_neural_style.engine.statistic import Statistic
from napari_neural_style.engine.losses import Moments
from napari_neural_style.progress import Notice

class Edges:
    title, style_loss = "Edges", "gram"
    layers = ("flat", "across")
    content_layers, style_layers = {"flat": 1.0}, {"flat": 1.0, "across": 1.0}
    def __call__(self, image, layers):
        across = keras.ops.subtract(image[:, :, 1:], image[:, :, :-1])
        maps = {"flat": image, "across": across}
        return {layer: maps[layer] for layer in layers}

@functools.cache
def edges():
    return Edges()

def load(request):
    request.control.checkpoint()
    yield Notice("Drawing edges.")
    return edges()

def load_lame(request):
    return lambda image, layers: {}

def mean_only():
    def loss(picture, style, *, relative):
        return tf.reduce_mean(tf.math.squared_difference(picture.mean, style.mean))
    spec = Moments(tf.TensorSpec([None], tf.float32), tf.TensorSpec([None, None], tf.float32))
    return Statistic(lambda style: lambda now: style, loss, spec)

def zero():
    return lambda features, target, *, relative: tf.zeros([])
"""


@pytest.fixture
def edges(known, install):
    folder = install("neural-style-edges", "edge_marks", EXTENSION, "edge_marks:everything")
    (folder / "edge_engine.py").write_text(ENGINE)
    known.load_entry_points()
    assert known.problems == []


@pytest.fixture
def engine():
    process = EngineProcess()  # started with the path as it is now
    yield process
    process.close()


def test_network_losses_and_preset_of_a_package_work_in_the_engine_process(edges, engine, picture):
    content, style = picture(32, 40, seed=1), picture(36, 32, seed=2)
    job = Job(content, style, settings("edgy", steps=30, smallest_scale=0, size=40, tv_weight=0))
    updates = [update for update in engine.stylize_steps(job) if update]
    assert Notice("Drawing edges.") in updates
    last = updates[-1]
    assert isinstance(last, Progress)
    assert (last.features, last.style_loss) == ("Edges", "mean only")
    assert set(last.losses) == {"content", "style", "style/flat", "style/across", "tv", "total"}
    assert last.losses["content"] == 0
    # Its style is the mean colour, and nothing holds the content: so the mean arrives.
    wanted = style.mean((0, 1))
    before, after = (np.abs(p.mean((0, 1)) - wanted).max() for p in (content, last.image))
    assert after < 0.2 * before

    for name, sentence in (
        ("lame", "'lame' cannot be used .AttributeError: .* no attribute 'title'"),
        ("lost", "'lost' cannot be used .AttributeError: .*load_lost"),
    ):
        broken = Job(content, style, Settings(features=name, steps=1))
        with pytest.raises(ExtensionError, match=sentence) as error:
            list(engine.stylize_steps(broken))
        assert "Traceback" in error.value.details
    wrong = Job(content, style, Settings(features="edges", style_layers={"along": 1}))
    with pytest.raises(SettingsError, match=r"'along', which Edges does not have; .* flat, across"):
        list(engine.stylize_steps(wrong))


def test_network_that_only_this_process_knows_is_said(edges, engine, picture, known):
    known.feature_networks["ghost"] = known.feature_networks["edges"]
    job = Job(picture(32, 32), picture(32, 32, seed=2), Settings(features="ghost", steps=1))
    with pytest.raises(ExtensionError, match="knows no feature network 'ghost': install"):
        list(engine.stylize_steps(job))


def test_name_that_nobody_knows_is_refused_before_a_process_is_started(known, picture):
    job = Job(picture(32, 32), picture(32, 32, seed=2), Settings(features="nobody", steps=1))
    engine = EngineProcess()
    with pytest.raises(SettingsError, match=r"features is 'nobody': it must be one of \('vgg19'"):
        next(engine.stylize_steps(job))
    assert engine._child is None
