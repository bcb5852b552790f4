"""The training of the built-in network: resumable, and its export is what was trained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.feature_layers import FEATURE_LAYERS

FOLDER = Path(__file__).parents[2] / "training"

# A tiny training on four procedural textures, stopped in the middle or not; prints nothing.
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import loop
from augmentation import Augmentation
from export import export
from material import collect
from network import Network

checkpoint, output, stop = Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "stop"
material = collect(0, None, 4)
network = Network([8, 8, 8, 8, 8], len(material.patches), 0, "float32", 3)
augmentation = Augmentation(noise=0.1, blur=0.25)
plan = loop.Plan(steps=4, batch=4, save_every=2)
if stop:
    save = loop._save
    def save_and_die(*args):
        save(*args)
        sys.exit(0)
    loop._save = save_and_die
loop.train(network, material, augmentation, plan, checkpoint)
export(network, material, augmentation, 0, output)
"""


def train(folder: Path, name: str, how: str) -> Path:
    output = folder / f"{name}.npz"
    checkpoint = folder / f"{name}_checkpoint.npz"
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(FOLDER), str(checkpoint), str(output), how],
        check=True,
        timeout=200,
        capture_output=True,
    )
    return output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    return train(folder, "whole", "through")


def test_training_writes_weights_that_the_engine_reads(trained: Path) -> None:
    weights = read_weights(trained)
    assert tuple(weights.kernels) == FEATURE_LAYERS
    assert all(kernel.shape[-1] == 8 for kernel in weights.kernels.values())
    assert all(np.isfinite(kernel).all() for kernel in weights.kernels.values())


def test_training_that_was_stopped_goes_on_as_if_it_had_not(folder: Path, trained: Path) -> None:
    output = train(folder, "stopped", "stop")
    assert not output.exists()
    train(folder, "stopped", "through")
    with np.load(trained) as whole, np.load(output) as resumed:
        assert whole.files == resumed.files
        for name in whole.files:
            np.testing.assert_allclose(resumed[name], whole[name], rtol=2e-3, atol=1e-4)
