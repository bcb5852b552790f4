"""Names in settings that nobody has registered are refused with what there is."""

from __future__ import annotations

import dataclasses

import pytest

from napari_neural_style.errors import SettingsError
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.settings import Settings


def naming(**values):
    """Settings with these values, whether or not they are registered."""
    settings = Settings()
    for name, value in values.items():
        object.__setattr__(settings, name, value)
    return settings


def test_what_comes_with_the_package_is_registered():
    check_registered(Settings())
    check_registered(naming(features="builtin", style_loss="gram", content_layers={}))
    check_registered(naming(style_loss="auto", style_layers={"block5_conv4": 1.0}))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"features": "x"}, r"^features is 'x': it must be one of \('vgg19', 'builtin'.*\)\.$"),
        ({"style_loss": "x"}, r"^style_loss is 'x': it must be one of \('auto', 'gram', .*\)\.$"),
        ({"content_loss": "x"}, r"^content_loss is 'x': it must be one of \('squared',.*\)\.$"),
        ({"style_layers": {"x": 1.0}}, r"^style_layers names 'x', which VGG19 \(ImageNet\) does"),
        ({"content_layers": {"x": 1.0}}, r"^content_layers names 'x', which VGG19 \(ImageNet\) "),
    ],
)
def test_what_is_not_there_is_refused(values, sentence):
    with pytest.raises(SettingsError, match=sentence):
        check_registered(naming(**values))


def test_layers_of_a_network_that_does_not_tell_them_are_not_checked(known):
    network = dataclasses.replace(known.feature_networks["builtin"], name="vague", layers=())
    known.feature_networks["vague"] = network
    check_registered(naming(features="vague", style_layers={"x": 1.0}))
