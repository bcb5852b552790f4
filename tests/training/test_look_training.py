"""The training of what looks start from: stopped, resumed, and written as the engine reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from napari_neural_style.engine.look_start import folded
from napari_neural_style.learn_job import Pair
from tiny_looks import TINY

pytestmark = pytest.mark.usefixtures("_scripts")


def test_a_training_that_was_stopped_goes_on_and_is_written(picture, tmp_path: Path) -> None:
    import looks

    content = picture(72, 72)
    pairs = [[Pair(content, 1 - content)], [Pair(content, content[:, :, ::-1].copy())]]
    checkpoint, output = tmp_path / "c.safetensors", tmp_path / "o.safetensors"
    given = looks.build_parser().parse_args(["--checkpoint", str(checkpoint), "--save-every", "2"])
    given.steps = 4
    looks.train(looks.Looks(TINY, 2, 0), pairs, given)
    before = load_file(checkpoint)
    given.steps = 6
    looks.train(looks.Looks(TINY, 2, 1), pairs, given)  # Its own first numbers are forgotten.
    after = load_file(checkpoint)
    changed = np.abs(after["enter.kernel"] - before["enter.kernel"]).max()
    assert 0 < changed < 0.05
    assert not np.array_equal(after["leave.factors"][0], after["leave.factors"][1])

    looks.export(checkpoint, TINY, output)
    header = output.read_bytes()
    metadata = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    assert json.loads(metadata["widths"]) == {"outer": 3, "inner": 5, "blocks": 1}
    network = folded(load_file(output), TINY, 1)
    # It is the average; kernels between the image's pixels and channels keep their size.
    for layer, share in (("grow", 0.55), ("enter", 1)):
        average = share * after[f"average/{layer}.kernel"] * after[f"average/{layer}.factors"][1]
        kernel = network.parameters[f"{layer}.kernel"]
        np.testing.assert_allclose(kernel, average, rtol=2e-3, atol=1e-4)


def test_the_parameters_of_one_network_are_those_that_are_folded(tmp_path: Path) -> None:
    import looks

    several = looks.Looks(TINY, 3, 0)
    rng = np.random.default_rng(0)
    for variable in several.variables.values():
        variable.assign(rng.normal(size=variable.shape))
    arrays = {name: variable.numpy() for name, variable in several.variables.items()}
    network = folded(arrays, TINY, 2)
    for name, value in several.parameters(2, "float32").items():
        np.testing.assert_allclose(network.parameters[name], value.numpy(), rtol=1e-6)
