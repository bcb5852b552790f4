"""What looks start from: networks that share their kernels, and the nearest of them is taken."""

from __future__ import annotations

import numpy as np
import pytest

from napari_neural_style.engine import learn_steps, look_start
from napari_neural_style.engine.look_painting import Painter
from napari_neural_style.engine.look_start import folded, starts
from napari_neural_style.errors import WeightsError
from napari_neural_style.learn_job import LearnJob, Pair
from napari_neural_style.look_network import Widths
from tiny_looks import TINY, tiny_network

CPU = "/CPU:0"


def test_a_factor_of_a_channel_is_a_factor_on_what_its_convolution_gives(picture) -> None:
    network = tiny_network()
    arrays = {}
    for name, array in network.parameters.items():
        layer = name.rpartition(".")[0]
        if array.ndim == 4:
            arrays[name] = array
            arrays[f"{layer}.factors"] = np.ones((2, array.shape[-1]), np.float32)
        else:
            arrays[f"{layer}.biases"] = np.stack([array, array])
    image = picture(16, 16)
    paint = Painter(network, "float32", CPU)
    np.testing.assert_array_equal(
        Painter(folded(arrays, TINY, 0), "float32", CPU)(image), paint(image)
    )
    # A negative factor of the last layer, and its bias, turn the picture around grey.
    arrays["leave.factors"][1], arrays["leave.biases"][1] = -1, -arrays["leave.biases"][1]
    turned = Painter(folded(arrays, TINY, 1), "float32", CPU)(image)
    np.testing.assert_allclose(turned, 1 - paint(image), atol=1e-5)


def test_those_of_the_package_are_whole_and_paint_differently(picture) -> None:
    networks = starts()
    assert {network.widths for network in networks} == {Widths()}
    assert len({network.fingerprint for network in networks}) == len(networks) > 1
    image = picture(64, 64)
    pictures = [Painter(network, "float32", CPU)(image) for network in networks]
    assert all(0.02 < picture.std() < 0.5 for picture in pictures)


def test_the_nearest_is_what_a_look_starts_from(picture) -> None:
    content = picture(96, 96)
    # Neither the first of them nor the last.
    result = Painter(starts()[3], "float32", CPU)(content)
    first, *_ = learn_steps(LearnJob((Pair(content, result),), steps=1, precision="float32"))
    assert np.abs(first.image - result).mean() < 0.03


def test_a_missing_file_is_told_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr(look_start, "FILE", "nowhere.safetensors")
    starts.cache_clear()
    with pytest.raises(WeightsError, match="reinstall"):
        starts()
    monkeypatch.undo()
    starts.cache_clear()
