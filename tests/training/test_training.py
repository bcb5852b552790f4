"""The training of the built-in network: resumable, and its export is what was trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.feature_layers import FEATURE_LAYERS

FOLDER = Path(__file__).parents[2] / "training"


class Stopped(Exception):
    """The training was interrupted in the middle."""


def train(folder: Path, name: str, stop: bool = False) -> Path:
    """Train a tiny network on four procedural textures; say nothing."""
    import loop
    from augmentation import Augmentation
    from export import export
    from material import collect
    from network import Network

    output = folder / f"{name}.npz"
    material = collect(0, None, 4)
    network = Network([8, 8, 8, 8, 8], len(material.patches), 0, "float32", 3)
    augmentation = Augmentation(noise=0.1, blur=0.25)
    plan = loop.Plan(steps=4, batch=4, save_every=2)
    save = loop._save

    def save_and_die(*args: Any) -> None:
        save(*args)
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        if stop:
            patch.setattr(loop, "_save", save_and_die)
        loop.train(network, material, augmentation, plan, folder / f"{name}_checkpoint.npz")
    export(network, material, augmentation, 0, output)
    return output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    return train(folder, "whole")


def test_training_writes_weights_that_the_engine_reads(trained: Path) -> None:
    weights = read_weights(trained)
    assert tuple(weights.kernels) == FEATURE_LAYERS
    assert all(kernel.shape[-1] == 8 for kernel in weights.kernels.values())
    assert all(np.isfinite(kernel).all() for kernel in weights.kernels.values())


def test_training_that_was_stopped_goes_on_as_if_it_had_not(folder: Path, trained: Path) -> None:
    with pytest.raises(Stopped):
        train(folder, "stopped", stop=True)
    output = train(folder, "stopped")
    with np.load(trained) as whole, np.load(output) as resumed:
        assert whole.files == resumed.files
        for name in whole.files:
            np.testing.assert_allclose(resumed[name], whole[name], rtol=2e-3, atol=1e-4)
