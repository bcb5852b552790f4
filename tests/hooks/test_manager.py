"""What extensions bring, what is refused, and that nothing else suffers from a broken one."""

from __future__ import annotations

import re
import sys
import types
from collections import OrderedDict

import pytest

from napari_neural_style.errors import SettingsError
from napari_neural_style.hooks import FeatureNetworkSpec, Preset, StyleLossSpec, hookimpl
from napari_neural_style.hooks.specs import ContentLossSpec, resolved
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.settings import Settings

GOOD = """
from napari_neural_style.hooks import FeatureNetworkSpec, Preset, hookimpl

@hookimpl
def feature_networks():
    return [FeatureNetworkSpec("marks", "Marks", "Sees marks.", "marks_network:load", ("fine",))]

@hookimpl
def presets():
    return {"marked": Preset("With marks.", {"features": "marks", "style_layers": {"fine": 1.0}})}
"""
MARKED = "from napari_neural_style.hooks import hookimpl\n@hookimpl\n"
BAD = {
    "fails to import": ("import nothing_of_that_name", "cannot be imported .ModuleNotFoundError"),
    "is no Python": ("def (", "it cannot be imported .SyntaxError"),
    "exits": ("raise SystemExit(3)", "it cannot be imported .SystemExit"),
    "imports TensorFlow": (
        "import tensorflow",
        "it imports tensorflow as it is loaded",
    ),
    "has a hook with another signature": (
        MARKED + "def feature_networks(settings): return []",
        "a hook of it is not as specified .*settings",
    ),
    "has an unknown hook": (
        MARKED + "def networks(): return []",
        "a hook of it is not as specified .*networks",
    ),
    "has no hook": ("feature_networks = []", "it implements no hook"),
    "returns no list": (
        MARKED + "def style_losses(): return 'gram'",
        "style_losses returns a str where a list is needed",
    ),
    "returns nothing": (
        MARKED + "def style_losses(): pass",
        "style_losses returns nothing",
    ),
    "returns other records": (
        MARKED + "def content_losses(): return [{'name': 'mine'}]",
        "content_losses returns a dict where a ContentLossSpec is needed",
    ),
    "returns other presets": (
        MARKED + "def presets(): return {'mine': {'steps': 3}}",
        "presets returns a dict for 'mine' where a Preset is needed",
    ),
    "raises": (
        MARKED + "def presets(): raise KeyError('oh')",
        "presets raises KeyError: 'oh'",
    ),
    "takes a name that is taken": (
        GOOD.replace('"marks", "Marks"', '"vgg19", "Marks"'),
        "a feature network called 'vgg19' exists already",
    ),
    "takes a title that is taken": (
        GOOD.replace('"Marks"', '"VGG19 (ImageNet)"'),
        "a feature network titled 'VGG19 .ImageNet.' exists already",
    ),
    "says nothing to load": (
        GOOD.replace("marks_network:load", "marks_network"),
        "load of 'marks' is 'marks_network' where 'module:function' is needed",
    ),
    "describes nothing": (GOOD.replace("Sees marks.", ""), "the description of a record is ''"),
    "takes memory without end": (
        MARKED.replace("import ", "import StyleLossSpec, ", 1)
        + "def style_losses(): return [StyleLossSpec('mine', 'M.', 'a:b', memory=float('inf'))]",
        "style_losses: the memory of 'mine' must be a number above 0",
    ),
    "takes no time": (
        MARKED.replace("import ", "import StyleLossSpec, ", 1)
        + "def style_losses(): return [StyleLossSpec('mine', 'Mine.', 'a:b', time=0)]",
        "style_losses: the time of 'mine' must be a number above 0",
    ),
    "lists no layers": (GOOD.replace('("fine",)', '"fine"'), "must be a tuple of names"),
}


def test_builtins_come_through_the_same_hooks(known):
    assert list(known.feature_networks) == ["vgg19", "builtin"]
    assert list(known.style_losses) == ["gram", "moments", "neighbors", "wasserstein"]
    assert list(known.content_losses) == ["squared"]
    assert set(known.presets) >= {"balanced", "paper"}
    assert {name for name, _ in known.callers("feature_networks")} == {"napari-neural-style"}
    assert (known.names, known.problems) == ([], [])


def test_installed_package_brings_network_and_preset(known, install):
    install("brush-marks", "brush_marks", GOOD)
    known.load_entry_points()
    assert known.problems == []
    assert known.names == ["brush-marks"]
    assert describe("features")["choices"] == ("vgg19", "builtin", "marks")
    assert presets.settings("marked").style_layers == {"fine": 1.0}
    assert presets.settings("marked", steps=3).features == "marks"
    with pytest.raises(SettingsError, match=r"'block1_conv1', which Marks does not have; .*fine"):
        presets.settings(features="marks", style_layers={"block1_conv1": 1.0})
    with pytest.raises(SettingsError, match=r"must be one of \('vgg19', 'builtin', 'marks'\)"):
        presets.settings(features="smudges")


@pytest.mark.parametrize("fault", BAD)
def test_broken_extension_is_named_and_left_out_and_all_else_goes_on(
    known, install, monkeypatch, caplog, fault
):
    source, sentence = BAD[fault]
    if fault == "imports TensorFlow":  # as a window's process is, which has none
        for name in [n for n in sys.modules if n.partition(".")[0] in ("tensorflow", "keras")]:
            monkeypatch.delitem(sys.modules, name)
    install("broken", "aa_broken", source)
    install("brush-marks", "brush_marks", GOOD)
    known.load_entry_points()
    (problem,) = known.problems
    assert problem.extension == "broken"
    assert problem.text.startswith("The extension broken is left out: ")
    assert problem.text.endswith(". Update or remove it.")
    assert re.search(sentence, problem.text), problem.text
    assert problem.text in caplog.text
    assert known.names == ["brush-marks"]
    assert Settings(features="marks").features == "marks"
    assert presets.settings("marked").features == "marks"


def test_half_of_a_broken_extension_is_not_kept(known):
    class Half:
        @hookimpl
        def style_losses(self):
            return [StyleLossSpec("mine", "Mine.", "a:b")]

        @hookimpl
        def content_losses(self):
            return [ContentLossSpec("squared", "Clashes.", "a:b")]

    assert not known.register(Half(), "half")
    assert "mine" not in known.style_losses
    assert "called 'squared' exists already" in known.problems[0].text


def test_second_of_two_that_clash_is_left_out(known, install):
    install("a-first", "a_first", GOOD)
    install("b-second", "b_second", GOOD)
    known.load_entry_points()
    assert known.names == ["a-first"]
    assert [problem.extension for problem in known.problems] == ["b-second"]


@pytest.mark.parametrize(
    "values", [{"steps": -1}, {"stepps": 3}, {"features": "none"}, {"style_layers": {"fine": 1}}]
)
def test_impossible_preset_is_left_out_with_the_reason(known, values):
    class Mine:
        @hookimpl
        def presets(self):
            return {"mine": Preset("Cannot be.", values), "fine too": Preset("Can.", {"steps": 3})}

    assert known.register(Mine(), "my-presets")
    assert "mine" not in presets.PRESETS
    assert presets.settings("fine too").steps == 3
    (problem,) = known.problems
    assert "its preset 'mine' cannot be used" in problem.text
    assert "my-presets" in problem.text
    with pytest.raises(SettingsError, match="no preset 'mine'"):
        presets.settings("mine")


def test_same_extension_twice_is_said(known):
    class Mine:
        @hookimpl
        def presets(self):
            return {"mine": Preset("Mine.", {})}

    assert known.register(Mine(), "mine")
    assert not known.register(Mine(), "mine")
    assert "registered already" in known.problems[0].text
    assert presets.settings("mine").preset == "mine"


def test_records_name_what_is_loaded_later():
    record = FeatureNetworkSpec("a", "A", "A.", "collections:OrderedDict")
    assert resolved(record.load) is OrderedDict
    assert resolved(len) is len
    for reference, error in (
        ("no_such_module:load", ImportError),
        ("json:no_such_function", AttributeError),
        ("json:__name__", TypeError),
    ):
        with pytest.raises(error):
            resolved(reference)


def test_modules_are_extensions_as_well(known):
    module = types.ModuleType("mine")
    exec(GOOD, module.__dict__)
    assert known.register(module, "module")
    assert "marks" in known.feature_networks
